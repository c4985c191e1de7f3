// Goal (R38): a leaf table reads back as it was written, and any other bytes are `corrupt`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyId, KuraError, memberId, toHex } from '@kura/base';
import { loadNative } from '@kura/native';
import { SeededRandom } from '@kura/testing';
import { geometryOf } from './layout.ts';
import { decodeTable, encodeTable, type LeafTable } from './table.ts';

const { bulk } = loadNative();
const geometry = geometryOf(4096, 16);
const random = new SeededRandom(1);

const table: LeafTable = {
  copyId: copyId(toHex(random.bytes(32))),
  memberId: memberId(toHex(random.bytes(16))),
  root: random.bytes(32),
  leafHashes: random.bytes(16 * 32),
  parityHashes: random.bytes(4 * 32),
};

function encoded(): Uint8Array {
  const into = new Uint8Array(geometry.tableBytes).fill(0xff);
  encodeTable(table, geometry, { bulk, into });
  return into;
}

test('a table reads back as it was written, and is its own bytes', () => {
  const bytes = encoded();
  const read = decodeTable(bytes, geometry, bulk);
  bytes.fill(0);
  assert.deepEqual(read, table);
});

test('R38: any changed byte, a cut, and the table of another size are corrupt', () => {
  const isCorrupt = (error: unknown) => error instanceof KuraError && error.code === 'corrupt';
  const whole = encoded();
  for (let at = 0; at < whole.length; at++) {
    const bytes = whole.slice();
    bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255));
    assert.throws(() => decodeTable(bytes, geometry, bulk), isCorrupt, `byte ${at}`);
  }
  for (const length of [0, 7, 24, 104, 700]) {
    assert.throws(() => decodeTable(whole.subarray(0, length), geometry, bulk), isCorrupt);
  }
  assert.throws(() => decodeTable(whole, geometryOf(4096, 8), bulk), isCorrupt);
  assert.throws(() => decodeTable(whole, geometryOf(8192, 16), bulk), isCorrupt);
});
