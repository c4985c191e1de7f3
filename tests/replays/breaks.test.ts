// Goal: a check that cannot fail is worthless. Each of the eleven kinds holds where it should, and is violated by what
// really happened where it should not.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { playManifest, violatedIn } from './play.ts';

const JAPAN = {
  ishikari: [43.19, 141.3],
  tokyo: [35.68, 139.77],
  inzai: [35.83, 140.15],
  osaka: [34.69, 135.5],
  sendai: [38.27, 140.87],
  frankfurt: [50.11, 8.68],
};
const LOST = '2018-09-05T18:08:30Z';
const BACK = '2018-09-06T06:00:00Z';
const GRID = [
  { available_at: LOST, source: 'store', site: 'ishikari', utility_power: false, fuel_hours: 48 },
  { available_at: BACK, source: 'store', site: 'ishikari', utility_power: true },
];
const NETWORK = {
  home: 'ishikari',
  stores: ['ishikari', 'tokyo', 'osaka', 'sendai'],
  copies: 2,
  initial_copies_at: ['ishikari', 'tokyo'],
  packs: 2,
};

/** Twins of checks: one that holds, and one that what happened violates. */
const pair = (id: string, holds: object, violated: object): object[] => [
  { id: `${id} holds`, ...holds },
  { id: `${id} violated`, ...violated },
];

