// Goal: the outer ciphers are what docs/design/format.md says, the same in both implementations,
// leaf by leaf, and different at every store.
import assert from 'node:assert/strict';
import { createCipheriv, hash, hkdfSync } from 'node:crypto';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import {
  type CopyId,
  copyId,
  equalBytes,
  KIB,
  KuraError,
  memberId,
  packId,
  storeId,
  toHex,
  utf8,
} from '@kura/base';
import { treeHead } from '@kura/log';
import { allocatePages, loadNative } from '@kura/native';
import {
  checkLeafTable,
  copyIdOf,
  copyKeyOf,
  openCopyCipher,
  SUITES,
  type SuiteName,
  streamKeyOf,
  suiteOf,
  verifyLeaves,
} from './index.ts';

const LEAF_BYTES = 4 * KIB;
const KINDS = ['ffi', 'twin'] as const;
const twin = loadNative('twin').bulk;

/** Bytes that anyone can make again: H(label ‖ n), repeated. */
function bytesOf(label: string, count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let at = 0; at < count; at += 32) {
    const block = hash('sha256', `${label} ${at / 32}`, 'buffer');
    out.set(block.subarray(0, Math.min(32, count - at)), at);
  }
  return out;
}

const scope = {
  networkSecret: bytesOf('network secret', 32),
  memberId: memberId(toHex(bytesOf('member', 16))),
  storeId: storeId(toHex(bytesOf('store', 16))),
  epoch: 0,
};
const pack = packId(toHex(bytesOf('pack', 32)));
const key = copyKeyOf(scope);
const id = copyIdOf(key, pack);

interface Applying {
  readonly kind?: (typeof KINDS)[number];
  readonly suite: SuiteName;
  readonly direction?: 'encrypt' | 'decrypt';
  readonly firstLeaf?: number;
  readonly copyKey?: Uint8Array;
  readonly name?: CopyId;
}

function apply(input: Uint8Array, applying: Applying): Uint8Array {
  const { kind = 'twin', suite, direction = 'encrypt', firstLeaf = 0, copyKey = key } = applying;
  const { bulk } = loadNative(kind);
  const name = applying.name ?? id;
  const cipher = openCopyCipher({
    bulk,
    suite,
    copyKey,
    copyId: name,
    leafBytes: LEAF_BYTES,
    direction,
  });
  const output = allocatePages(input.length);
  cipher.apply(firstLeaf, input, output);
  cipher.free();
  return output;
}

describe('names and keys', () => {
  test('a copy key follows from network secret, store, member and epoch, each of them', () => {
    const info = Buffer.concat([
      utf8('kura/1 copy key'),
      Buffer.from(scope.memberId, 'hex'),
      Buffer.from([0, 0, 0, 0]),
    ]);
    const salt = Buffer.from(scope.storeId, 'hex');
    const expected = new Uint8Array(hkdfSync('sha256', scope.networkSecret, salt, info, 32));
    assert.deepEqual(key, expected);
    const others = [
      { ...scope, epoch: 1 },
      { ...scope, networkSecret: bytesOf('another', 32) },
      { ...scope, memberId: memberId(toHex(bytesOf('another', 16))) },
      { ...scope, storeId: storeId(toHex(bytesOf('another', 16))) },
    ].map((other) => toHex(copyKeyOf(other)));
    assert.equal(new Set([toHex(key), ...others]).size, 5);
  });

  test('A3: the same pack has another name at every store', () => {
    const there = copyKeyOf({ ...scope, storeId: storeId(toHex(bytesOf('elsewhere', 16))) });
    assert.notEqual(copyIdOf(there, pack), id);
    assert.notEqual(id as string, pack as string);
  });

  test('a stream key is of one copy and one suite', () => {
    const other = copyId(toHex(bytesOf('another copy', 32)));
    const keys = SUITES.flatMap((suite) => [
      toHex(streamKeyOf(key, id, suite)),
      toHex(streamKeyOf(key, other, suite)),
    ]);
    assert.equal(new Set(keys).size, 2 * SUITES.length);
  });

  test('a suite of another version is refused by name', () => {
    assert.equal(suiteOf('chacha20'), 'chacha20');
    const isUnsupported = (error: unknown) =>
      error instanceof KuraError && error.code === 'unsupported';
    assert.throws(() => suiteOf('rot13'), isUnsupported);
    assert.throws(() => suiteOf('toString'), isUnsupported);
  });
});

