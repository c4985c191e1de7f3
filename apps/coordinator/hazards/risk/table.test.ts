// Goal: stances rise at once and fall slowly, and a table says what changed in it (A20).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR_MS } from '@kura/base';
import { NOW_MS } from '../fixtures.ts';
import {
  changesBetween,
  FIRST_STANCE,
  nextStance,
  type RiskRow,
  type RiskTable,
  type StanceState,
} from './table.ts';

const CALM = { lost: 1e-6, unreachable: 1e-4 };
const WATCH = { lost: 1e-6, unreachable: 0.05 };
const LEAVE = { lost: 1e-6, unreachable: 0.3 };
const LOSING = { lost: 2e-4, unreachable: 1e-4 };

/** The stance after each hour of the given risks. */
function hourly(risks: readonly (typeof CALM)[]): string[] {
  let state: StanceState = FIRST_STANCE;
  return risks.map((risk, hour) => {
    state = nextStance(state, risk, NOW_MS + hour * HOUR_MS);
    return state.stance;
  });
}

describe('a stance', () => {
  it('rises at once, by either outcome', () => {
    assert.deepEqual(hourly([CALM, WATCH, LEAVE]), ['calm', 'watch', 'leave']);
    assert.deepEqual(hourly([LOSING]), ['leave']);
  });

  it('falls to calm after 72 hours of low risk, and not before', () => {
    const stances = hourly([LEAVE, ...new Array<typeof CALM>(80).fill(CALM)]);
    assert.equal(stances.indexOf('calm'), 73);
    assert.ok(stances.slice(0, 73).every((stance) => stance === 'leave'));
  });

  it('does not follow a feed that flaps', () => {
    const flapping = Array.from({ length: 200 }, (_, hour) => (hour % 10 === 0 ? LEAVE : CALM));
    assert.deepEqual(new Set(hourly(flapping)), new Set(['leave']));
  });
});

describe('two tables', () => {
  const row = (storeId: string, fields: Partial<RiskRow> = {}): RiskRow => ({
    storeId,
    stance: 'calm',
    lostPerYear: 1e-4,
    causes: [],
    usableBytes: 1000,
    ...CALM,
    ...fields,
  });
  const table = (rows: readonly RiskRow[]): RiskTable => ({ level: 1, atMs: NOW_MS, rows });

  it('A20: differ by stores, stances, risks, and by room that came or went', () => {
    const before = table(['a', 'b', 'c', 'd', 'e'].map((id) => row(id)));
    const after = table([
      row('a', { stance: 'watch' }),
      row('b', { lost: 2e-6 }),
      row('c', { usableBytes: 0 }),
      row('d', { lost: 1.05e-6, usableBytes: 900 }),
      row('f'),
    ]);
    const changed = changesBetween(before, after).map((change) => change.storeId);
    assert.deepEqual(changed, ['a', 'b', 'c', 'e', 'f']);
    assert.deepEqual(changesBetween(before, before), []);
  });
});
