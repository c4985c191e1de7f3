import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { ChunkId } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { ChunkTable, IN_SESSION } from './chunk-table.ts';

const CLAIMED_TOGETHER = 4000;

function idsFrom(random: SeededRandom, count: number): ChunkId[] {
  return Array.from({ length: count }, () => random.bytes(32) as ChunkId);
}

/** Claims all ids as soon as the others are ready too; says which ones it has to store. */
const CLAIMER = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData.module).then(({ ChunkTable }) => {
    const table = new ChunkTable(workerData.memory);
    const gate = new Int32Array(workerData.gate);
    Atomics.add(gate, 0, 1);
    while (Atomics.load(gate, 0) < 2);
    const won = [];
    workerData.ids.forEach((id, at) => { if (table.claim(id) === undefined) won.push(at); });
    parentPort.postMessage(won);
  });
`;

test('of two threads that claim the same chunks at once, exactly one has to store each', async () => {
  const table = ChunkTable.sizedFor(CLAIMED_TOGETHER);
  const ids = idsFrom(new SeededRandom(1), CLAIMED_TOGETHER);
  const gate = new SharedArrayBuffer(4);
  const module = new URL('./chunk-table.ts', import.meta.url).href;
  const claimers = [0, 1].map(
    () =>
      new Worker(CLAIMER, { eval: true, workerData: { module, memory: table.memory, ids, gate } }),
  );
  const winners = await Promise.all(
    claimers.map(async (claimer) => {
      const [won] = await once(claimer, 'message');
      return won as number[];
    }),
  );
  const all = winners.flat().sort((a, b) => a - b);
  assert.deepEqual(all, [...ids.keys()]);
  for (const id of ids) assert.equal(table.find(id), IN_SESSION);
});

test('a chunk of a known pack is found there and is not claimed again', () => {
  const table = ChunkTable.sizedFor(10);
  const [known, other] = idsFrom(new SeededRandom(2), 2) as [ChunkId, ChunkId];
  table.add(known, 0);
  assert.equal(table.find(known), 0);
  assert.equal(table.claim(known), 0);
  assert.equal(table.find(other), undefined);
});

test('chunks that fall on the same slot are kept apart', () => {
  const table = ChunkTable.sizedFor(10);
  const ids = Array.from({ length: 50 }, (_, index) => {
    const id = new Uint8Array(32) as ChunkId;
    id[15] = index + 1;
    return id;
  });
  for (const [index, id] of ids.entries()) table.add(id, index);
  for (const [index, id] of ids.entries()) assert.equal(table.find(id), index);
});

test('a table that grew finds old and new chunks, also where the new segment was adopted', () => {
  const table = ChunkTable.sizedFor(10);
  const ids = idsFrom(new SeededRandom(3), 20_000);
  const elsewhere = new ChunkTable(table.memory);
  for (const [index, id] of ids.entries()) {
    if (table.needsSegment) elsewhere.adopt(table.grow());
    table.add(id, index);
  }
  assert.equal(table.memory.segments.length, 2);
  for (const [index, id] of ids.entries()) assert.equal(elsewhere.find(id), index);
  assert.equal(elsewhere.claim(ids[0] as ChunkId), 0);
});

test('a full table claims nothing more, loses nothing and comes to an end', () => {
  const table = ChunkTable.sizedFor(10);
  const ids = idsFrom(new SeededRandom(4), 1 << 14);
  for (const id of ids) table.claim(id);
  const held = ids.filter((id) => table.find(id) === IN_SESSION).length;
  assert.equal(held, Math.floor((1 << 14) * 0.9) + 1);
  const last = ids.at(-1) as ChunkId;
  assert.equal(table.claim(last), undefined);
  assert.equal(table.claim(last), undefined);
});
