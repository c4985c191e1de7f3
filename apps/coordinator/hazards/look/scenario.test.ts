// Goal: a disaster in a small file is read as feeds' events are, and what makes no sense is said with its place.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { HOUR_MS, storeId } from '@kura/base';
import { refusal } from '../../fixtures.ts';
import { NOW_MS } from '../fixtures.ts';
import { parseScenario } from './scenario.ts';

const FOLDER = new URL('../../../../data/hazards/scenarios/', import.meta.url);
const WORLD = {
  nowMs: NOW_MS,
  stores: [
    { storeId: storeId('11'.repeat(16)), powerArea: 'JP-West-60Hz' },
    { storeId: storeId('22'.repeat(16)), powerArea: 'JP-East-50Hz' },
  ],
};
const shipped = (name: string) => parseScenario(readFileSync(new URL(name, FOLDER), 'utf8'), WORLD);
const flood = { kind: 'flood', zones: [{ lat: 35, lon: 139, radius_km: 10 }] };
const parse = (...events: readonly unknown[]) =>
  parseScenario(JSON.stringify({ scenario: 1, title: 'a flood', events }), WORLD);

describe('a scenario', () => {
  it('the shipped ones are read: an earthquake, a tsunami, and every store of the dark grid', () => {
    const { title, events } = shipped('nankai-m8.5.json');
    assert.equal(title, 'M 8.5 in the Nankai Trough');
    assert.deepEqual(
      events.map(({ kind, zones }) => [kind, zones.length]),
      [
        ['earthquake', 6],
        ['tsunami', 4],
        ['power', 0],
      ],
    );
    assert.equal(events[2]?.outage?.site, '11'.repeat(16));
    assert.equal(shipped('kanto-blackout.json').events.at(-1)?.outage?.fuelHours, 24);
  });

  it('begins and lasts as it says, certain and extreme unless it says less', () => {
    const [event] = parse({ ...flood, onset_hours: 6, lasts_hours: 2 }).events;
    assert.equal(event?.onsetMs, NOW_MS + 6 * HOUR_MS);
    assert.equal(event?.endMs, NOW_MS + 8 * HOUR_MS);
    assert.deepEqual([event?.severity, event?.certainty], ['extreme', 'observed']);
    const [zone] = flood.zones;
    const mild = { ...flood, zones: [{ ...zone, severity: 'moderate', certainty: 'possible' }] };
    assert.deepEqual(
      parse(mild).events.map(({ severity, certainty }) => [severity, certainty]),
      [['moderate', 'possible']],
    );
  });

  for (const [why, events, message] of [
    ['no such kind', [{ kind: 'dragon' }], /events\[0\]\.kind is none of/],
    ['no area', [{ kind: 'flood' }], /events\[0\]\.zones are missing/],
    ['no magnitude', [flood, { kind: 'earthquake', lat: 1, lon: 1 }], /events\[1\]\.magnitude/],
    [
      'no grid',
      [{ kind: 'power', power_area: 'nowhere' }],
      /power_area "nowhere" is not in the list/,
    ],
    [
      'no place',
      [{ kind: 'flood', zones: [{ radius_km: 1 }] }],
      /zones\[0\] has no "lat" and "lon"/,
    ],
    ['no events', [], /"events" has 0 entries/],
    ['no objects', ['flood'], /events\[0\] is no object/],
  ] as const) {
    it(`is refused with its place: ${why}`, () => {
      assert.throws(() => parse(...events), refusal('usage', message));
    });
  }
});
