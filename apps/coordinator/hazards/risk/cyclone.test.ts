// Goal: from forecasts as they were issued, the probabilities of wind that the hazard study found by drawing at
// random come out within 0.03, the same on every machine.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { must } from '@kura/base';
import type { CycloneForecast } from '../events/hazard-event.ts';
import { readAtcf } from '../feeds/sources/atcf.ts';
import { emanuelDamage, trackSteps, windProbabilities } from './cyclone.ts';
import { normalPoints } from './normal.ts';

const DECK = new URL(
  '../../../../data/hazards/nhc/florence-2018-al06-OFCL-adeck.dat',
  import.meta.url,
);
const deck = readFileSync(DECK);
const WILMINGTON = { lat: 34.23, lon: -77.94 };
const MONCKS_CORNER = { lat: 33.2, lon: -80.01 };
const ASHBURN = { lat: 39.04, lon: -77.49 };

function forecastOf(synopticTime: string): CycloneForecast {
  const [report] = readAtcf(deck, { synopticTime }).reports;
  return must(report?.cyclone, 'a forecast');
}

const synopticTimes = [...new Set(deck.toString().match(/\b20180[0-9]{5}\b/g) ?? [])];

describe('Florence 2018, as forecast', () => {
  it('hurricane wind at Wilmington has the stated probabilities, within 0.03', () => {
    for (const [time, expected] of [
      ['2018090812', 0.04],
      ['2018091000', 0.13],
      ['2018091012', 0.22],
      ['2018091200', 0.32],
      ['2018091300', 0.51],
      ['2018091400', 0.72],
    ] as const) {
      const [, , hurricane] = windProbabilities(WILMINGTON, forecastOf(time));
      assert.ok(Math.abs(hurricane - expected) <= 0.03, `${time}: ${hurricane}, not ${expected}`);
    }
  });

  it('Moncks Corner is never above 0.2, and Ashburn falls from about 0.15 to nothing', () => {
    assert.equal(synopticTimes.length, 40);
    for (const time of synopticTimes) {
      const [, , hurricane] = windProbabilities(MONCKS_CORNER, forecastOf(time));
      assert.ok(hurricane <= 0.2, `${time}: ${hurricane}`);
    }
    const [gale] = windProbabilities(ASHBURN, forecastOf('2018090712'));
    assert.ok(gale > 0.1 && gale < 0.2);
    assert.equal(windProbabilities(ASHBURN, forecastOf('2018091400'))[0], 0);
  });

  it('stronger winds are never likelier than weaker ones', () => {
    for (const time of synopticTimes) {
      const [gale, storm, hurricane] = windProbabilities(WILMINGTON, forecastOf(time));
      assert.ok(gale >= storm && storm >= hurricane);
    }
  });

  it('the other side of the Earth is not reached', () => {
    assert.deepEqual(
      windProbabilities({ lat: -35, lon: 100 }, forecastOf('2018091000')),
      [0, 0, 0],
    );
  });
});

describe('a track', () => {
  it('over the date line is one track', () => {
    const florence = forecastOf('2018091000');
    const firstLon = florence.track[0]?.centre.lon ?? 0;
    const track = florence.track.map((point) => {
      const lon = point.centre.lon - firstLon - 178;
      return { ...point, centre: { ...point.centre, lon: lon < -180 ? lon + 360 : lon } };
    });
    const moved = { ...florence, track };
    const steps = trackSteps(moved);
    const gap = steps.slice(1).map((step, index) => {
      return Math.abs(step.centre.lon - (steps[index]?.centre.lon ?? 0));
    });
    assert.ok(Math.max(...gap) < 5);
    const lon = WILMINGTON.lon - firstLon - 178;
    const near = windProbabilities({ ...WILMINGTON, lon: lon + 360 }, moved);
    const same = windProbabilities(WILMINGTON, florence);
    for (const [index, probability] of near.entries()) {
      assert.ok(Math.abs(probability - (same[index] ?? 0)) < 1e-9);
    }
  });
});

describe('damage by wind', () => {
  it('is as published', () => {
    for (const [windMs, expected] of [
      [20, 0],
      [33, 0.003],
      [50, 0.11],
      [59, 0.24],
      [70, 0.42],
    ] as const) {
      assert.ok(Math.abs(emanuelDamage(windMs) - expected) < 0.006, `${windMs} m/s`);
    }
  });
});

describe('the points in place of chance', () => {
  it('have mean 0 and variance 1 in both directions, also the first of them', () => {
    for (const count of [128, 2000]) {
      const points = normalPoints(count);
      for (const axis of [0, 1]) {
        const values = Array.from({ length: count }, (_, index) => points[2 * index + axis] ?? 0);
        const mean = values.reduce((sum, value) => sum + value, 0) / count;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
        assert.ok(Math.abs(mean) < 0.05 && Math.abs(variance - 1) < 0.1, `${mean} ${variance}`);
      }
    }
  });
});