describe('checks', () => {
  it('of copies, moves and risks fail on a blackout that is played to its end', async () => {
    const from = 'every pack with a copy at ishikari';
    const added = { type: 'copy_added', for: from };
    const kept = { type: 'copy_kept', until: '2018-09-14T00:00:00Z' };
    const placed = { type: 'no_copy_placed_in', from: LOST, to: BACK };
    const unreachable = { site: 'ishikari', outcome: 'unreachable' };
    const soon = '2018-09-05T18:08:40Z';
    const checks = [
      ...pair('added', { ...added, by: BACK }, { ...added, by: soon }),
      ...pair(
        'added there',
        { ...added, by: BACK, not_at: ['sendai'] },
        { ...added, by: BACK, not_at: ['osaka'] },
      ),
      ...pair(
        'added in area',
        { ...added, by: BACK, not_in_power_area: ['JP-Hokkaido-50Hz'] },
        { ...added, by: BACK, not_in_power_area: ['JP-West-60Hz'] },
      ),
      { id: 'of nothing violated', type: 'copy_added', for: 'every pack of level 3', by: BACK },
      ...pair('kept', { ...kept, site: 'ishikari' }, { ...kept, site: 'osaka' }),
      ...pair(
        'placed',
        { ...placed, power_area: 'JP-Hokkaido-50Hz' },
        { ...placed, power_area: 'JP-West-60Hz' },
      ),
      ...pair(
        'moved',
        { type: 'no_move_from', site: 'sendai' },
        { type: 'no_move_from', site: 'ishikari' },
      ),
      ...pair(
        'complete',
        { type: 'moves_complete', by: BACK },
        { type: 'moves_complete', by: soon },
      ),
      ...pair(
        'not lower',
        { type: 'risk_not_lower', ...unreachable, at: '2018-09-06T05:00:00Z', than_at: soon },
        { type: 'risk_not_lower', ...unreachable, at: BACK, than_at: soon },
      ),
      ...pair(
        'above base',
        { type: 'risk_above_base', ...unreachable, until: BACK },
        { type: 'risk_above_base', ...unreachable, until: '2018-09-06T07:00:00Z' },
      ),
      ...pair(
        'over',
        { type: 'no_active_event_after', at: BACK },
        { type: 'no_active_event_after', at: '2018-09-06T05:00:00Z' },
      ),
    ];
    const seen = await playManifest({ sites: JAPAN, network: NETWORK, steps: GRID, checks });
    const violated = violatedIn(seen);
    for (const { check } of seen.verdicts) {
      assert.equal(check in violated, check.endsWith('violated'), `${check}: ${violated[check]}`);
    }
    assert.match(
      violated['kept violated'] ?? '',
      /^a copy at osaka was retired at 2018-09-09 06:00:00 UTC/,
    );
    assert.match(violated['of nothing violated'] ?? '', /no such pack/);
  });

  it('of a plan that nobody carries out fail: it is judged by acts', async () => {
    const flood = {
      available_at: '2025-12-15T21:55:00Z',
      source: 'nws',
      file: 'nws/alerts-active-northwest-2025-12-15-absolute-time.json',
    };
    const by = '2025-12-15T22:30:00Z';
    const seen = await playManifest({
      sites: { kent: [47.45, -122.235], saltlake: [40.76, -111.89], ashburn: [39.04, -77.49] },
      network: {
        ...{ home: 'kent', stores: ['kent', 'saltlake', 'ashburn'], copies: 2, packs: 4 },
        initial_copies_at: ['kent', 'saltlake'],
        approves_after_minutes: null,
      },
      steps: [flood],
      checks: [
        { id: 'added', type: 'copy_added', for: 'every pack with a copy at kent', by },
        { id: 'complete', type: 'moves_complete', by },
      ],
    });
    assert.deepEqual(Object.keys(violatedIn(seen)), ['added', 'complete']);
    assert.ok(
      seen.history.moves.some(({ state }) => state === 'approval'),
      'it was planned',
    );
  });

  it('of a line that is too slow fail, and the plan said so', async () => {
    const by = '2018-09-06T00:08:00Z';
    const seen = await playManifest({
      sites: JAPAN,
      network: { ...NETWORK, line_mbit: 0.5 },
      steps: [{ ...GRID[0], fuel_hours: 6 }],
      checks: [{ id: 'added', type: 'copy_added', for: 'every pack with a copy at ishikari', by }],
    });
    assert.match(violatedIn(seen).added ?? '', /of 2 packs had no new copy/);
    assert.ok(seen.history.moves.some(({ isLate }) => isLate));
  });

  it('of winds and magnitudes fail on other figures', async () => {
    const florence = {
      available_at: '2018-09-10T03:00:00Z',
      source: 'nhc',
      synoptic_time: '2018091000',
      file: 'nhc/florence-2018-al06-OFCL-adeck.dat',
    };
    const quake = {
      available_at: '2018-09-05T18:22:47Z',
      source: 'usgs',
      product: 'origin',
      product_id: 'urn:usgs-product:pt:origin:pt18248000:1536171767831',
      file: 'usgs/detail-hokkaido-2018-includesuperseded-trimmed.geojson',
    };
    const wind = { type: 'probability_between', site: 'wilmington', wind_kt: 64, at: '*' };
    const strength = { type: 'event_magnitude_at_least', event: 'us2000h8ty' };
    const seen = await playManifest({
      sites: { ...JAPAN, wilmington: [34.23, -77.94] },
      network: NETWORK,
      steps: [florence, quake],
      checks: [
        ...pair('wind', { ...wind, min: 0, max: 0.2 }, { ...wind, min: 0.05, max: 0.2 }),
        ...pair('less wind', { ...wind, min: 0, max: 0.13 }, { ...wind, min: 0, max: 0.1 }),
        ...pair('strength', { ...strength, value: 6.7 }, { ...strength, value: 6.8 }),
        { id: 'unknown violated', ...strength, event: 'us2000zzzz', value: 1 },
      ],
    });
    const violated = violatedIn(seen);
    for (const { check } of seen.verdicts) {
      assert.equal(check in violated, check.endsWith('violated'), `${check}: ${violated[check]}`);
    }
  });

  it('of independence fail where a pack relies on two places that fall together', async () => {
    const independent = (id: string, ...sites: readonly string[]): object => {
      return { id, type: 'never_counts_as_independent', sites };
    };
    const network = (...sites: readonly string[]): object => ({
      copies: 2,
      stores: sites.map((site) => ({ site })),
      members: [{ name: 'ann', home: 'frankfurt', packs: 2 }],
    });
    const manifest = {
      sites: JAPAN,
      steps: GRID,
      checks: [independent('near', 'tokyo', 'inzai'), independent('far', 'tokyo', 'frankfurt')],
    };
    const poor = await playManifest(manifest, { network: network('tokyo', 'inzai') });
    const { near, far } = violatedIn(poor);
    assert.match(near ?? '', /2 packs relied on tokyo and inzai as on two places/);
    assert.match(far ?? '', /nothing that is known struck both/);
    const rich = await playManifest(manifest, { network: network('tokyo', 'inzai', 'osaka') });
    assert.deepEqual(Object.keys(violatedIn(rich)), ['far']);
  });
});
