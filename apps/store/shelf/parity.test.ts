// P+Q parity against a plain twin and known values, and what it is for: any two columns of a row come back
// from the others, whichever two they are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SMALL_SHAPE, STANDARD_SHAPE, toHex } from '@kura/base';
import { allocatePages } from '@kura/native';
import { constantTables, inverse, powerOfTwo, product } from './galois.ts';
import { createParity } from './parity.ts';

const LEAF_BYTES = 4096;
/** Of the shapes there are: 4, 8, 16, 64 leaves in a group, 2 rows; and the least and odd ones. */
const COLUMN_COUNTS = [1, 2, 3, 4, 8, 31, 32];

/** Product in GF(2^8) with polynomial 0x11d, as long multiplication. */
function slowProduct(a: number, b: number): number {
  let sum = 0;
  for (let bit = 0, shifted = a; bit < 8; bit++) {
    if ((b >> bit) & 1) sum ^= shifted;
    shifted = shifted < 128 ? shifted << 1 : (shifted << 1) ^ 0x11d;
  }
  return sum;
}

/** P and Q of one row, byte by byte, by Horner's rule from the last column. */
function plainParity(row: readonly Uint8Array[]): readonly [p: Uint8Array, q: Uint8Array] {
  const p = new Uint8Array(LEAF_BYTES);
  const q = new Uint8Array(LEAF_BYTES);
  for (const leaf of row.toReversed()) {
    for (let index = 0; index < LEAF_BYTES; index++) {
      p[index] = (p[index] ?? 0) ^ (leaf[index] ?? 0);
      q[index] = slowProduct(q[index] ?? 0, 2) ^ (leaf[index] ?? 0);
    }
  }
  return [p, q];
}

function noise(length: number, seed: number): Uint8Array {
  let state = Math.imul(seed + 1, 2654435761) | 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 9;
  });
}

function rowOf(columns: number, seed: number): Uint8Array[] {
  return Array.from({ length: columns }, (_, column) => noise(LEAF_BYTES, seed * 100 + column));
}

function* pairs(count: number): Generator<readonly number[]> {
  for (let first = 0; first < count; first++) {
    yield [first];
    for (let second = first + 1; second < count; second++) yield [first, second];
  }
}

test('the field is that of the format: products, powers and inverses', () => {
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b++) assert.equal(product(a, b), slowProduct(a, b));
    if (a > 0) assert.equal(slowProduct(a, inverse(a)), 1);
  }
  const powers = Array.from({ length: 12 }, (_, exponent) => powerOfTwo(exponent));
  assert.deepEqual(powers, [1, 2, 4, 8, 16, 32, 64, 128, 0x1d, 0x3a, 0x74, 0xe8]);
  assert.equal(new Set(Array.from({ length: 255 }, (_, index) => powerOfTwo(index))).size, 255);
  const tables = constantTables(0x1d);
  for (let byte = 0; byte < 256; byte++) {
    const looked = (tables[byte & 15] ?? 0) ^ (tables[16 + (byte >> 4)] ?? 0);
    assert.equal(looked, slowProduct(0x1d, byte));
  }
});

test('parity of known bytes is that of the format', () => {
  const parity = createParity({ leafBytes: 32 });
  parity.reset();
  const leaves = [0x01, 0x80, 0xff].map((byte) => new Uint8Array(32).fill(byte));
  leaves.forEach((leaf, column) => {
    parity.accumulate(0, column, leaf);
  });
  // 1 ^ 0x80 ^ 0xff, and 1·1 ^ 2·0x80 ^ 4·0xff = 1 ^ 0x1d ^ 0xdb
  assert.equal(toHex(parity.leaf(0)), '7e'.repeat(32));
  assert.equal(toHex(parity.leaf(2)), 'c7'.repeat(32));
  assert.equal(toHex(parity.leaf(1)), '00'.repeat(32));
  assert.equal(toHex(parity.leaf(3)), '00'.repeat(32));
});

