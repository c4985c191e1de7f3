import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foundTestNetwork, refusal } from '../fixtures.ts';
import { readCharter } from '../open.ts';

const HOME = { name: 'osaka', lat: 34.7, lon: 135.5, powerArea: 'jp-west' };

test('A2: what a network was founded with can be given back to it, and stays', async () => {
  const { coordinator, database } = await foundTestNetwork({ copies: 1 });
  await coordinator.adoptFounding({ copies: 3, home: HOME });
  const described = await coordinator.describe();
  assert.deepEqual([described.copies, described.home], [3, HOME]);
  assert.equal((await readCharter(database.kysely)).copies, 3);
});

test('no more copies than stores, and at least one', async () => {
  const { coordinator } = await foundTestNetwork({ copies: 2, storeCount: 3 });
  for (const copies of [0, 4, 1.5]) {
    const adopted = coordinator.adoptFounding({ copies, home: HOME });
    await assert.rejects(adopted, refusal('refused', /cannot be kept in 3 stores/));
  }
  const described = await coordinator.describe();
  assert.deepEqual([described.copies, described.home.name], [2, 'tokyo']);
});
