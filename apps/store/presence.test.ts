// Goal (R36, A15): a store that is gone, emptied, exchanged or set back is never taken for one
// that merely lacks a copy, and nothing is ever created in its place.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DAY_MS, KuraError, SMALL_SHAPE, STANDARD_SHAPE, utf8 } from '@kura/base';
import { faultDisk, MemoryDisk, SeededRandom, Surroundings } from '@kura/testing';
import { FolderShelf } from './folder-shelf.ts';
import { decodeRecord, encodeRecord } from './identity.ts';
import { readShelf } from './presence.ts';
import { FOLDER, foundTestShelf, openTestShelf, pathOf, processesOf } from './test-shelf.ts';
import { type KnownCopy, World } from './test-world.ts';

const RECORD = `${FOLDER}/kura-store.json`;
const WINDOW = new Uint8Array(SMALL_SHAPE.windowLeaves * SMALL_SHAPE.leafBytes);

function overwrite(disk: MemoryDisk, path: string, bytes: Uint8Array): void {
  if (disk.stat(path) !== undefined) disk.unlink(path);
  disk.create(path).write(bytes, 0);
}

/** Every verb, on a copy that was there. */
function verbs(
  world: World,
  shelf: FolderShelf,
  { id }: KnownCopy,
): Record<string, () => Promise<unknown>> {
  return {
    receive: () => shelf.receive(world.around.newCopyId(), world.around.alice.member),
    fetch: () => shelf.fetch(id, 0, SMALL_SHAPE.windowLeaves, WINDOW),
    stat: () => shelf.stat(id),
    enumerate: () => Array.fromAsync(shelf.enumerate()),
    acknowledge: () => shelf.acknowledge(id),
    remove: () => world.destroy(shelf, world.kept),
    scrub: () => shelf.scrub(id),
    admitOwner: () => shelf.admitOwner(world.around.stranger.member, new Uint8Array(32)),
  };
}

async function assertAll(world: World, shelf: FolderShelf, code: string): Promise<void> {
  for (const [verb, run] of Object.entries(verbs(world, shelf, world.kept))) {
    await assert.rejects(run(), { code }, verb);
  }
}

describe('a store that is not there', () => {
  test('R36: a folder that is gone is unreachable, for every verb, and stays gone', async () => {
    const world = await World.create(1);
    const shelf = world.open();
    world.disk.burn(FOLDER);
    await assertAll(world, shelf, 'unreachable');
    assert.throws(() => shelf.freeBytes(), { code: 'unreachable' });
    assert.throws(() => world.open(), { code: 'unreachable' });
    assert.equal(world.disk.stat(FOLDER), undefined);
  });

  test('R36: an emptied folder is unreachable, and stays empty', async () => {
    const world = await World.create(2);
    const shelf = world.open();
    world.disk.burn(FOLDER);
    world.disk.makeFolder(FOLDER);
    await assertAll(world, shelf, 'unreachable');
    assert.throws(() => world.open(), { code: 'unreachable' });
    assert.deepEqual(world.disk.list(FOLDER), []);
  });

  test('a copy that comes in while the store goes away is not acknowledged', async () => {
    const world = await World.create(3);
    const shelf = world.open();
    const receiver = await shelf.receive(world.target.id, world.around.alice.member);
    await receiver.write(world.target.bytes);
    world.disk.burn(FOLDER);
    await assert.rejects(receiver.finish(), { code: 'unreachable' });
    assert.equal(world.disk.stat(FOLDER), undefined);
  });

  test('a store that is there says missing of a copy that is not', async () => {
    const world = await World.create(4);
    const shelf = world.open();
    await assert.rejects(shelf.stat(world.target.id), { code: 'missing' });
  });
});