describe('outer ciphers', () => {
  const plain = bytesOf('plain', 8 * LEAF_BYTES);

  for (const suite of SUITES) {
    test(`${suite}: both implementations agree and turn back, in place too`, () => {
      const [ffi, plainNode] = KINDS.map((kind) => apply(plain, { kind, suite }));
      assert.ok(ffi !== undefined && plainNode !== undefined);
      assert.ok(equalBytes(ffi, plainNode));
      for (const kind of KINDS) {
        const back = apply(ffi, { kind, suite, direction: 'decrypt' });
        assert.ok(equalBytes(back, plain));
        const { bulk } = loadNative(kind);
        const options = { bulk, suite, copyKey: key, copyId: id, leafBytes: LEAF_BYTES };
        const cipher = openCopyCipher({ ...options, direction: 'encrypt' });
        const inPlace = plain.slice();
        cipher.apply(0, inPlace, inPlace);
        cipher.free();
        assert.ok(equalBytes(inPlace, ffi));
      }
    });

    test(`${suite}: every leaf by itself, in any order, gives the same bytes`, () => {
      const whole = apply(plain, { suite });
      for (const firstLeaf of [5, 0, 7, 3]) {
        const from = firstLeaf * LEAF_BYTES;
        const leaf = plain.subarray(from, from + LEAF_BYTES);
        const alone = apply(leaf, { suite, firstLeaf });
        assert.ok(equalBytes(alone, whole.subarray(from, from + LEAF_BYTES)));
      }
      const window = apply(plain.subarray(2 * LEAF_BYTES, 6 * LEAF_BYTES), { suite, firstLeaf: 2 });
      assert.ok(equalBytes(window, whole.subarray(2 * LEAF_BYTES, 6 * LEAF_BYTES)));
    });

    test(`${suite}: a repaired copy is the same bytes; equal leaves look different`, () => {
      const zeros = new Uint8Array(4 * LEAF_BYTES);
      const once = apply(zeros, { suite });
      assert.ok(equalBytes(apply(zeros, { suite }), once));
      const blocks = new Set<string>();
      for (let at = 0; at < once.length; at += 16) blocks.add(toHex(once.subarray(at, at + 16)));
      assert.equal(blocks.size, once.length / 16);
    });
  }

  test('A3: the same pack looks different on every store', () => {
    const copies = SUITES.flatMap((suite) =>
      ['here', 'there'].map((where) => {
        const at = { ...scope, storeId: storeId(toHex(bytesOf(where, 16))) };
        const copyKey = copyKeyOf(at);
        return apply(plain, { suite, copyKey, name: copyIdOf(copyKey, pack) });
      }),
    );
    const blocks = new Set<string>();
    for (const bytes of [plain, ...copies]) {
      for (let at = 0; at < bytes.length; at += 16) blocks.add(toHex(bytes.subarray(at, at + 16)));
    }
    // 16 bytes in common, at any place of any two of them, would show here.
    assert.equal(blocks.size, ((1 + copies.length) * plain.length) / 16);
  });

  test('counter suites are plain AES and Camellia in counter mode over the whole copy', () => {
    for (const suite of ['aes-256-ctr', 'camellia-256-ctr'] as const) {
      const cipher = createCipheriv(suite, streamKeyOf(key, id, suite), new Uint8Array(16));
      assert.ok(equalBytes(cipher.update(plain), apply(plain, { suite })));
    }
  });

  test('chacha20 is RFC 8439 with counter 0 and the leaf as nonce', () => {
    const iv = new Uint8Array(16);
    iv[4] = 3;
    const cipher = createCipheriv('chacha20', streamKeyOf(key, id, 'chacha20'), iv);
    const leaf = plain.subarray(0, LEAF_BYTES);
    assert.ok(equalBytes(cipher.update(leaf), apply(leaf, { suite: 'chacha20', firstLeaf: 3 })));
  });

  test('aes-256-ocb is RFC 7253 with the leaf as nonce, without its tag', () => {
    const leaf = plain.subarray(0, LEAF_BYTES);
    const nonce = new Uint8Array(12);
    nonce[0] = 3;
    const cipher = createCipheriv('aes-256-ocb', streamKeyOf(key, id, 'aes-256-ocb'), nonce, {
      authTagLength: 16,
    });
    const expected = Buffer.concat([cipher.update(leaf), cipher.final()]);
    assert.ok(equalBytes(expected, apply(leaf, { suite: 'aes-256-ocb', firstLeaf: 3 })));
  });

  test('pieces of leaves are a fault of the caller', () => {
    const options = { bulk: twin, copyKey: key, copyId: id, leafBytes: LEAF_BYTES };
    const cipher = openCopyCipher({ ...options, suite: 'chacha20', direction: 'encrypt' });
    const half = new Uint8Array(LEAF_BYTES / 2);
    assert.throws(() => cipher.apply(0, half, half), /whole leaves/);
    assert.throws(() => cipher.apply(0, plain, half), /keeps the length/);
    cipher.free();
  });
});

