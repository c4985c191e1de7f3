import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalBytes, KuraError, must, toHex } from '@kura/base';
import fc from 'fast-check';
import { HASH_BYTES, hashEntry } from './hash.ts';
import { MerkleTree } from './merkle-tree.ts';
import {
  consistencyFromTiles,
  consistencyTiles,
  edgeTiles,
  growTiles,
  headFromTiles,
  headTiles,
  inclusionFromTiles,
  inclusionTiles,
  parseTilePath,
  TILE_WIDTH,
  type TileId,
  tilePath,
} from './tiles.ts';

/** More than one full tile of level 1 would need 65,536 entries: once, below. */
const SIZE = 1000;

const entryHashes = (from: number, to: number): Uint8Array =>
  new Uint8Array(
    Buffer.concat(
      Array.from({ length: to - from }, (_, at) =>
        hashEntry(new TextEncoder().encode(`${from + at}`)),
      ),
    ),
  );

/** Tiles as a log keeps them: by place, each as wide as it ever became. */
class Kept {
  readonly #tiles = new Map<string, Uint8Array>();
  readonly asked: string[] = [];
  size = 0;

  grow(hashes: Uint8Array): void {
    for (const tile of growTiles(this.size, hashes, this.hashes)) {
      this.#tiles.set(`${tile.level}/${tile.index}`, tile.hashes);
    }
    this.size += hashes.length / HASH_BYTES;
  }

  readonly hashes = (tile: TileId): Uint8Array => {
    this.asked.push(tilePath(tile));
    return must(this.#tiles.get(`${tile.level}/${tile.index}`), 'a tile that was kept');
  };
}

function keptAndTree(size: number): { kept: Kept; tree: MerkleTree } {
  const kept = new Kept();
  const hashes = entryHashes(0, size);
  kept.grow(hashes);
  return { kept, tree: MerkleTree.fromEntryHashes(hashes) };
}

const same = (one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean =>
  one.length === other.length &&
  one.every((hash, at) => equalBytes(hash, must(other[at], 'as many')));

describe('tiles', () => {
  it('have the paths of the specification', () => {
    assert.equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), 'tile/0/x001/x234/067');
    assert.equal(tilePath({ level: 1, index: 5, width: 17 }), 'tile/1/005.p/17');
    assert.equal(tilePath({ level: 0, index: 1000, width: 256 }), 'tile/0/x001/000');
  });

  it('a path leads back to its tile', () => {
    const tile = fc.record({
      level: fc.nat(6),
      index: fc.nat(2 ** 31),
      width: fc.integer({ min: 1, max: TILE_WIDTH }),
    });
    fc.assert(fc.property(tile, (id) => assert.deepEqual(parseTilePath(tilePath(id)), { ...id })));
  });

  for (const path of [
    'tile/0/67',
    'tile/0/x067',
    'tile/0/1234',
    'tile/0/001/234',
    'tile/0/x000/001',
    'tile/00/001',
    'tile/-1/001',
    'tile/64/001',
    'tile/0/001.p/0',
    'tile/0/001.p/256',
    'tile/0/001.p/01',
    'tile/0/001.p/1/',
    '/tile/0/001',
    'tile/entries/001',
    '',
  ]) {
    it(`"${path}" is no path of a tile`, () => {
      assert.equal(parseTilePath(path), undefined);
    });
  }

  it('a tree of 70,000 has the edge that the specification counts', () => {
    assert.deepEqual(edgeTiles(70_000), [
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    assert.deepEqual(edgeTiles(256), [
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
    assert.deepEqual(edgeTiles(0), []);
  });

  it('of 70,000 entries give the head and the proofs of the tree in memory', () => {
    const { kept, tree } = keptAndTree(70_000);
    for (const size of [1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000]) {
      assert.equal(toHex(headFromTiles(size, kept.hashes)), toHex(tree.head(size)), `${size}`);
      const of = { index: Math.floor(size / 2), size };
      assert.ok(same(inclusionFromTiles(of, kept.hashes), tree.inclusionProof(of.index, size)));
      const grown = { fromSize: size, toSize: 70_000 };
      const proof = consistencyFromTiles(grown, kept.hashes);
      assert.ok(same(proof, tree.consistencyProof(size, 70_000)), `${size}`);
    }
    assert.equal(toHex(headFromTiles(0, kept.hashes)), toHex(tree.head(0)));
  });

  it('grow in any steps to the same tiles, asking for no tile that is full', () => {
    const { kept: atOnce } = keptAndTree(SIZE);
    const steps = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(steps, (widths) => {
        const kept = new Kept();
        for (const width of widths) {
          const to = Math.min(SIZE, kept.size + width);
          kept.grow(entryHashes(kept.size, to));
        }
        assert.ok(kept.asked.every((path) => path.includes('.p/')));
        for (const id of edgeTiles(kept.size)) {
          const bytes = id.width * HASH_BYTES;
          const [one, other] = [kept.hashes(id), atOnce.hashes(id).subarray(0, bytes)];
          assert.ok(equalBytes(one, other), tilePath(id));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('a proof asks for exactly the tiles that were named for it', () => {
    const { kept } = keptAndTree(SIZE);
    const pair = fc.tuple(fc.nat(SIZE - 1), fc.integer({ min: 1, max: SIZE }));
    fc.assert(
      fc.property(pair, ([index, size]) => {
        fc.pre(index < size);
        const asks = (work: () => unknown, tiles: readonly TileId[]): void => {
          kept.asked.length = 0;
          work();
          assert.deepEqual(new Set(kept.asked), new Set(tiles.map(tilePath)));
        };
        asks(() => inclusionFromTiles({ index, size }, kept.hashes), inclusionTiles(index, size));
        asks(() => headFromTiles(size, kept.hashes), headTiles(size));
        const sizes = { fromSize: index, toSize: size };
        asks(() => consistencyFromTiles(sizes, kept.hashes), consistencyTiles(index, size));
      }),
    );
  });

  it('a tile that is too short is corrupt, not a wrong proof', () => {
    const { kept } = keptAndTree(300);
    assert.throws(
      () => headFromTiles(300, (tile) => kept.hashes(tile).subarray(HASH_BYTES)),
      (error) => error instanceof KuraError && error.code === 'corrupt',
    );
  });
});