describe('another store in its place', () => {
  test('A15: another store under the same path is refused, also while it is open', async () => {
    const world = await World.create(5);
    const shelf = world.open();
    const expected = shelf.identity;
    world.disk.burn(FOLDER);
    await foundTestShelf(world.disk, new Surroundings(6));
    for (const verb of ['receive', 'enumerate', 'remove', 'stat', 'scrub'] as const) {
      await assert.rejects(verbs(world, shelf, world.kept)[verb]?.() ?? Promise.resolve(), {
        code: 'refused',
      });
    }
    const open = () => openTestShelf(world.disk, world.around, { expected });
    assert.throws(open, { code: 'refused' });
  });

  test('R36: an older or newer inventory, or another key, is refused', async () => {
    const world = await World.create(7);
    const { identity } = world.open();
    const open = (change: Partial<typeof identity>) => () =>
      openTestShelf(world.disk, world.around, { expected: { ...identity, ...change } });
    assert.equal(open({})().identity.storeId, identity.storeId);
    assert.throws(open({ inventoryEpoch: 2 }), { code: 'refused', message: /older/ });
    assert.throws(open({ inventoryEpoch: 0 }), { code: 'refused', message: /anew/ });
    assert.throws(open({ publicKey: new Uint8Array(32) }), { code: 'refused', message: /key/ });
    assert.throws(open({ storeId: world.around.newStoreId() }), { code: 'refused' });
  });

  test('a shelf of another shape is refused', async () => {
    const world = await World.create(8);
    assert.throws(() => openTestShelf(world.disk, world.around, { shape: STANDARD_SHAPE }), {
      code: 'refused',
    });
  });

  test('without its key, or with another one, a store gives out copies and takes none', async () => {
    for (const key of [undefined, '00'.repeat(32), 'no key', '']) {
      const world = await World.create(9);
      world.disk.unlink(`${FOLDER}/identity.key`);
      if (key !== undefined) overwrite(world.disk, `${FOLDER}/identity.key`, utf8(key));
      const shelf = world.open();
      await world.assertWhole(shelf, world.kept, 'without key');
      await assert.rejects(world.send(shelf, world.target), { code: 'refused' });
      assert.equal(world.disk.stat(pathOf(world.target.id)), undefined);
    }
  });
});

describe('founding', () => {
  test('a folder that is a store is refused, and one that lost its record as well', async () => {
    const world = await World.create(10);
    await assert.rejects(foundTestShelf(world.disk, world.around), { code: 'already_exists' });
    world.disk.unlink(RECORD);
    await assert.rejects(foundTestShelf(world.disk, world.around), { code: 'already_exists' });
    assert.ok(world.disk.stat(pathOf(world.kept.id)) !== undefined);
  });

  test('what could not be read back is not founded', async () => {
    const around = new Surroundings(11);
    const disk = new MemoryDisk();
    const shape = { ...SMALL_SHAPE, leafBytes: 1000 };
    await assert.rejects(foundTestShelf(disk, around, { shape }), { code: 'usage' });
    assert.deepEqual(disk.files(), []);
  });

  test('every call of founding may fail: typed, and founding again works', async () => {
    const counted = faultDisk(new MemoryDisk());
    await foundTestShelf(counted, new Surroundings(12));
    for (let at = 1; at <= counted.calls; at += at < 20 || at > counted.calls - 30 ? 1 : 60) {
      const around = new Surroundings(at);
      const disk = new MemoryDisk();
      try {
        await foundTestShelf(faultDisk(disk, { at, errno: 'EIO' }), around);
      } catch (error) {
        assert.ok(error instanceof KuraError && error.code === 'io', `call ${at}`);
      }
      if (disk.stat(RECORD) === undefined) await foundTestShelf(disk, around);
      assert.deepEqual(await Array.fromAsync(openTestShelf(disk, around).enumerate()), []);
    }
  });
});

