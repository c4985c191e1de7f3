// Goal: every kind of event raises the risk where it should, by what the parameters say, and nowhere else.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR_MS } from '@kura/base';
import { findCity } from '../../placement/cities.ts';
import type { HazardEvent, ShakeGrid } from '../events/hazard-event.ts';
import { eventOf, NOW_MS, outageAt, pictureOf, siteIn } from '../fixtures.ts';
import { outcomesOfShaking } from './earthquake.ts';
import { shakingOnGrid } from './effects.ts';
import type { SiteRisk } from './table.ts';

const CITIES = ['tokyo', 'inzai', 'sendai', 'osaka', 'ishikari', 'canberra'];
const sites = CITIES.map((city) => siteIn(city));

function riskAt(city: string, events: readonly HazardEvent[], nowMs = NOW_MS): SiteRisk {
  const risk = pictureOf(sites, events, nowMs).sites[CITIES.indexOf(city)];
  assert.ok(risk !== undefined);
  return risk;
}

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual / expected - 1) < 1e-3, `${actual}, not ${expected}`);

const quakeAt = (
  city: string,
  magnitude: number,
  fields: Partial<HazardEvent> = {},
): HazardEvent => {
  const { lat, lon } = findCity(city);
  const epicentre = { lat, lon };
  const earthquake = {
    originMs: NOW_MS,
    epicentre,
    depthKm: 20,
    magnitude,
    isMagnitudeAssumed: false,
  };
  return eventOf({ at: city, kind: 'earthquake', zones: [], earthquake, ...fields });
};

describe('an alert', () => {
  it('counts by certainty and severity inside its area, and fades outside', () => {
    const [event] = [eventOf({ severity: 'severe', certainty: 'likely' })];
    const { lost, unreachable, base } = riskAt('tokyo', [event]);
    near(lost - base.lost, 0.54 * 1e-4 * (1 - base.lost));
    near(unreachable - base.unreachable, 0.54 * 0.03 * (1 - base.unreachable));
    assert.equal(riskAt('osaka', [event]).causes.length, 0);
    const wide = eventOf({ radiusKm: 200, severity: 'minor', certainty: 'observed' });
    const moderate = eventOf({ radiusKm: 200, severity: 'moderate', certainty: 'observed' });
    assert.equal(riskAt('tokyo', [wide]).lost, riskAt('tokyo', [moderate]).lost);
  });

  it('counts from a week before its onset, fades after its end, and is nothing once cancelled', () => {
    const event = eventOf({ kind: 'wildfire', at: 'canberra' });
    const added = (nowMs: number, one = event): number => {
      const { unreachable, base } = riskAt('canberra', [one], nowMs);
      return (unreachable - base.unreachable) / (1 - base.unreachable);
    };
    assert.ok(added(NOW_MS - 8 * 24 * HOUR_MS) < 1e-12);
    near(added(NOW_MS - 6 * 24 * HOUR_MS), 0.3);
    near(added(NOW_MS + 24 * HOUR_MS), 0.3);
    near(added(NOW_MS + 96 * HOUR_MS), 0.3 / Math.E);
    assert.ok(added(NOW_MS, { ...event, state: 'cancelled' }) < 1e-12);
  });

  it('of a tsunami does not reach inland places, nor high ones', () => {
    const tsunami = eventOf({ kind: 'tsunami', at: 'tokyo', radiusKm: 1000 });
    assert.ok(riskAt('sendai', [tsunami]).lost > 0.04);
    assert.ok(riskAt('sendai', [tsunami]).lost > riskAt('inzai', [tsunami]).lost);
    const high = [siteIn('sendai', { heightM: 40 })];
    assert.equal(pictureOf(high, [tsunami]).sites[0]?.causes.length, 0);
  });

  it('of a kind without parameters moves nothing', () => {
    assert.equal(riskAt('tokyo', [eventOf({ kind: 'other' })]).causes.length, 0);
  });
});

