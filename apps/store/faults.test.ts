// Goal (R18, R19): whatever single call of the disk fails, the operation ends with a typed error
// or did what it says, nothing is half there, what was acknowledged stays whole, and the same
// operation succeeds after.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DiskCall, type Fault, type FaultPlan, faultDisk } from '@kura/testing';
import type { FolderShelf } from './folder-shelf.ts';
import { pathOf } from './test-shelf.ts';
import { attempt, World } from './test-world.ts';

interface Operation {
  readonly name: string;
  /** Before the fault, on a sound disk. */
  prepare(world: World): Promise<void>;
  run(world: World, shelf: FolderShelf): Promise<void>;
  /** After it has succeeded. */
  check(world: World, shelf: FolderShelf, when: string): Promise<void>;
  /** After it may have failed. */
  checkFailed(world: World, shelf: FolderShelf, when: string): Promise<void>;
}

const ROTTEN = [0, 1];

const OPERATIONS: readonly Operation[] = [
  {
    name: 'receive',
    prepare: async () => undefined,
    run: (world, shelf) => world.send(shelf, world.target),
    check: (world, shelf, when) => world.assertWhole(shelf, world.target, when),
    checkFailed: (world, shelf, when) => world.assertNotHalf(shelf, world.target, when),
  },
  {
    name: 'receive what is there already',
    prepare: (world) => world.send(world.open(), world.target),
    run: (world, shelf) => world.send(shelf, world.target),
    check: (world, shelf, when) => world.assertWhole(shelf, world.target, when),
    checkFailed: (world, shelf, when) => world.assertWhole(shelf, world.target, when),
  },
  {
    name: 'remove',
    prepare: (world) => world.send(world.open(), world.target),
    run: (world, shelf) => world.destroy(shelf, world.target),
    check: async (world, _shelf, when) =>
      assert.equal(world.disk.stat(pathOf(world.target.id)), undefined, when),
    checkFailed: (world, shelf, when) => world.assertNotHalf(shelf, world.target, when),
  },
  {
    name: 'scrub that heals',
    prepare: async (world) => {
      await world.send(world.open(), world.target);
      world.rot(world.target, ROTTEN);
    },
    run: async (world, shelf) => {
      const { state } = await shelf.scrub(world.target.id);
      assert.ok(state === 'healed' || state === 'intact', state);
    },
    check: (world, shelf, when) => world.assertWhole(shelf, world.target, when),
    checkFailed: async (world, shelf, when) => {
      await shelf.scrub(world.target.id);
      await world.assertWhole(shelf, world.target, when);
    },
  },
  {
    name: 'scrub that sets aside, and a fresh copy',
    prepare: async (world) => {
      await world.send(world.open(), world.target);
      world.ruin(world.target);
    },
    run: async (world, shelf) => {
      await shelf.scrub(world.target.id);
      await world.send(shelf, world.target);
    },
    check: (world, shelf, when) => world.assertWhole(shelf, world.target, when),
    checkFailed: async () => undefined,
  },
  {
    name: 'fetch and stat',
    prepare: (world) => world.send(world.open(), world.target),
    run: (world, shelf) => world.assertWhole(shelf, world.target, 'under a fault'),
    check: (world, shelf, when) => world.assertWhole(shelf, world.target, when),
    checkFailed: (world, shelf, when) => world.assertWhole(shelf, world.target, when),
  },
  {
    name: 'admit an owner',
    prepare: async () => undefined,
    run: (world, shelf) => shelf.admitOwner(world.around.stranger.member, new Uint8Array(32)),
    check: async (world, shelf, when) =>
      assert.ok(shelf.record.owners.has(world.around.stranger.member), when),
    checkFailed: async (_world, shelf, when) => assert.ok(shelf.record.owners.size >= 2, when),
  },
];

async function prepared(operation: Operation, seed: number): Promise<World> {
  const world = await World.create(seed);
  await operation.prepare(world);
  return world;
}

async function callsOf(operation: Operation, only?: readonly DiskCall[]): Promise<number> {
  const world = await prepared(operation, 1);
  const counted = faultDisk(world.disk, only === undefined ? {} : { only });
  await operation.run(world, world.open(counted));
  return counted.calls;
}

