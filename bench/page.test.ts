// Goal: whichever of the two commands writes the page of benchmarks, the other's part stays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLACEMENT_HEADING, partsOf } from './page.ts';

test('a page is taken apart where placement begins, and may have none', () => {
  const cases = '# Benchmarks\n\n## A case\n\ntext\n\n';
  const placement = `${PLACEMENT_HEADING}\n\n| planner |\n`;
  assert.deepEqual(partsOf(cases + placement), { cases, placement });
  assert.deepEqual(partsOf(cases), { cases, placement: '' });
});
