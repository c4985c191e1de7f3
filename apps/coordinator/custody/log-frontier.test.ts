import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyHead, hashEntry, MerkleTree, verifyInclusion } from '@kura/log';
import { appendLeaf, decodePeaks, EMPTY_FRONTIER, encodePeaks, headOf } from './log-frontier.ts';

const SIZES = 600;

test('the frontier has the heads and the proofs of the whole tree, at every size', () => {
  const tree = new MerkleTree();
  let frontier = EMPTY_FRONTIER;
  assert.deepEqual(headOf(frontier), emptyHead());
  for (let size = 1; size <= SIZES; size++) {
    const entryHash = hashEntry(new Uint8Array([size >> 8, size & 255]));
    tree.appendHash(entryHash);
    const appended = appendLeaf(frontier, entryHash);
    assert.deepEqual(appended.head, tree.head());
    assert.deepEqual(appended.inclusionProof, tree.inclusionProof(size - 1));
    const { leafIndex: index, inclusionProof: proof, head } = appended;
    assert.ok(verifyInclusion({ entryHash, index, size, proof, head }));
    frontier = appended.frontier;
  }
  assert.equal(frontier.size, SIZES);
});

test('a frontier is kept as its peaks, and no other number of them fits its size', () => {
  let frontier = EMPTY_FRONTIER;
  for (let size = 1; size <= 70; size++) {
    frontier = appendLeaf(frontier, hashEntry(new Uint8Array([size]))).frontier;
    const bytes = encodePeaks(frontier);
    assert.deepEqual(decodePeaks(size, bytes), frontier);
    assert.equal(decodePeaks(size, bytes.subarray(1)), undefined);
    assert.equal(decodePeaks(2 * size + 1, bytes), undefined);
  }
});