describe('the record', () => {
  test('reads back what was written', async () => {
    const world = await World.create(13);
    const record = readShelf(world.disk, FOLDER);
    assert.deepEqual(decodeRecord(encodeRecord(record)), record);
    assert.deepEqual([...record.owners], [...world.around.ownerKeys]);
    assert.deepEqual(record.shape, SMALL_SHAPE);
  });

  test('R38: every field that is missing or of a wrong kind is corrupt, naming the record', async () => {
    const world = await World.create(14);
    const whole = JSON.parse(Buffer.from(world.disk.peek(RECORD)).toString()) as object;
    const wrong = [undefined, null, -1, 1.5, 1e300, '', 'x'.repeat(5000), [], {}, [1, 2, 3], true];
    const tryWith = (change: (copy: Record<string, unknown>) => void): void => {
      const copy = structuredClone(whole) as Record<string, unknown>;
      change(copy);
      let isRefused = false;
      try {
        decodeRecord(utf8(JSON.stringify(copy)));
      } catch (error) {
        isRefused = true;
        assert.ok(error instanceof KuraError, String(error));
        assert.ok(error.code === 'corrupt' || error.code === 'unsupported', error.message);
      }
      refused += isRefused ? 1 : 0;
    };
    let refused = 0;
    let tried = 0;
    for (const [name, value] of Object.entries(whole)) {
      for (const bad of wrong) {
        tried++;
        tryWith((copy) => {
          copy[name] = bad;
        });
        if (typeof value !== 'object' || name === 'owners') continue;
        for (const inner of Object.keys(value as object)) {
          tried++;
          tryWith((copy) => {
            (copy[name] as Record<string, unknown>)[inner] = bad;
          });
        }
      }
    }
    // A few wrong values are right for some field: an empty city, no owners, a latitude of −1.
    assert.ok(tried > 200 && refused > tried * 0.9, `${refused} of ${tried}`);
  });

  test('R38: random damage of the record gives typed errors only', async () => {
    const world = await World.create(15);
    const whole = world.disk.peek(RECORD);
    const random = new SeededRandom(15);
    for (let round = 0; round < 2000; round++) {
      const bytes = whole.slice(0, random.chance(0.1) ? random.below(whole.length) : whole.length);
      for (let hits = 1 + random.below(4); hits > 0; hits--) {
        bytes[random.below(bytes.length + 1)] = random.below(256);
      }
      try {
        decodeRecord(bytes);
      } catch (error) {
        assert.ok(error instanceof KuraError, String(error));
      }
    }
    assert.throws(() => decodeRecord(new Uint8Array(300_000)), { code: 'corrupt' });
  });
});

describe('opening', () => {
  test('R35: a store that was away for a month, or was set back, removes nothing by itself', async () => {
    const world = await World.create(16);
    world.around.clock.advance(30 * DAY_MS);
    const before = world.disk.files(`${FOLDER}/copies`);
    const shelf = world.reopen();
    await world.assertWhole(shelf, world.kept, 'after a month');
    assert.deepEqual(world.disk.files(`${FOLDER}/copies`), before);
  });

  test('what killed writers left is swept; what living ones write is not', async () => {
    const world = await World.create(17);
    const { disk } = world;
    const incoming = `${FOLDER}/incoming`;
    for (const name of ['2-aa', '3-bb', 'notes.txt']) disk.create(`${incoming}/${name}`);
    const processes = { ...processesOf(2), lives: (id: number) => id < 3 };
    openTestShelf(disk, world.around, { processes });
    assert.deepEqual(disk.files(incoming), [`${incoming}/2-aa`, `${incoming}/notes.txt`]);
    world.around.clock.advance(2 * DAY_MS);
    openTestShelf(disk, world.around, { processes });
    assert.deepEqual(disk.files(incoming), [`${incoming}/notes.txt`]);
  });

  test('a file of an earlier process with the same id is swept', async () => {
    const world = await World.create(18);
    const incoming = `${FOLDER}/incoming`;
    world.disk.create(`${incoming}/2-cc`);
    const startedMs = world.around.clock.nowMs() + 5 * 60_000;
    openTestShelf(world.disk, world.around, { processes: { ...processesOf(2), startedMs } });
    assert.deepEqual(world.disk.files(incoming), []);
  });
});

describe('verbs', () => {
  test('R28: a store has no way to overwrite, rename or delete, nor to list for a network', () => {
    const verbsOf = Object.getOwnPropertyNames(FolderShelf.prototype).sort();
    assert.deepEqual(verbsOf, [
      'acknowledge',
      'admitOwner',
      'answerFullRead',
      'answerLeaves',
      'constructor',
      'enumerate',
      'examine',
      'fetch',
      'findings',
      'freeBytes',
      'hearNotice',
      'identity',
      'receive',
      'record',
      'remove',
      'scrub',
      'stat',
      'takeWithdrawal',
    ]);
  });
});
