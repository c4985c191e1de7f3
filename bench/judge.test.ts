// Goal: a verdict follows from the runs of one round, so that a busy minute decides nothing.
import assert from 'node:assert/strict';
import test from 'node:test';
import { CASES } from './cases.ts';
import { judge, median } from './judge.ts';
import type { ToolResult } from './run.ts';
import type { ToolName } from './tools.ts';

const MIB = 2 ** 20;

function result(tool: ToolName, walls: readonly number[], bytes = MIB): ToolResult {
  const samples = walls.map((wallSeconds) => ({
    wallSeconds,
    cpuSeconds: wallSeconds,
    peakBytes: bytes,
    diskBytes: bytes,
    storedBytes: bytes,
  }));
  return { tool, title: tool, samples, failure: '' };
}

const states = (name: keyof typeof CASES, results: readonly ToolResult[]): string[] =>
  judge(CASES[name], results).map((verdict) => verdict.state);

test('the median of an even count lies between the middle two', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 2, 9]), 3);
});

test('a round that is slow for all changes no ratio', () => {
  const verdicts = judge(CASES.random, [
    result('kura', [1, 10, 1]),
    result('restic', [4, 40, 4]),
    result('borg', [2, 19, 2]),
    result('kura-2', [1.7, 16, 1.5]),
  ]);
  assert.deepEqual(
    verdicts.map((verdict) => [verdict.measured, verdict.state]),
    [
      [4, 'met'],
      [2, 'met'],
      [1.6, 'met'],
    ],
  );
});

test('a goal just missed is missed, in either direction', () => {
  const slow = [result('kura', [1]), result('restic', [3.49]), result('borg', [2])];
  assert.deepEqual(states('random', [...slow, result('kura-2', [1.61])]), [
    'missed',
    'met',
    'missed',
  ]);
});

test('stored size and memory are Kura over the other, growth is bytes', () => {
  const tree = [result('kura', [1], 121 * MIB), result('restic', [4], 100 * MIB)];
  assert.deepEqual(states('tree', [...tree, result('borg', [4]), result('kura-2', [1])]), [
    'met',
    'met',
    'missed',
    'missed',
    'met',
  ]);
  const edit = [result('kura', [1], 8 * MIB), result('restic', [4])];
  assert.deepEqual(states('edit', edit), ['met', 'met']);
});

test('a peer that did not run leaves its goal not measured, never met', () => {
  const results = [result('kura', [1]), result('restic', []), result('kura-2', [1])];
  assert.deepEqual(states('unchanged', results), ['not measured']);
  assert.deepEqual(states('unchanged', []), ['not measured']);
});
