// What travels as bytes of our own: commits and lists of warrants, read back exactly, and nothing else read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, copyId, KuraError, packId, snapshotId, storeId, toHex } from '@kura/base';
import { signWarrant } from '../warrant.ts';
import { type DestroyPackWarrant, encodeWarrant } from '../warrant-form.ts';
import { decodeCommit, encodeCommit } from './commit-body.ts';
import { decodeWarrants, encodeWarrants } from './warrant-list.ts';

const bytesOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const uses = [3, 1, 2].map((byte) => packId(toHex(bytesOf(byte))));
const head = {
  snapshotId: snapshotId('5a'.repeat(32)),
  packId: packId(toHex(bytesOf(1))),
  predecessor: undefined,
  deviceKey: bytesOf(7),
  timeMs: 1_700_000_000_000,
  packSetRoot: bytesOf(8),
  packCount: 3,
  leafSalt: bytesOf(9),
};
const encoded = encodeCommit({ head, uses });
const idsAt = encoded.length - 3 * 32;

const isHostile = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'hostile';

test('a commit is read back, its packs in order', () => {
  const decoded = decodeCommit(encoded);
  assert.deepEqual(decoded.head, head);
  assert.deepEqual([...decoded.uses], uses.toSorted());
  const follows = { ...head, predecessor: snapshotId('5b'.repeat(32)) };
  assert.deepEqual(decodeCommit(encodeCommit({ head: follows, uses })).head, follows);
});

const HOSTILE: Readonly<Record<string, Uint8Array>> = {
  'no bytes': new Uint8Array(),
  'half a pack id': encoded.subarray(0, encoded.length - 16),
  'one pack less than its head says': encoded.subarray(0, encoded.length - 32),
  'a pack twice': concatBytes(encoded.subarray(0, idsAt + 32), encoded.subarray(idsAt, idsAt + 64)),
  'packs out of order': encodeCommit({ head, uses })
    .slice()
    .fill(0xff, idsAt, idsAt + 32),
  'a head that is no JSON': encoded.slice().fill(0x20, 4, 12),
  'a head of 4 GiB': concatBytes(bytesOf(0xff), encoded),
};

for (const [what, bytes] of Object.entries(HOSTILE)) {
  test(`a commit with ${what} is hostile`, () => {
    assert.throws(() => decodeCommit(bytes), isHostile);
  });
}

function warrantAt(store: string): DestroyPackWarrant {
  const copyIds = [copyId(toHex(bytesOf(4))), copyId(toHex(bytesOf(5)))];
  const fields = { kind: 'destroy-pack', copyIds, issuedMs: 1, notBeforeMs: 2 } as const;
  return signWarrant({ ...fields, storeId: storeId(store.repeat(16)) }, bytesOf(6));
}

test('warrants are read back, and no more than may come', () => {
  const warrants = [warrantAt('a1'), warrantAt('b2')];
  const list = encodeWarrants(warrants);
  assert.equal(list.length, 2 * (4 + encodeWarrant(warrantAt('a1')).length));
  assert.deepEqual(decodeWarrants(list, 2), warrants);
  assert.deepEqual(decodeWarrants(new Uint8Array(), 2), []);
  assert.throws(() => decodeWarrants(list, 1), isHostile);
  assert.throws(() => decodeWarrants(list.subarray(0, list.length - 1), 2), isHostile);
  assert.throws(() => decodeWarrants(concatBytes(list, new Uint8Array(3)), 2), isHostile);
});
