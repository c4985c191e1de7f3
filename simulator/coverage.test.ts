// The table of what was reached: nothing is counted under a name that nobody expects, and nothing that is
// missing goes unnoticed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addCounts,
  type Counts,
  Coverage,
  coverageTable,
  REACHABLE,
  unreached,
} from './coverage.ts';

test('what was never reached is named, and what was is not', () => {
  const coverage = new Coverage();
  coverage.note('store burnt');
  coverage.noteIfKnown('killed at write');
  coverage.noteIfKnown('killed at breakfast');
  assert.equal(unreached(coverage.counts).length, REACHABLE.length - 2);
  assert.ok(!unreached(coverage.counts).includes('store burnt'));
  assert.ok(unreached(coverage.counts).includes('store replaced'));
});

test('counts of several processes add up, and the table has a line for each name', () => {
  const sum: Counts = { 'prune done': 2 };
  addCounts(sum, { 'prune done': 3, 'power cut': 1 });
  assert.deepEqual(sum, { 'prune done': 5, 'power cut': 1 });
  const lines = coverageTable(sum, 10).split('\n');
  assert.equal(lines.length, 1 + REACHABLE.length);
  assert.ok(lines.some((line) => /^ +5 +500\.0 {2}prune done$/.test(line)));
  assert.ok(lines.some((line) => /^ +0 +0\.0 {2}store burnt$/.test(line)));
});
