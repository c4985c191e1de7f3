// Goal (R18, R19): power fails at any call, and of what was not synced some is lost, kept or
// torn. What was acknowledged is whole afterwards, nothing is half there, and the store goes on.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type CrashSignal,
  type DiskCall,
  faultDisk,
  MemoryDisk,
  Surroundings,
} from '@kura/testing';
import type { FolderShelf } from './folder-shelf.ts';
import { FOLDER, foundTestShelf, openTestShelf, pathOf, processesOf } from './test-shelf.ts';
import { attempt, type KnownCopy, World } from './test-world.ts';

/** Different fates of what was not synced, per call. */
const CRASHES_PER_CALL = 3;
/** And when the operation has just ended. */
const CRASHES_WHEN_DONE = 20;
const ROTTEN = [1, 2];
/** All but the listing of folders: a death there is one at the next call, and looking for leaves lists all folders. */
const DEADLY: readonly DiskCall[] = [
  ...(['create', 'openRead', 'link', 'unlink', 'rename', 'makeFolder', 'removeFolder'] as const),
  ...(['stat', 'syncFolder', 'freeBytes', 'write', 'read', 'sizeBytes'] as const),
  ...(['truncate', 'sync', 'close'] as const),
];

interface Operation {
  readonly name: string;
  prepare(world: World): Promise<void>;
  run(world: World, shelf: FolderShelf): Promise<void>;
  /** After power came back; `isDone`: the operation had ended before. */
  check(world: World, shelf: FolderShelf, after: { when: string; isDone: boolean }): Promise<void>;
}

function isThere(world: World, { id }: KnownCopy): boolean {
  return world.disk.stat(pathOf(id)) !== undefined;
}

const OPERATIONS: readonly Operation[] = [
  {
    name: 'receive',
    prepare: async () => undefined,
    run: (world, shelf) => world.send(shelf, world.target),
    check: async (world, shelf, { when, isDone }) => {
      if (isDone) assert.ok(isThere(world, world.target), `${when}: acknowledged and gone`);
      await world.assertNotHalf(shelf, world.target, when);
      await world.send(shelf, world.target);
      await world.assertWhole(shelf, world.target, when);
    },
  },
  {
    name: 'remove',
    prepare: (world) => world.send(world.open(), world.target),
    run: (world, shelf) => world.destroy(shelf, world.target),
    check: async (world, shelf, { when, isDone }) => {
      if (isDone) assert.ok(!isThere(world, world.target), `${when}: removed and back`);
      await world.assertNotHalf(shelf, world.target, when);
      await world.destroy(shelf, world.target);
      assert.ok(!isThere(world, world.target), when);
    },
  },
  {
    name: 'heal',
    prepare: async (world) => {
      await world.send(world.open(), world.target);
      world.rot(world.target, ROTTEN);
    },
    run: async (world, shelf) => {
      assert.equal((await shelf.scrub(world.target.id)).state, 'healed');
    },
    check: async (world, shelf, { when, isDone }) => {
      const { state } = await shelf.scrub(world.target.id);
      assert.ok(state === 'intact' || (state === 'healed' && !isDone), `${when}: ${state}`);
      await world.assertWhole(shelf, world.target, when);
    },
  },
  {
    name: 'examine, and sign for what was found',
    prepare: async (world) => {
      await world.send(world.open(), world.target);
      world.rot(world.target, ROTTEN);
    },
    run: async (world, shelf) => {
      const { state, wrongLeaves } = await shelf.examine(world.target.id);
      assert.deepEqual([state, wrongLeaves], ['healed', ROTTEN.length]);
    },
    // Healed by whichever life: what was found is told, and once only.
    check: async (world, shelf, { when }) => {
      const { state, findings, foundMs } = await shelf.examine(world.target.id);
      assert.equal(state, 'healed', when);
      assert.deepEqual(
        findings.map(({ leaf }) => leaf),
        ROTTEN,
        when,
      );
      assert.ok(foundMs <= world.around.clock.nowMs(), when);
      assert.equal((await shelf.findings.after(0, 10)).length, 1, when);
      await world.assertWhole(shelf, world.target, when);
    },
  },
  {
    name: 'hear that the coordinator knows what was found',
    prepare: async (world) => {
      await world.send(world.open(), world.target);
      world.rot(world.target, ROTTEN);
      await world.open().scrub(world.target.id);
    },
    run: (_, shelf) => shelf.findings.told(1),
    check: async (world, shelf, { when, isDone }) => {
      const told = await shelf.findings.toldUpTo();
      assert.ok(told === 1 || (told === 0 && !isDone), when);
      const { reportedBefore } = await shelf.examine(world.target.id);
      assert.equal(reportedBefore, told === 1, when);
    },
  },
  {
    name: 'set aside and receive again',
    prepare: async (world) => {
      await world.send(world.open(), world.target);
      world.ruin(world.target);
    },
    run: async (world, shelf) => {
      assert.equal((await shelf.scrub(world.target.id)).state, 'damaged');
      await world.send(shelf, world.target);
    },
    check: async (world, shelf, { when, isDone }) => {
      if (isDone) await world.assertWhole(shelf, world.target, when);
      await shelf.scrub(world.target.id);
      await world.send(shelf, world.target);
      await world.assertWhole(shelf, world.target, when);
    },
  },
  {
    name: 'admit an owner',
    prepare: async () => undefined,
    run: (world, shelf) => shelf.admitOwner(world.around.stranger.member, new Uint8Array(32)),
    check: async (world, shelf, { when, isDone }) => {
      const isAdmitted = shelf.record.owners.has(world.around.stranger.member);
      if (isDone) assert.ok(isAdmitted, when);
      assert.equal(shelf.record.owners.size, isAdmitted ? 3 : 2, when);
    },
  },
];