interface Vector {
  readonly suite: SuiteName;
  readonly firstLeaf: number;
  readonly streamKey: string;
  readonly first32: string;
  readonly sha256: string;
}

interface Vectors {
  readonly copyKey: string;
  readonly copyId: string;
  readonly vectors: readonly Vector[];
}

/** As they are now; written to vectors/copy-seal.json once, and never changed under these names. */
function currentVectors(): Vectors {
  const input = bytesOf('vector', 2 * LEAF_BYTES);
  const vectors = SUITES.flatMap((suite) =>
    [0, 1, 200].map((firstLeaf) => {
      const output = apply(input, { suite, firstLeaf });
      return {
        suite,
        firstLeaf,
        streamKey: toHex(streamKeyOf(key, id, suite)),
        first32: toHex(output.subarray(0, 32)),
        sha256: hash('sha256', output),
      };
    }),
  );
  return { copyKey: toHex(key), copyId: id, vectors };
}

test('the committed vectors still hold', () => {
  const file = new URL('../../vectors/copy-seal.json', import.meta.url);
  const committed: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
  assert.deepEqual(currentVectors(), committed);
});

describe('checks of outer bytes', () => {
  const bytes = bytesOf('outer', 4 * LEAF_BYTES);
  const leafHashes = new Uint8Array(
    Buffer.concat(
      [0, 1, 2, 3].map((leaf) =>
        hash('sha256', bytes.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES), 'buffer'),
      ),
    ),
  );
  const root = treeHead(leafHashes);
  const check = { bulk: twin, leafHashes, root, leafBytes: LEAF_BYTES };

  test('whole leaves pass, changed ones are named', () => {
    assert.deepEqual(verifyLeaves({ ...check, firstLeaf: 0, bytes }), []);
    const changed = bytes.slice(LEAF_BYTES);
    changed[LEAF_BYTES + 5] = (changed[LEAF_BYTES + 5] ?? 0) ^ 1;
    assert.deepEqual(verifyLeaves({ ...check, firstLeaf: 1, bytes: changed }), [2]);
  });

  test('a leaf in another place, or beyond the end, is wrong', () => {
    const leaf = bytes.subarray(0, LEAF_BYTES);
    assert.deepEqual(verifyLeaves({ ...check, firstLeaf: 1, bytes: leaf }), [1]);
    assert.deepEqual(verifyLeaves({ ...check, firstLeaf: 4, bytes: leaf }), [4]);
  });

  test('a table that does not lead to the root proves nothing', () => {
    const forged = leafHashes.slice();
    forged[0] = (forged[0] ?? 0) ^ 1;
    assert.equal(checkLeafTable(leafHashes, root), true);
    assert.equal(checkLeafTable(forged, root), false);
    assert.equal(checkLeafTable(leafHashes.subarray(1), root), false);
    assert.equal(checkLeafTable(new Uint8Array(0), root), false);
    const all = verifyLeaves({ ...check, leafHashes: forged, firstLeaf: 0, bytes });
    assert.deepEqual(all, [0, 1, 2, 3]);
  });
});
