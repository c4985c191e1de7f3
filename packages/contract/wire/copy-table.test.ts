import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { concatBytes, copyId, KuraError } from '@kura/base';
import { treeHead } from '@kura/log';
import { decodeCopyTable, encodeCopyTable } from './copy-table.ts';

const id = copyId('c1'.repeat(32));
const hashes = ['a', 'b', 'c', 'd'].map((leaf) => hash('sha256', leaf, 'buffer'));
const leafHashes = concatBytes(...hashes);
const stat = { copyId: id, leafCount: 4, root: treeHead(leafHashes), leafHashes };
const encoded = encodeCopyTable(stat).slice();

test('a leaf table is what the protocol says, and is read back', () => {
  assert.equal(encoded.length, 4 + 32 + 4 * 32);
  assert.deepEqual([...encoded.subarray(0, 4)], [4, 0, 0, 0]);
  assert.deepEqual(decodeCopyTable(id, encoded), stat);
});

const exchanged = encoded.slice();
exchanged.set(hashes[1] ?? [], 36);

/** What a store could say instead. */
const HOSTILE: Readonly<Record<string, Uint8Array>> = {
  nothing: new Uint8Array(),
  'a leaf missing': encoded.subarray(0, encoded.length - 32),
  'a byte too many': concatBytes(encoded, new Uint8Array(1)),
  'no leaves': new Uint8Array(36),
  'more leaves than a pack has': concatBytes(new Uint8Array([1, 16, 0, 0]), encoded.subarray(4)),
  'hashes of another copy': exchanged,
};

for (const [what, bytes] of Object.entries(HOSTILE)) {
  test(`a leaf table with ${what} is corrupt`, () => {
    assert.throws(
      () => decodeCopyTable(id, bytes),
      (error: unknown) => error instanceof KuraError && error.code === 'corrupt',
    );
  });
}