for (const columns of COLUMN_COUNTS) {
  test(`WASM and the plain twin make the same parity of ${columns} columns, in any order`, () => {
    const rows = [rowOf(columns, 1), rowOf(columns, 2)];
    const parity = createParity({ leafBytes: LEAF_BYTES });
    for (let round = 0; round < 2; round++) {
      parity.reset();
      for (let index = 0; index < 2 * columns; index++) {
        const leaf = round === 0 ? index : 2 * columns - 1 - index;
        const column = leaf >> 1;
        parity.accumulate(leaf & 1, column, rows[leaf & 1]?.[column] ?? new Uint8Array());
      }
      const [p0, q0] = plainParity(rows[0] ?? []);
      const [p1, q1] = plainParity(rows[1] ?? []);
      assert.deepEqual(
        [0, 1, 2, 3].map((leaf) => parity.leaf(leaf)),
        [p0, p1, q0, q1],
      );
      assert.equal(parity.leaves.length, 4 * LEAF_BYTES);
      assert.deepEqual(parity.leaves.subarray(2 * LEAF_BYTES, 3 * LEAF_BYTES), q0);
    }
  });

  test(`any one or two of ${columns} columns and their parity come back`, () => {
    const row = rowOf(columns, 3);
    const all = [...row, ...plainParity(row)];
    const parity = createParity({ leafBytes: LEAF_BYTES });
    for (const lost of pairs(columns + 2)) {
      const asked: number[] = [];
      const rebuilt = parity.solve({
        columns,
        lost,
        leaf: (column) => {
          asked.push(column);
          return all[column] ?? new Uint8Array();
        },
      });
      assert.deepEqual(
        rebuilt,
        lost.map((column) => all[column]),
        `lost ${lost}`,
      );
      const survivors = [...all.keys()].filter((column) => !lost.includes(column));
      assert.deepEqual(asked, survivors, `lost ${lost}`);
    }
  });
}

test('a repair leaves the parity of an open group as it is', () => {
  const row = rowOf(8, 4);
  const all = [...row, ...plainParity(row)];
  const parity = createParity({ leafBytes: LEAF_BYTES });
  parity.reset();
  for (const [column, leaf] of row.entries()) {
    parity.accumulate(0, column, leaf);
    const leafOf = (wanted: number): Uint8Array => all[wanted] ?? new Uint8Array();
    const [rebuilt] = parity.solve({ columns: 8, lost: [column, 8], leaf: leafOf });
    assert.deepEqual(rebuilt, leaf);
  }
  assert.deepEqual([parity.leaf(0), parity.leaf(2)], plainParity(row));
});

test('leaves may lie in the stage, in pages or in any memory, and are not changed', () => {
  const row = rowOf(3, 5);
  const parity = createParity({ leafBytes: LEAF_BYTES, stageLeaves: 3 });
  const pages = allocatePages(3 * LEAF_BYTES);
  assert.equal(parity.stage.length, 3 * LEAF_BYTES);
  assert.equal(parity.stage.byteOffset % 4096, 0);
  assert.equal(parity.leaves.byteOffset % 4096, 0);
  const odd = Buffer.alloc(3 * LEAF_BYTES + 1).subarray(1);
  for (const memory of [parity.stage, pages, odd]) {
    parity.reset();
    row.forEach((leaf, column) => {
      memory.set(leaf, column * LEAF_BYTES);
      const view = memory.subarray(column * LEAF_BYTES, (column + 1) * LEAF_BYTES);
      parity.accumulate(1, column, view);
      assert.deepEqual(new Uint8Array(view), leaf);
    });
    assert.deepEqual([parity.leaf(1), parity.leaf(3)], plainParity(row));
  }
});

test('what no group has is refused as a fault of the program', () => {
  const parity = createParity({ leafBytes: SMALL_SHAPE.leafBytes });
  const leaf = new Uint8Array(SMALL_SHAPE.leafBytes);
  const leafOf = (): Uint8Array => leaf;
  const faults: readonly (() => unknown)[] = [
    () => createParity({ leafBytes: 100 }),
    () => parity.accumulate(2, 0, leaf),
    () => parity.accumulate(0, 32, leaf),
    () => parity.accumulate(0, -1, leaf),
    () => parity.accumulate(0, 0, new Uint8Array(STANDARD_SHAPE.leafBytes)),
    () => parity.leaf(4),
    () => parity.solve({ columns: 4, lost: [], leaf: leafOf }),
    () => parity.solve({ columns: 4, lost: [1, 1], leaf: leafOf }),
    () => parity.solve({ columns: 4, lost: [2, 1], leaf: leafOf }),
    () => parity.solve({ columns: 4, lost: [0, 1, 2], leaf: leafOf }),
    () => parity.solve({ columns: 4, lost: [6], leaf: leafOf }),
    () => parity.solve({ columns: 33, lost: [0], leaf: leafOf }),
  ];
  for (const fault of faults) assert.throws(fault, /assertion failed/);
});
