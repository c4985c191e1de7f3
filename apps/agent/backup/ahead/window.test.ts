import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MessageChannel, Worker } from 'node:worker_threads';
import { MIB } from '@kura/base';
import type { LookerData } from './test-looker.ts';
import { AheadWindow } from './window.ts';

/** What was held after each batch, while another thread uses one batch for each that it gets. */
async function heldWhile(batchBytes: readonly number[]): Promise<number[]> {
  const window = new AheadWindow();
  const { port1, port2 } = new MessageChannel();
  const held: number[] = [];
  port2.on('message', (bytes: number) => {
    window.used(batchBytes[held.length] ?? 0);
    held.push(bytes);
  });
  const workerData: LookerData = { memory: window.memory, port: port1, batchBytes };
  const worker = new Worker(new URL('./test-looker.ts', import.meta.url), {
    workerData,
    transferList: [port1],
  });
  await new Promise((resolve, reject) => {
    worker.on('error', reject);
    port2.on('close', resolve);
  });
  assert.equal(window.heldBytes, 0);
  return held;
}

describe('the window of a look ahead', () => {
  it('what is seen and not used yet never takes more than 8 MiB, however large the tree', async () => {
    const held = await heldWhile(Array.from({ length: 100 }, () => MIB));
    assert.equal(held.length, 100);
    assert.ok(Math.max(...held) <= 8 * MIB, `${Math.max(...held)} bytes`);
  });

  it('one folder that is larger than the window comes through, alone', async () => {
    assert.equal((await heldWhile([MIB, 9 * MIB, MIB]))[1], 9 * MIB);
  });

  it('batches are large while the walk is behind, and small when it has used everything', () => {
    const window = new AheadWindow();
    assert.equal(window.isDue(4 * 1024), true);
    window.add(1);
    assert.equal(window.isDue(127 * 1024), false);
    assert.equal(window.isDue(128 * 1024), true);
    window.used(1);
    assert.equal(window.isDue(4 * 1024 - 1), false);
    assert.throws(() => window.used(1), /more was used/);
  });
});