async function runWithFault(operation: Operation, plan: FaultPlan): Promise<boolean> {
  const world = await prepared(operation, plan.at ?? 0);
  const faulty = faultDisk(world.disk, plan);
  const done = await attempt(() => operation.run(world, world.open(faulty)), operation.name);
  const what = `${plan.fault} ${plan.errno} at call ${plan.at}: ${faulty.struck}`;
  const when = `${operation.name}, ${what}`;
  const shelf = world.reopen();
  world.assertNothingTemporary(when);
  await world.assertWhole(shelf, world.kept, when);
  if (done) await operation.check(world, shelf, when);
  else await operation.checkFailed(world, shelf, when);
  await operation.run(world, shelf);
  await operation.check(world, shelf, `${when}, again`);
  world.assertNothingTemporary(when);
  return done;
}

describe('a fault at every call', () => {
  for (const operation of OPERATIONS) {
    for (const fault of ['error', 'late-error'] as const satisfies readonly Fault[]) {
      test(`R19: ${operation.name}: ${fault}`, async () => {
        const calls = await callsOf(operation);
        assert.ok(calls > 3);
        let failed = 0;
        for (let at = 1; at <= calls; at++) {
          if (!(await runWithFault(operation, { at, fault, errno: 'EIO' }))) failed++;
        }
        assert.ok(failed > 0, 'no fault was ever noticed');
      });
    }
  }

  test('R19: a file or folder that cannot be synced is never acknowledged', async () => {
    const [receive] = OPERATIONS;
    assert.ok(receive !== undefined);
    const only = ['sync', 'syncFolder'] as const;
    const calls = await callsOf(receive, only);
    assert.equal(calls, 3);
    for (let at = 1; at <= calls; at++) {
      const isDone = await runWithFault(receive, { at, only, fault: 'error', errno: 'EIO' });
      assert.equal(isDone, false);
    }
  });

  test('R19: after a failed folder sync the open store takes nothing more', async () => {
    const world = await World.create(7);
    const faulty = faultDisk(world.disk, { only: ['syncFolder'], at: 2 });
    const shelf = world.open(faulty);
    assert.equal(await attempt(() => world.send(shelf, world.target), 'first'), false);
    await assert.rejects(world.send(shelf, world.target), { code: 'io' });
    await assert.rejects(world.destroy(shelf, world.kept), { code: 'io' });
    await world.send(world.reopen(), world.target);
  });

  test('a full disk is no_space, leaves no trace, and space helps', async () => {
    const world = await World.create(3);
    const { usedBytes } = world.disk;
    const shelf = world.open();
    for (let room = 0; room < world.target.bytes.length; room += 4096) {
      world.disk.capacityBytes = usedBytes + room;
      await assert.rejects(world.send(shelf, world.target), { code: 'no_space' });
      assert.equal(world.disk.usedBytes, usedBytes);
      world.assertNothingTemporary(`room for ${room} bytes`);
    }
    world.disk.capacityBytes = Number.MAX_SAFE_INTEGER;
    await world.send(shelf, world.target);
    await world.assertWhole(shelf, world.target, 'with space');
  });

  test('a full disk does not make a scrub give a healable copy up', async () => {
    const world = await World.create(4);
    world.rot(world.kept, ROTTEN);
    world.disk.capacityBytes = world.disk.usedBytes;
    const shelf = world.open();
    await assert.rejects(shelf.scrub(world.kept.id), { code: 'no_space' });
    world.disk.capacityBytes = Number.MAX_SAFE_INTEGER;
    assert.equal((await shelf.scrub(world.kept.id)).state, 'healed');
    await world.assertWhole(shelf, world.kept, 'healed');
  });

  test('a disk that spoils what is healed leaves the damaged copy as it is', async () => {
    const world = await World.create(6);
    world.rot(world.kept, ROTTEN);
    const before = world.disk.peek(pathOf(world.kept.id));
    const lying = faultDisk(world.disk, { only: ['write'], at: 1, fault: 'flip', lasting: true });
    await assert.rejects(world.open(lying).scrub(world.kept.id), { code: 'io' });
    assert.deepEqual(world.disk.peek(pathOf(world.kept.id)), before);
    world.assertNothingTemporary('after a spoilt healing');
    assert.equal((await world.open().scrub(world.kept.id)).state, 'healed');
  });

  test('R18: a disk that keeps other bytes than it was given gets no signature', async () => {
    const world = await World.create(5);
    const lying = faultDisk(world.disk, { only: ['write'], at: 1, fault: 'flip', lasting: true });
    await assert.rejects(world.send(world.open(lying), world.target), { code: 'io' });
    const shelf = world.reopen();
    await world.send(shelf, world.target);
    await world.assertWhole(shelf, world.target, 'on a sound disk');
  });
});