async function runUntil(operation: Operation, at: number, seed: number): Promise<number> {
  const world = await World.create(seed);
  await operation.prepare(world);
  const dying = faultDisk(world.disk, { at, fault: 'crash', only: DEADLY });
  let isDone = true;
  let problem: unknown;
  try {
    await operation.run(world, world.open(dying));
  } catch (error) {
    isDone = false;
    problem = error;
  }
  const hasDied = dying.struck !== undefined;
  if (!hasDied && !isDone) throw problem;
  world.disk.crash(world.random);
  const when = `${operation.name}, killed at call ${at} (${dying.struck}), seed ${seed}`;
  const shelf = world.reopen();
  world.assertNothingTemporary(when);
  await world.assertWhole(shelf, world.kept, when);
  await operation.check(world, shelf, { when, isDone });
  world.assertNothingTemporary(when);
  return hasDied ? dying.calls : 0;
}

describe('a crash at every call', () => {
  for (const operation of OPERATIONS) {
    test(`R18: ${operation.name}`, async () => {
      let at = 1;
      for (let hasDied = true; hasDied; at++) {
        for (let crash = 0; crash < CRASHES_PER_CALL; crash++) {
          hasDied = (await runUntil(operation, at, at * CRASHES_PER_CALL + crash)) > 0;
        }
      }
      assert.ok(at > 5, 'the operation made calls');
      for (let seed = 0; seed < CRASHES_WHEN_DONE; seed++) await runUntil(operation, at, seed);
    });
  }

  test('R18: an acknowledgement outlives the power failure right behind it', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const world = await World.create(seed);
      await world.send(world.open(), world.target);
      world.disk.crash(world.random);
      await world.assertWhole(world.reopen(), world.target, `seed ${seed}`);
    }
  });

  test('R18: what a killed writer left is durable before it is acknowledged to the next', async () => {
    const counting = await World.create(0);
    const counted = faultDisk(counting.disk);
    await counting.send(counting.open(counted), counting.target);
    for (let at = 1; at <= counted.calls; at++) {
      for (let crash = 0; crash < CRASHES_PER_CALL; crash++) {
        const world = await World.create(at * CRASHES_PER_CALL + crash);
        const dying = faultDisk(world.disk, { at, fault: 'crash' });
        await attempt(() => world.send(world.open(dying), world.target), 'killed');
        // The process is killed, the machine lives on: names that were never synced are seen.
        await world.send(world.reopen(), world.target);
        world.disk.crash(world.random);
        await world.assertWhole(world.reopen(), world.target, `killed at call ${at}`);
      }
    }
  });

  test('founding: either a whole store, or a folder in which one can be founded', async () => {
    const counted = faultDisk(new MemoryDisk());
    await foundTestShelf(counted, new Surroundings(1));
    for (let at = 1; at <= counted.calls + 1; at += at < 20 || at > counted.calls - 30 ? 1 : 40) {
      const around = new Surroundings(at);
      const disk = new MemoryDisk();
      const dying = faultDisk(disk, { at, fault: 'crash' });
      const isDone = await foundTestShelf(dying, around).then(
        () => true,
        (error: CrashSignal) => error.message.length === 0,
      );
      disk.crash(around.random);
      const isStore = disk.stat(`${FOLDER}/kura-store.json`) !== undefined;
      if (isDone) assert.ok(isStore, `founded, and gone after call ${at}`);
      if (!isStore) await foundTestShelf(disk, around);
      const shelf = openTestShelf(disk, around, { processes: processesOf(2) });
      (await shelf.receive(around.newCopyId(), around.alice.member)).abort();
      assert.deepEqual(await Array.fromAsync(shelf.enumerate()), []);
    }
  });
});
