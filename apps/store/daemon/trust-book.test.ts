// Goal: a store never goes back to an older list of those who are withdrawn, whatever gateways bring at once (C3).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes, KuraError } from '@kura/base';
import { NO_REVOCATIONS, signRevocations } from '@kura/contract';
import { MemoryDisk, Surroundings } from '@kura/testing';
import { StateFolder } from './state-folder.ts';
import { TrustBook, TrustReader } from './trust-book.ts';

const FOLDER = '/state';
const SERIAL = '4a'.repeat(16);

async function open() {
  const { clock, random, coordinatorKey, coordinatorSeed } = new Surroundings(7);
  const disk = new MemoryDisk({ clock });
  disk.makeFolder(FOLDER);
  const state = await StateFolder.open(disk, FOLDER, { random, nowMs: clock.nowMs() });
  const book = new TrustBook(state, coordinatorKey);
  const list = (number: number, certificates: readonly string[]): Uint8Array =>
    signRevocations(
      { number, madeMs: number, certificates, grants: [], pseudonyms: [] },
      coordinatorSeed,
    );
  return { state, book, list, coordinatorKey };
}

function isOlder(error: unknown): boolean {
  return error instanceof KuraError && error.context.reason === 'older';
}

test('C3: of two lists that come at once the newer stays, in memory and in the state', async () => {
  const { state, book, list, coordinatorKey } = await open();
  const newer = list(2, [SERIAL]);
  const [first, second] = await Promise.allSettled([
    book.takeRevocations(newer),
    book.takeRevocations(list(1, [])),
  ]);
  assert.equal(first.status, 'fulfilled');
  const filed = state.read('revocations');
  assert.ok(filed !== undefined && equalBytes(filed, newer), 'the newer one is filed');
  assert.ok(new TrustReader(state, coordinatorKey).revocations.hasCertificate(SERIAL));
  assert.ok(book.revocations.hasCertificate(SERIAL));
  assert.ok(second.status === 'rejected' && isOlder(second.reason));
});

test('C3: the same list again is no error, and an older one is refused', async () => {
  const { book, list } = await open();
  assert.equal(book.revocations, NO_REVOCATIONS);
  await book.takeRevocations(list(3, [SERIAL]));
  await book.takeRevocations(list(3, [SERIAL]));
  await assert.rejects(book.takeRevocations(list(2, [])), isOlder);
  assert.ok(book.revocations.hasCertificate(SERIAL));
});
