import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Disk, equalBytes, KuraError, SMALL_SHAPE } from '@kura/base';
import { loadNative } from '@kura/native';
import { fetchAll, MemoryDisk, packBytes, Surroundings, sendCopy } from '@kura/testing';
import { FOLDER, foundTestShelf, openTestShelf } from '../test-shelf.ts';
import { openShelfForReading } from './open-shelf.ts';

const READING: readonly string[] = ['openRead', 'list', 'stat', 'freeBytes'];

/** A disk that names every call and fails those that change anything. */
function watched(disk: MemoryDisk, calls: string[]): Disk {
  return new Proxy(disk, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      return (...args: unknown[]): unknown => {
        calls.push(`${name} ${String(args[0])}`);
        assert.ok(READING.includes(name), `a reader called ${name}`);
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

describe('a shelf for reading', () => {
  test('B1: reads copies and their owners, writes nothing and never looks at the key', async () => {
    const around = new Surroundings(3);
    const disk = new MemoryDisk({ clock: around.clock });
    await foundTestShelf(disk, around);
    const shelf = openTestShelf(disk, around);
    const bytes = around.random.bytes(packBytes(SMALL_SHAPE, 1));
    const id = around.newCopyId();
    await sendCopy(shelf, { id, member: around.alice.member, bytes });
    const left = await shelf.receive(around.newCopyId(), around.bob.member);
    await left.write(bytes.subarray(0, SMALL_SHAPE.leafBytes));

    const calls: string[] = [];
    const reader = openShelfForReading({
      disk: watched(disk, calls),
      folder: FOLDER,
      native: loadNative(),
      clock: around.clock,
      random: around.random,
      expected: shelf.identity,
    });
    assert.ok(equalBytes(await fetchAll(reader, id, SMALL_SHAPE), bytes));
    assert.equal(await reader.memberOf(id), around.alice.member);
    assert.deepEqual(reader.identity, shelf.identity);
    const missing = (error: unknown): boolean =>
      error instanceof KuraError && error.code === 'missing';
    await assert.rejects(reader.memberOf(around.newCopyId()), missing);
    await assert.rejects(reader.stat(around.newCopyId()), missing);
    assert.ok(calls.length > 0 && calls.every((call) => !call.includes('identity.key')));
    left.abort();
  });

  test('another store under the same path is refused', async () => {
    const around = new Surroundings(4);
    const disk = new MemoryDisk({ clock: around.clock });
    await foundTestShelf(disk, around);
    const { identity } = openTestShelf(disk, around);
    const expected = { ...identity, inventoryEpoch: identity.inventoryEpoch + 1 };
    const options = { disk, folder: FOLDER, native: loadNative() };
    const { clock, random } = around;
    assert.throws(
      () => openShelfForReading({ ...options, clock, random, expected }),
      (error: unknown) => error instanceof KuraError && error.code === 'refused',
    );
  });
});
