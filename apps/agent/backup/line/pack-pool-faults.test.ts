// Goal: whatever fails on the way of a pack, nothing counts that is not whole, and whoever adds is told as a KuraError.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError, type PackId, SMALL_SHAPE } from '@kura/base';
import type { PackSink, PackUpload } from '@kura/contract';
import { payloadCapacity } from '@kura/format';
import { bulk, newSession, rawFrame } from '@kura/format/pack-fixtures.ts';
import { SeededRandom } from '@kura/testing';
import { PackPool, type PackPoolOptions } from './pack-pool.ts';
import type { FinishedPack } from './tasks.ts';

const shape = SMALL_SHAPE;
const [small, medium] = shape.packLeaves;
const full = new KuraError('no_space', 'full');

interface Scene extends Partial<PackPoolOptions> {
  /** Instead of what a good store does. */
  readonly upload?: Partial<PackUpload>;
}

function poolWith({ upload, ...change }: Scene = {}) {
  const random = new SeededRandom(5);
  const finished: FinishedPack[] = [];
  const told: string[] = [];
  const opened: number[] = [];
  const sink: PackSink = {
    open: async (packId, expectedLeaves) => {
      opened.push(expectedLeaves);
      let leafCount = 0;
      return {
        write: async (sealed) => {
          leafCount += sealed.length / shape.leafBytes;
        },
        finish: async () => ({ packId, leafCount, copies: [], failures: [] }),
        abort: () => told.push('abort'),
        ...upload,
      };
    },
  };
  const names = new Map<PackId, number>();
  const tee = {
    begin: (packId: PackId) => names.set(packId, names.size),
    write: () => undefined,
    end: (packId: PackId, isComplete: boolean) =>
      told.push(`${isComplete ? 'kept' : 'dropped'} ${names.get(packId)}`),
  };
  const pool = new PackPool({
    shape,
    bulk,
    random,
    session: newSession(),
    sink,
    openPacks: 1,
    isFolderPool: true,
    targetLeaves: () => small,
    tee,
    check: () => undefined,
    onFinished: (pack) => finished.push(pack),
    ...change,
  });
  const frame = (bytes = 100) => rawFrame(random.bytes(bytes));
  return { pool, finished, told, opened, frame };
}

describe('the way of a pack', () => {
  it('counts when it is acknowledged and checked, with the names of its chunks', async () => {
    const checked: number[] = [];
    const { pool, finished, told, frame } = poolWith({
      check: (_, samples) => checked.push(samples.length),
    });
    const frames = [frame(), frame()];
    for (const one of frames) await pool.add(one);
    assert.equal(finished.length, 0);
    await pool.finish();
    const [pack] = finished;
    const ids = frames.flatMap(({ chunks }) => chunks.map(({ id }) => id));
    assert.ok(Buffer.concat(ids).equals(pack?.index.chunkIds ?? new Uint8Array(0)));
    assert.equal(pack?.record.packId, pool.lastPackId);
    assert.deepEqual([pack?.plainBytes, pack?.index.isFolderPack], [200, true]);
    assert.deepEqual(checked, [2]);
    assert.deepEqual(told, ['kept 0']);
  });

  it('a frame that is larger than the pack planned gets a larger pack', async () => {
    const { pool, opened, frame } = poolWith();
    await pool.add(frame(payloadCapacity(shape, small)));
    await pool.finish();
    assert.deepEqual(opened, [medium]);
  });

  it('what the next pack will weigh is known before it is closed', async () => {
    const { pool, finished, frame } = poolWith({ targetLeaves: () => shape.packLeaves[2] });
    for (const bytes of [100, 20_000, 5000]) {
      const planned = pool.plannedLeaves(bytes);
      await pool.add(frame(bytes));
      await pool.finish();
      assert.equal(finished.at(-1)?.record.leafCount, planned);
    }
  });

  it('C2: no pack that its stores refuse counts; whoever waits for the end is told', async () => {
    const { pool, finished, told, frame } = poolWith({
      upload: { finish: () => Promise.reject(full) },
    });
    await pool.add(frame());
    await assert.rejects(pool.finish(), full);
    await assert.rejects(pool.add(frame()), full);
    assert.deepEqual([finished, told], [[], ['dropped 0']]);
  });

  it('A3: no pack counts whose copies are not what was sealed, or that arrived shorter', async () => {
    const refused = new KuraError('refused', 'another copy');
    const wrong = poolWith({
      check: () => {
        throw refused;
      },
    });
    await wrong.pool.add(wrong.frame());
    await assert.rejects(wrong.pool.finish(), refused);
    assert.deepEqual(wrong.finished, []);
    const packId = '00'.repeat(32) as PackId;
    const record = { packId, leafCount: small + 1, copies: [], failures: [] };
    const shorter = poolWith({ upload: { finish: async () => record } });
    await shorter.pool.add(shorter.frame());
    await assert.rejects(shorter.pool.finish(), { code: 'refused', message: /another length/ });
    assert.deepEqual(shorter.finished, []);
  });

  it('a fault of the system becomes a KuraError: it must not pass for a file that cannot be read', async () => {
    const broken = Object.assign(new Error('write failed'), { code: 'ENOSPC' });
    const { pool, frame } = poolWith({ upload: { write: () => Promise.reject(broken) } });
    const add = async (): Promise<void> => {
      for (let count = 0; count < 20; count++) await pool.add(frame(4000));
    };
    await assert.rejects(add(), (error) => {
      assert.ok(error instanceof KuraError && error.code === 'no_space', String(error));
      return true;
    });
    await pool.abort();
  });

  it('given up, it leaves nothing at any store and nothing at home', async () => {
    const { pool, finished, told, frame } = poolWith({ openPacks: 2 });
    await pool.abort();
    assert.deepEqual(told, []);
    for (let count = 0; count < 20; count++) await pool.add(frame(100));
    await pool.abort();
    assert.deepEqual(told.toSorted(), ['abort', 'abort', 'dropped 0', 'dropped 1']);
    assert.deepEqual(finished, []);
  });
});