describe('an earthquake', () => {
  it('threatens by distance, and less with every day', () => {
    const quake = quakeAt('tokyo', 7.5);
    const lost = CITIES.slice(0, 4).map((city) => riskAt(city, [quake]).lost);
    assert.deepEqual(
      lost,
      [...lost].sort((a, b) => b - a),
      'Tokyo, Inzai, Sendai, Osaka',
    );
    const later = riskAt('tokyo', [quake], NOW_MS + 72 * HOUR_MS);
    assert.ok(later.lost < riskAt('tokyo', [quake]).lost && later.lost > later.base.lost);
  });

  it('is believed by what was measured, then by what an agency says, then by the formula', () => {
    const quake = quakeAt('tokyo', 7);
    const { lat, lon } = findCity('tokyo');
    const mmi = new Array<number>(9).fill(9);
    const shape = { north: lat + 1, west: lon - 1, stepLat: 1, stepLon: 1, rows: 3, columns: 3 };
    const grid: ShakeGrid = { version: '1', ...shape, mmi };
    assert.equal(shakingOnGrid(grid, lat, lon), 9);
    assert.equal(shakingOnGrid(grid, lat + 2, lon), undefined);
    assert.ok(quake.earthquake !== undefined);
    const measured = { ...quake, earthquake: { ...quake.earthquake, shakeGrid: grid } };
    const stated = {
      ...quake,
      zones: eventOf().zones.map((zone) => ({ ...zone, intensityMmi: 8 })),
    };
    const main = (mmiAt: number): number => outcomesOfShaking(mmiAt, siteIn('tokyo').medians).lost;
    assert.ok(riskAt('tokyo', [measured]).lost > main(9));
    const said = riskAt('tokyo', [stated]).lost;
    assert.ok(said > main(8) && said < main(9));
    assert.ok(riskAt('tokyo', [{ ...stated, earthquake: measured.earthquake }]).lost > main(9));
  });

  it('that may come threatens the whole coast at once, the graver the word the more, and ends', () => {
    const advisory = (severity: 'moderate' | 'severe' | 'extreme'): HazardEvent => {
      const [zone, ...more] = eventOf({ certainty: 'possible', severity, radiusKm: 100 }).zones;
      return eventOf({
        kind: 'earthquake',
        certainty: 'possible',
        severity,
        zones: [zone, ...more].filter((one) => one !== undefined),
      });
    };
    const [looked, attention, warning] = (['moderate', 'severe', 'extreme'] as const).map(
      (severity) => riskAt('tokyo', [advisory(severity)]),
    );
    assert.ok(looked !== undefined && attention !== undefined && warning !== undefined);
    assert.ok(looked.lost > looked.base.lost && attention.lost > looked.lost);
    const { lost, unreachable } = outcomesOfShaking(8, siteIn('tokyo').medians);
    near(warning.causes[0]?.lost ?? 0, 0.08 * lost);
    near(warning.causes[0]?.unreachable ?? 0, 0.08 * unreachable);
    assert.equal(riskAt('osaka', [advisory('extreme')]).causes.length, 0, 'another coast');
    const over = { ...advisory('extreme'), state: 'ended' as const, endMs: NOW_MS - 72 * HOUR_MS };
    near(riskAt('tokyo', [over]).causes[0]?.lost ?? 0, (0.08 * lost) / Math.E);
  });

  it('is not made harmless by a green colour', () => {
    const quake = quakeAt('ishikari', 6.6);
    const green = { source: 'pager', level: 'green', atMs: NOW_MS } as const;
    const before = riskAt('ishikari', [quake]);
    assert.equal(riskAt('ishikari', [{ ...quake, hints: [green] }]).lost, before.lost);
  });
});

describe('a store without grid', () => {
  it('is the likelier to go dark the more fuel is used, and the danger ends with the outage', () => {
    const outage = outageAt('ishikari');
    const at = (hours: number): number =>
      riskAt('ishikari', [outage], NOW_MS + hours * HOUR_MS).unreachable;
    assert.ok(at(0) >= 0.3 && at(0) < 0.31);
    assert.ok(at(24) > 0.59 && at(24) < 0.61);
    assert.ok(at(48) >= 0.9);
    const over = riskAt('ishikari', [{ ...outage, state: 'ended' }]);
    assert.equal(over.causes.length, 0);
  });

  it('warns its whole power area, surely only with a second report', () => {
    const one = riskAt('inzai', [outageAt('tokyo')]).unreachable;
    assert.ok(one > 0.02 && one < 0.15);
    assert.ok(riskAt('inzai', [outageAt('tokyo'), outageAt('sendai')]).unreachable > 0.4);
    assert.equal(riskAt('osaka', [outageAt('tokyo')]).causes.length, 0, 'another grid');
  });
});

describe('the picture', () => {
  it('does not depend on the order of events, and names the worst cause first', () => {
    const events = [eventOf({ severity: 'moderate' }), outageAt('tokyo'), quakeAt('tokyo', 6)];
    const risk = riskAt('tokyo', events);
    assert.deepEqual(riskAt('tokyo', events.toReversed()), risk);
    assert.equal(risk.causes[0]?.eventId, 'test:power:tokyo');
  });
});
