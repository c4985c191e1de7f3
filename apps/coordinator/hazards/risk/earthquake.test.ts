// Goal: intensity, acceleration, fragility and aftershocks give the published values.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { csvNumber, parseCsv } from '../../placement/csv.ts';
import {
  accelerationG,
  aftershocksExpected,
  damageOf,
  fragilityOf,
  intensityMmi,
  outcomesOfAftershocks,
  outcomesOfShaking,
} from './earthquake.ts';

const VECTORS = new URL('../../../../vectors/risk/intensity.csv', import.meta.url);

function assertNear(actual: number, expected: number, tolerance: number): void {
  const isNear = Math.abs(actual - expected) <= tolerance;
  assert.ok(isNear, `${actual} is not within ${tolerance} of ${expected}`);
}

describe('an earthquake', () => {
  it('shakes as the published intensities say, to 1e-5', () => {
    const rows = parseCsv(readFileSync(VECTORS, 'utf8'), 'vectors');
    assert.ok(rows.length >= 40);
    for (const row of rows) {
      const actual = intensityMmi(csvNumber(row, 'M'), csvNumber(row, 'Rhyp_km'));
      assertNear(actual, csvNumber(row, 'MMI'), 1e-5);
    }
  });

  it('accelerates the ground by the worked values', () => {
    for (const [mmi, g] of [
      [6, 0.115],
      [7, 0.215],
      [8, 0.401],
      [9, 0.747],
    ] as const) {
      assertNear(accelerationG(mmi), g, 0.0006);
    }
    assert.ok(accelerationG(4.2) < accelerationG(4.3), 'two branches, one after the other');
  });

  it('damages buildings by the worked values', () => {
    const cases = [
      { type: 'C2M', code: 'high', complete: [0, 0.0003, 0.007, 0.067] },
      { type: 'C2M', code: 'moderate', complete: [0.0003, 0.0075, 0.072, 0.31] },
      { type: 'PC1', code: 'low', complete: [0.017, 0.125, 0.43, 0.79] },
    ];
    for (const { type, code, complete } of cases) {
      for (const [index, expected] of complete.entries()) {
        const damage = damageOf(accelerationG(6 + index), fragilityOf({ type, code }));
        assertNear(damage[3], expected, 0.005);
      }
    }
    const extensive = [0.001, 0.015, 0.113, 0.41];
    for (const [index, expected] of extensive.entries()) {
      assertNear(damageOf(accelerationG(6 + index), fragilityOf())[2], expected, 0.005);
    }
  });

  it('is followed by another as large within a week with probability 0.105', () => {
    const expected = aftershocksExpected(7, 7, { fromDays: 0, toDays: 7 });
    assertNear(-Math.expm1(-expected), 0.105, 0.001);
  });

  it('threatens less with every day that passes', () => {
    const main = { magnitude: 7, hypocentralKm: 20 };
    const medians = fragilityOf();
    const lost = (fromDays: number): number =>
      outcomesOfAftershocks(main, medians, { fromDays, toDays: fromDays + 7 }).lost;
    assert.ok(lost(0) > lost(1) && lost(1) > lost(30) && lost(30) > 0);
  });

  it('makes a copy unreachable before it destroys it', () => {
    for (let mmi = 3; mmi <= 10; mmi++) {
      const { lost, unreachable } = outcomesOfShaking(mmi, fragilityOf());
      assert.ok(lost >= 0 && lost <= unreachable && unreachable <= 1);
    }
  });

  it('refuses a building class that is not in the table', () => {
    assert.throws(() => fragilityOf({ type: 'X9', code: 'high' }), /no building class X9 high/);
  });
});
