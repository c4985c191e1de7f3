// Goal: chunks that are neighbours in a file are not neighbours at a store (threats R2), whatever sizes the
// open packs grow to, and little of a pack is left empty.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { must, type PackId, SMALL_SHAPE } from '@kura/base';
import type { PackSink } from '@kura/contract';
import { payloadCapacity } from '@kura/format';
import { bulk, newSession, rawFrame } from '@kura/format/pack-fixtures.ts';
import { SeededRandom } from '@kura/testing';
import { PackPool } from './pack-pool.ts';
import type { FinishedPack } from './tasks.ts';

const shape = SMALL_SHAPE;
const [, medium, large] = shape.packLeaves;

/** Takes everything and keeps nothing: what becomes of packs is not the matter here. */
const sink: PackSink = {
  open: async (packId) => {
    let leafCount = 0;
    return {
      write: async (sealed) => {
        leafCount += sealed.length / shape.leafBytes;
      },
      finish: async () => ({ packId, leafCount, copies: [], failures: [] }),
      abort: () => undefined,
    };
  },
};

interface Filled {
  /** Of each frame, in the order of the file. */
  readonly packOf: readonly PackId[];
  readonly packs: readonly FinishedPack[];
}

/** The first two packs are medium, as at the start of a backup; the later ones are large. */
async function fill(frameCount: number, seed: number): Promise<Filled> {
  const random = new SeededRandom(seed);
  const packs: FinishedPack[] = [];
  let begun = 0;
  const pool = new PackPool({
    shape,
    bulk,
    random,
    session: newSession(),
    sink,
    openPacks: 2,
    isFolderPool: false,
    targetLeaves: () => (begun++ < 2 ? medium : large),
    check: () => undefined,
    onFinished: (pack) => packs.push(pack),
  });
  const ids: string[] = [];
  const longest = payloadCapacity(shape, medium) / 8;
  for (let index = 0; index < frameCount; index++) {
    const frame = rawFrame(random.bytes(Math.floor(longest / 8) + random.below(longest)));
    ids.push(Buffer.from(must(frame.chunks[0], 'one chunk').id).toString('hex'));
    await pool.add(frame);
  }
  await pool.finish();
  const packOf = new Map<string, PackId>();
  for (const { index } of packs) {
    for (let at = 0; at < index.chunkIds.length; at += 32) {
      packOf.set(Buffer.from(index.chunkIds.subarray(at, at + 32)).toString('hex'), index.packId);
    }
  }
  return { packs, packOf: ids.map((id) => must(packOf.get(id), 'every chunk is in a pack')) };
}

describe('open packs', () => {
  it('R2: neighbours part about as often as not, also after medium packs gave way to large', async () => {
    const { packOf } = await fill(1200, 1);
    const apart = packOf.filter((pack, index) => index > 0 && pack !== packOf[index - 1]).length;
    assert.ok(apart > 0.4 * packOf.length, `${apart} of ${packOf.length} neighbours are apart`);
  });

  it('a large pack is closed when hardly anything more would fit', async () => {
    const { packs } = await fill(1200, 2);
    const full = packs.slice(0, -2).filter(({ record }) => record.leafCount === large);
    const stored = full.reduce((total, pack) => total + pack.plainBytes, 0);
    const room = full.length * payloadCapacity(shape, large);
    assert.ok(full.length > 5 && stored > 0.95 * room, `${stored} of ${room} bytes are used`);
  });
});
