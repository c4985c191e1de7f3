// Goal: the disk in memory loses what it may lose and keeps what it must keep, so that a crash
// test that passes on it means something.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KIB } from '@kura/base';
import { ManualClock } from './clock.ts';
import { CrashSignal, faultDisk } from './fault-disk.ts';
import { MemoryDisk } from './memory-disk.ts';
import { SeededRandom } from './random.ts';

const CRASHES = 60;

async function durable(disk: MemoryDisk, path: string, bytes: Uint8Array): Promise<void> {
  const file = disk.create(path);
  file.write(bytes, 0);
  await file.sync();
  file.close();
  await disk.syncFolder(path.slice(0, path.lastIndexOf('/')));
}

async function newDisk(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  disk.makeFolder('/a/b');
  await disk.syncFolder('/');
  await disk.syncFolder('/a');
  return disk;
}

/** What became of something over many crashes, as a set of words. */
async function fates(
  prepare: (disk: MemoryDisk) => Promise<void>,
  look: (disk: MemoryDisk) => string,
): Promise<string[]> {
  const seen = new Set<string>();
  for (let seed = 0; seed < CRASHES; seed++) {
    const disk = await newDisk();
    await prepare(disk);
    disk.crash(new SeededRandom(seed));
    seen.add(look(disk));
  }
  return [...seen].sort();
}

const bytes = (value: number, count = 12 * KIB) => new Uint8Array(count).fill(value);
const look = (disk: MemoryDisk, path: string): string => {
  if (disk.stat(path) === undefined) return 'gone';
  const found = disk.peek(path);
  if (found.length === 0) return 'empty';
  return found.every((byte) => byte === found[0]) ? `all ${found[0]} × ${found.length}` : 'mixed';
};

describe('what a crash leaves', () => {
  test('synced bytes under a synced name always stay', async () => {
    const found = await fates(
      (disk) => durable(disk, '/a/b/f', bytes(7)),
      (disk) => look(disk, '/a/b/f'),
    );
    assert.deepEqual(found, [`all 7 × ${12 * KIB}`]);
  });

  test('a name that was not synced may be gone, with all its bytes', async () => {
    const found = await fates(
      async (disk) => {
        const file = disk.create('/a/b/f');
        file.write(bytes(7), 0);
        await file.sync();
      },
      (disk) => look(disk, '/a/b/f'),
    );
    assert.deepEqual(found, [`all 7 × ${12 * KIB}`, 'gone']);
  });

  test('bytes that were not synced may be lost, kept, or torn', async () => {
    const found = await fates(
      async (disk) => {
        disk.create('/a/b/f').write(bytes(7), 0);
        await disk.syncFolder('/a/b');
      },
      (disk) => look(disk, '/a/b/f'),
    );
    for (const fate of ['empty', 'mixed', `all 7 × ${12 * KIB}`]) assert.ok(found.includes(fate));
    assert.ok(!found.includes('gone'));
  });

  test('an overwrite that was not synced shows old, new or both, never a shorter file', async () => {
    const found = await fates(
      async (disk) => {
        const file = disk.create('/a/b/f');
        file.write(bytes(1), 0);
        await file.sync();
        await disk.syncFolder('/a/b');
        file.write(bytes(2), 0);
      },
      (disk) => look(disk, '/a/b/f'),
    );
    assert.deepEqual(found, [`all 1 × ${12 * KIB}`, `all 2 × ${12 * KIB}`, 'mixed']);
  });

  test('a removal that was not synced may come undone; a rename is never half', async () => {
    const removed = await fates(
      async (disk) => {
        await durable(disk, '/a/b/f', bytes(7));
        disk.unlink('/a/b/f');
      },
      (disk) => look(disk, '/a/b/f'),
    );
    assert.deepEqual(removed, [`all 7 × ${12 * KIB}`, 'gone']);
    const renamed = await fates(
      async (disk) => {
        await durable(disk, '/a/b/f', bytes(7));
        disk.rename('/a/b/f', '/a/g');
      },
      (disk) => `${disk.stat('/a/b/f') !== undefined} ${disk.stat('/a/g') !== undefined}`,
    );
    assert.deepEqual(renamed, ['false true', 'true false']);
  });

  test('handles from before a crash are dead', async () => {
    const disk = await newDisk();
    await durable(disk, '/a/b/f', bytes(7));
    const file = disk.openRead('/a/b/f');
    disk.crash(new SeededRandom(1));
    assert.throws(() => file.read(new Uint8Array(1), 0), { code: 'EBADF' });
  });
});

