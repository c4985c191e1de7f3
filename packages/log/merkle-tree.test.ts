import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fromHex, toHex } from '@kura/base';
import fc from 'fast-check';
import { HASH_BYTES, hashEntry, treeHead } from './hash.ts';
import { MerkleTree, verifyConsistency, verifyInclusion } from './merkle-tree.ts';

interface Vectors {
  entries: string[];
  heads: string[];
  inclusion: { index: number; size: number; proof: string[] }[];
  consistency: { from: number; to: number; proof: string[] }[];
  invalidInclusion: {
    why: string;
    index: number;
    size: number;
    proof: string[];
    entry: number;
    headSize: number;
  }[];
  invalidConsistency: {
    why: string;
    from: number;
    to: number;
    fromHeadSize: number;
    toHeadSize: number;
    proof: string[];
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/log/rfc6962.json', import.meta.url), 'utf8'),
) as Vectors;

/** Entries of 32 bytes, all different. */
function entriesOf(count: number): Uint8Array {
  const entries = new Uint8Array(count * HASH_BYTES);
  for (let index = 0; index < count; index++) entries.fill(index + 1, index * 32, index * 32 + 32);
  return entries;
}

function treeOf(count: number): MerkleTree {
  const tree = new MerkleTree();
  const entries = entriesOf(count);
  for (let index = 0; index < count; index++) {
    tree.append(entries.subarray(index * 32, index * 32 + 32));
  }
  return tree;
}

const vectorTree = new MerkleTree();
for (const entry of vectors.entries) vectorTree.append(fromHex(entry));

describe('the reference tree of eight entries', () => {
  it('has the published head at every size', () => {
    assert.deepEqual(
      vectors.heads.map((_, size) => toHex(vectorTree.head(size))),
      vectors.heads,
    );
  });

  for (const { index, size, proof } of vectors.inclusion) {
    it(`proves entry ${index} of ${size} with the published hashes`, () => {
      assert.deepEqual(vectorTree.inclusionProof(index, size).map(toHex), proof);
      const claim = {
        entryHash: hashEntry(fromHex(vectors.entries[index] ?? '')),
        index,
        size,
        proof: proof.map(fromHex),
        head: fromHex(vectors.heads[size] ?? ''),
      };
      assert.equal(verifyInclusion(claim), true);
    });
  }

  for (const { from, to, proof } of vectors.consistency) {
    it(`proves that ${to} entries continue ${from} with the published hashes`, () => {
      assert.deepEqual(vectorTree.consistencyProof(from, to).map(toHex), proof);
      const claim = {
        fromSize: from,
        fromHead: fromHex(vectors.heads[from] ?? ''),
        toSize: to,
        toHead: fromHex(vectors.heads[to] ?? ''),
        proof: proof.map(fromHex),
      };
      assert.equal(verifyConsistency(claim), true);
    });
  }

  for (const { why, index, size, proof, entry, headSize } of vectors.invalidInclusion) {
    it(`refuses an inclusion proof with ${why}`, () => {
      const claim = {
        entryHash: hashEntry(fromHex(vectors.entries[entry] ?? '')),
        index,
        size,
        proof: proof.map(fromHex),
        head: fromHex(vectors.heads[headSize] ?? ''),
      };
      assert.equal(verifyInclusion(claim), false);
    });
  }

  for (const { why, from, to, fromHeadSize, toHeadSize, proof } of vectors.invalidConsistency) {
    it(`refuses a consistency proof with ${why}`, () => {
      const claim = {
        fromSize: from,
        fromHead: fromHex(vectors.heads[fromHeadSize] ?? ''),
        toSize: to,
        toHead: fromHex(vectors.heads[toHeadSize] ?? ''),
        proof: proof.map(fromHex),
      };
      assert.equal(verifyConsistency(claim), false);
    });
  }
});

const LARGEST = 64;
const largest = treeOf(LARGEST);

describe('trees of up to 64 entries', () => {
  it('a head that was computed before is that of the same entries only', () => {
    const entries = new Uint8Array(64 * HASH_BYTES).fill(1);
    const head = treeHead(entries);
    const expected = toHex(head);
    head.fill(0);
    assert.equal(toHex(treeHead(entries)), expected, 'the caller owns what it got');
    entries[entries.length - 1] = 2;
    assert.notEqual(toHex(treeHead(entries)), expected, 'one byte differs');
    entries[entries.length - 1] = 1;
    assert.equal(toHex(treeHead(entries.slice())), expected);
  });

  it('treeHead and the growing tree agree at every size', () => {
    const entries = entriesOf(LARGEST);
    for (let size = 0; size <= LARGEST; size++) {
      assert.equal(toHex(treeHead(entries.subarray(0, size * 32))), toHex(largest.head(size)));
    }
  });

  it('a tree restored from its entry hashes is the same tree and grows on', () => {
    const restored = MerkleTree.fromEntryHashes(treeOf(37).entryHashes());
    assert.equal(toHex(restored.head()), toHex(largest.head(37)));
    restored.append(new Uint8Array(32).fill(38));
    assert.equal(toHex(restored.head()), toHex(largest.head(38)));
  });

  it('every inclusion proof verifies, and only for its own entry', () => {
    for (let size = 1; size <= LARGEST; size++) {
      const head = largest.head(size);
      for (let index = 0; index < size; index++) {
        const proof = largest.inclusionProof(index, size);
        const claim = { entryHash: largest.entryHash(index), index, size, proof, head };
        assert.equal(verifyInclusion(claim), true, `${index} of ${size}`);
        const other = (index + 1) % size;
        if (other === index) continue;
        assert.equal(verifyInclusion({ ...claim, index: other }), false, `${other} of ${size}`);
      }
    }
  });

  it('every consistency proof verifies, and for no other old size', () => {
    for (let to = 0; to <= LARGEST; to++) {
      for (let from = 0; from <= to; from++) {
        const claim = {
          fromSize: from,
          fromHead: largest.head(from),
          toSize: to,
          toHead: largest.head(to),
          proof: largest.consistencyProof(from, to),
        };
        assert.equal(verifyConsistency(claim), true, `${from} to ${to}`);
        const wrongHead = largest.head(from === 0 ? 1 : from - 1);
        assert.equal(verifyConsistency({ ...claim, fromHead: wrongHead }), false, `${from}, ${to}`);
      }
    }
  });

  it('no mutation of an inclusion claim verifies', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: LARGEST }),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        (size, pick, byte, bit) => {
          const index = pick % size;
          const proof = largest.inclusionProof(index, size);
          const hashes = [largest.entryHash(index), largest.head(size), ...proof];
          const hash = hashes[byte % hashes.length] ?? new Uint8Array();
          hash[bit >> 3] = (hash[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          const [entryHash = hash, head = hash, ...steps] = hashes;
          assert.equal(verifyInclusion({ entryHash, head, index, size, proof: steps }), false);
        },
      ),
    );
  });

  it('no mutation of a consistency claim verifies', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: LARGEST }),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        (toSize, pick, byte, bit) => {
          const fromSize = 1 + (pick % toSize);
          const proof = largest.consistencyProof(fromSize, toSize);
          const hashes = [largest.head(fromSize), largest.head(toSize), ...proof];
          const hash = hashes[byte % hashes.length] ?? new Uint8Array();
          hash[bit >> 3] = (hash[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          const [fromHead = hash, toHead = hash, ...steps] = hashes;
          const claim = { fromSize, fromHead, toSize, toHead, proof: steps };
          assert.equal(verifyConsistency(claim), false);
        },
      ),
    );
  });

  it('a proof with a step more or less verifies nowhere', () => {
    for (let size = 2; size <= LARGEST; size++) {
      const claim = { entryHash: largest.entryHash(0), index: 0, size, head: largest.head(size) };
      const proof = largest.inclusionProof(0, size);
      assert.equal(verifyInclusion({ ...claim, proof: proof.slice(1) }), false);
      assert.equal(verifyInclusion({ ...claim, proof: proof.slice(0, -1) }), false);
      assert.equal(verifyInclusion({ ...claim, proof: [...proof, largest.head(1)] }), false);
    }
  });
});
