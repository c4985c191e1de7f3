// R16: whoever has seen a head of the log, on this device or on a card that was carried here, sees when another log is
// shown under the same name and key.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError } from '@kura/base';
import { ed25519PublicKey, MerkleTree, signCheckpoint } from '@kura/log';
import { compareLog, type LogSource } from './compare-log.ts';

const SEED = new Uint8Array(32).fill(7);
const KEY = { origin: 'kura.test/log', publicKey: ed25519PublicKey(SEED) };

function treeOf(leaves: readonly number[]): MerkleTree {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.append(new Uint8Array(32).fill(leaf));
  return tree;
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);
const noteOf = (tree: MerkleTree, size = tree.size, seed = SEED): string =>
  signCheckpoint({ origin: KEY.origin, size, head: tree.head(size) }, seed);

/** `witnessed`: the head that is shown may lie behind the tree. */
function sourceOf(tree: MerkleTree, witnessed = tree.size): LogSource {
  return {
    checkpoint: async () => (tree.size === 0 ? undefined : noteOf(tree, witnessed)),
    consistency: async (from, to) => {
      if (to > tree.size) throw new KuraError('not_found', 'no such tree');
      return tree.consistencyProof(from, to);
    },
  };
}

describe('a log that is compared with heads that were seen of it', () => {
  const ten = treeOf(range(10));

  it('continues all of them, whether it shows more of itself or less', async () => {
    for (let seen = 1; seen <= 10; seen++) {
      for (let shown = 1; shown <= 10; shown++) {
        const look = await compareLog([noteOf(ten, seen)], sourceOf(ten, shown), KEY);
        assert.equal(look.verdict, 'continues', `${seen} seen, ${shown} shown`);
        assert.equal(look.newest, noteOf(ten, Math.max(seen, shown)));
      }
    }
    assert.equal((await compareLog([], sourceOf(treeOf([])), KEY)).newest, undefined);
  });

  it('R16: is older when it ends before what was seen', async () => {
    const look = await compareLog([noteOf(ten)], sourceOf(treeOf(range(6))), KEY);
    assert.deepEqual([look.verdict, look.against], ['older', noteOf(ten)]);
    assert.equal((await compareLog([noteOf(ten)], sourceOf(treeOf([])), KEY)).verdict, 'older');
  });

  it('R16: is split at whichever leaf it parts from what was seen', async () => {
    for (let at = 0; at < 8; at++) {
      const leaves = range(12).map((leaf) => (leaf < at ? leaf : leaf + 100));
      const other = treeOf(leaves);
      const look = await compareLog([noteOf(ten, 8)], sourceOf(other), KEY);
      assert.equal(look.verdict, 'split', `parted at ${at}`);
      assert.deepEqual([look.against, look.shown], [noteOf(ten, 8), noteOf(other)]);
    }
  });

  it('R16: a head on a card that was carried here tells a split that this device alone would not see', async () => {
    const common = range(5);
    const mine = treeOf([...common, 50, 51]);
    const theirs = treeOf([...common, 60, 61, 62]);
    assert.equal((await compareLog([noteOf(mine)], sourceOf(mine), KEY)).verdict, 'continues');
    const both = [noteOf(mine), noteOf(theirs, 6)];
    assert.equal((await compareLog(both, sourceOf(mine), KEY)).verdict, 'split');
  });

  it('is not accused by what its key did not sign', async () => {
    const forged = noteOf(treeOf([99, 98]), 2, new Uint8Array(32).fill(8));
    const look = await compareLog([forged, 'no note'], sourceOf(ten), KEY);
    assert.equal(look.verdict, 'continues');
  });
});