describe('a disk in memory', () => {
  test('refuses as the system does', async () => {
    const disk = await newDisk();
    await durable(disk, '/a/b/f', bytes(1));
    const cases: [string, () => unknown][] = [
      ['EEXIST', () => disk.create('/a/b/f')],
      ['EEXIST', () => disk.link('/a/b/f', '/a/b/f')],
      ['ENOENT', () => disk.openRead('/a/x')],
      ['ENOENT', () => disk.create('/x/y')],
      ['ENOENT', () => disk.unlink('/a/x')],
      ['ENOENT', () => disk.rename('/a/x', '/a/y')],
      ['ENOENT', () => disk.list('/x')],
      ['ENOTDIR', () => disk.list('/a/b/f')],
      ['ENOTDIR', () => disk.makeFolder('/a/b/f/g')],
      ['EISDIR', () => disk.unlink('/a/b')],
      ['ENOTEMPTY', () => disk.removeFolder('/a/b')],
    ];
    for (const [code, work] of cases) assert.throws(work, { code });
    assert.equal(disk.stat('/a/x'), undefined);
    await assert.rejects(disk.syncFolder('/x'), { code: 'ENOENT' });
  });

  test('counts space once per file, and gives it back with the last name', async () => {
    const disk = new MemoryDisk({ capacityBytes: 10 * KIB });
    disk.makeFolder('/a');
    const file = disk.create('/a/f');
    file.write(bytes(1, 8 * KIB), 0);
    disk.link('/a/f', '/a/g');
    assert.equal(disk.usedBytes, 8 * KIB);
    assert.throws(() => file.write(bytes(1, 4 * KIB), 8 * KIB), { code: 'ENOSPC' });
    assert.equal(disk.freeBytes('/a'), 0);
    disk.unlink('/a/f');
    assert.equal(disk.usedBytes, 10 * KIB);
    disk.unlink('/a/g');
    assert.equal(disk.usedBytes, 0);
  });

  test('keeps time of writing, reads to the end, truncates', () => {
    const clock = new ManualClock();
    const disk = new MemoryDisk({ clock });
    const file = disk.create('/f');
    clock.advance(5);
    file.write(bytes(3, 10), 5);
    assert.equal(disk.stat('/f')?.modifiedMs, clock.nowMs());
    const into = new Uint8Array(32);
    assert.equal(file.read(into, 10), 5);
    file.truncate(7);
    assert.deepEqual([...disk.peek('/f')], [0, 0, 0, 0, 0, 3, 3]);
    disk.flip('/f', 0, 0x80);
    assert.equal(disk.peek('/f')[0], 0x80);
  });
});

describe('a faulty disk', () => {
  test('errs at the call it was told, once or from then on', async () => {
    const disk = faultDisk(new MemoryDisk(), { at: 2, errno: 'ENOSPC' });
    disk.makeFolder('/a');
    assert.throws(() => disk.makeFolder('/b'), { code: 'ENOSPC' });
    disk.makeFolder('/c');
    assert.equal(disk.struck, 'makeFolder');
    assert.equal(disk.calls, 3);
    const lasting = faultDisk(new MemoryDisk(), { at: 1, only: ['sync'], lasting: true });
    const file = lasting.create('/f');
    file.write(bytes(1), 0);
    await assert.rejects(file.sync(), { code: 'EIO' });
    await assert.rejects(file.sync(), { code: 'EIO' });
  });

  test('a late error has done its work; a dead process does nothing more', async () => {
    const memory = new MemoryDisk();
    const late = faultDisk(memory, { at: 1, fault: 'late-error' });
    assert.throws(() => late.makeFolder('/a'), { code: 'EIO' });
    assert.ok(memory.stat('/a') !== undefined);
    const dead = faultDisk(memory, { at: 1, fault: 'crash' });
    assert.throws(() => dead.makeFolder('/b'), CrashSignal);
    assert.throws(() => dead.stat('/a'), CrashSignal);
    await assert.rejects(dead.syncFolder('/a'), CrashSignal);
    assert.equal(memory.stat('/b'), undefined);
  });

  test('a flip changes one written byte and leaves the caller’s alone', () => {
    const memory = new MemoryDisk();
    const disk = faultDisk(memory, { at: 1, only: ['write'], fault: 'flip' });
    const given = bytes(1, 9);
    disk.create('/f').write(given, 0);
    assert.deepEqual([...given], [...bytes(1, 9)]);
    assert.equal([...memory.peek('/f')].filter((byte) => byte !== 1).length, 1);
  });
});

describe('chance that replays', () => {
  test('the same seed is the same run, another seed another', () => {
    const draw = (seed: number) => [...new SeededRandom(seed).bytes(64)].join();
    assert.equal(draw(5), draw(5));
    assert.notEqual(draw(5), draw(6));
    assert.notEqual(draw(5), draw(5 + 2 ** 32));
  });

  test('numbers below a limit are all there and about equally often', () => {
    const random = new SeededRandom(1);
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw++) {
      const value = random.below(10);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    assert.ok(
      counts.every((count) => count > 850 && count < 1150),
      counts.join(),
    );
    assert.equal(random.below(1), 0);
    assert.ok(random.below(2 ** 32) < 2 ** 32);
  });

  test('forks differ from each other and replay', () => {
    const forks = () => {
      const random = new SeededRandom(9);
      return [random.fork().next(), random.fork().next(), random.next()].join();
    };
    assert.equal(forks(), forks());
    assert.equal(new Set(forks().split(',')).size, 3);
  });
});
