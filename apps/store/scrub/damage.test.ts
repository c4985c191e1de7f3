// Goal (A11, A12, R26): what a store says of damage is what happened to it: a flipped bit, an error of the medium, a
// misdirected write, or leaves that somebody exchanged together with their parity.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CopyId, type Disk, KIB, type NetworkShape, SMALL_SHAPE } from '@kura/base';
import type { Examination } from '@kura/contract';
import { loadNative } from '@kura/native';
import { faultDisk, MemoryDisk, packBytes, Surroundings, sendCopy } from '@kura/testing';
import { geometryOf, leafPosition, parityPosition } from '../shelf/layout.ts';
import { createParity } from '../shelf/parity.ts';
import { foundTestShelf, openTestShelf, pathOf } from '../test-shelf.ts';

/** The standard grid on small leaves: two blocks each. */
const GRID: NetworkShape = { ...SMALL_SHAPE, leafBytes: 8 * KIB, packLeaves: [16, 64, 256] };
const { leafBytes } = GRID;
const LEAVES = 64;
const geometry = geometryOf(leafBytes, LEAVES);

class Bench {
  readonly around = new Surroundings(5);
  readonly disk = new MemoryDisk({ clock: this.around.clock });
  readonly bytes = new Map<CopyId, Uint8Array>();

  static async create(): Promise<Bench> {
    const bench = new Bench();
    await foundTestShelf(bench.disk, bench.around, { shape: GRID });
    return bench;
  }

  open() {
    return openTestShelf(this.disk, this.around);
  }

  async store(): Promise<CopyId> {
    const id = this.around.newCopyId();
    const bytes = this.around.random.bytes(packBytes(GRID, 1));
    await sendCopy(this.open(), { id, member: this.around.alice.member, bytes });
    this.bytes.set(id, bytes);
    return id;
  }

  examine(id: CopyId): Promise<Examination> {
    return this.open().examine(id);
  }

  leaf(id: CopyId, leaf: number): Uint8Array {
    const bytes = this.bytes.get(id) ?? assert.fail('a copy that was stored');
    return bytes.subarray(leaf * leafBytes, (leaf + 1) * leafBytes);
  }

  /** What lies at a position afterwards, whoever wrote it. */
  overwrite(id: CopyId, position: number, bytes: Uint8Array): void {
    const there = this.disk.peek(pathOf(id)).subarray(position, position + bytes.length);
    for (const [index, byte] of bytes.entries()) {
      const mask = byte ^ (there[index] ?? 0);
      if (mask !== 0) this.disk.flip(pathOf(id), position + index, mask);
    }
  }
}

/** Whatever is read over one of these positions of the file fails, as on a disk that gives up sectors. */
function withBadSectors(disk: Disk, path: string, positions: readonly number[]): Disk {
  return {
    ...faultDisk(disk),
    openRead: (name, options) => {
      const file = disk.openRead(name, options);
      const isOver = (from: number, end: number): boolean =>
        name === path && positions.some((position) => position >= from && position < end);
      return {
        ...file,
        read: (into, position) => {
          if (!isOver(position, position + into.length)) return file.read(into, position);
          throw Object.assign(new Error('a bad sector'), { code: 'EIO' });
        },
        sizeBytes: () => file.sizeBytes(),
        close: () => file.close(),
      };
    },
  };
}

describe('what a store says of damage', () => {
  test('A12: one flipped bit is one bit of one block, and where it is', async () => {
    const bench = await Bench.create();
    const id = await bench.store();
    bench.disk.flip(pathOf(id), leafPosition(leafBytes, 5) + 4096 + 17, 0x10);
    const { state, parity, findings, mediumErrors } = await bench.examine(id);
    assert.deepEqual([state, parity, mediumErrors], ['healed', 'agrees', 0]);
    assert.deepEqual(findings, [{ leaf: 5, kind: 'wrong', blocks: 1, firstBlock: 1, bits: 1 }]);
  });

  test('A11: an error of the medium has its name, and counts for thirty days', async () => {
    const bench = await Bench.create();
    const id = await bench.store();
    const bad = [2, 3, 40].map((leaf) => leafPosition(leafBytes, leaf));
    const shelf = openTestShelf(withBadSectors(bench.disk, pathOf(id), bad), bench.around);
    const { findings, mediumErrors, parity, state } = await shelf.examine(id);
    assert.deepEqual([state, parity, mediumErrors], ['healed', 'agrees', 3]);
    assert.deepEqual(
      findings.map(({ leaf, kind, errno }) => [leaf, kind, errno]),
      [2, 3, 40].map((leaf) => [leaf, 'unreadable', 'EIO']),
    );
    bench.around.clock.advance(30 * 86_400_000 + 1);
    assert.equal((await bench.examine(id)).mediumErrors, 0);
  });

  test('R26: the bytes of another leaf are known for what they are', async () => {
    const bench = await Bench.create();
    const [id, other] = [await bench.store(), await bench.store()];
    bench.overwrite(id, leafPosition(leafBytes, 7), bench.leaf(other, 60));
    bench.overwrite(id, leafPosition(leafBytes, 10), bench.leaf(id, 3));
    const { state, findings } = await bench.examine(id);
    assert.equal(state, 'healed');
    assert.deepEqual(
      findings.map(({ leaf, kind, foreign }) => ({ leaf, kind, foreign })),
      [
        { leaf: 7, kind: 'foreign', foreign: { copyId: other, leaf: 60 } },
        { leaf: 10, kind: 'foreign', foreign: { copyId: id, leaf: 3 } },
      ],
    );
  });

  test('A12: parity that was made anew over an exchanged leaf is no decay', async () => {
    const bench = await Bench.create();
    const id = await bench.store();
    const forged = bench.around.random.bytes(leafBytes);
    bench.overwrite(id, leafPosition(leafBytes, 9), forged);
    const parity = createParity({ leafBytes });
    parity.reset();
    for (let leaf = 0; leaf < LEAVES; leaf++) {
      parity.accumulate(leaf % 2, Math.floor(leaf / 2), leaf === 9 ? forged : bench.leaf(id, leaf));
    }
    bench.overwrite(id, parityPosition(geometry, 0), parity.leaves);
    const found = await bench.examine(id);
    assert.deepEqual([found.state, found.parity], ['damaged', 'changed']);
    assert.deepEqual(
      found.findings.map(({ leaf, kind }) => [leaf, kind]),
      [[9, 'wrong']],
    );
  });

  test('R27: parity that decayed itself is rebuilt, and no leaf is blamed', async () => {
    const bench = await Bench.create();
    const id = await bench.store();
    bench.disk.flip(pathOf(id), parityPosition(geometry, 0) + 3);
    const { state, parity, wrongLeaves, findings } = await bench.examine(id);
    assert.deepEqual([state, parity, wrongLeaves, findings], ['healed', 'rebuilt', 0, []]);
  });

  test('A12: what was found is noted before anything is healed', async () => {
    const bench = await Bench.create();
    const id = await bench.store();
    bench.disk.flip(pathOf(id), leafPosition(leafBytes, 0));
    const damaged = bench.disk.peek(pathOf(id)).slice();
    // The first rename or second file is the heal's: the note is there by then.
    const dying = faultDisk(bench.disk, { at: 1, fault: 'error', only: ['rename'] });
    const shelf = openTestShelf(dying, bench.around, { native: loadNative() });
    await assert.rejects(shelf.scrub(id), { code: 'io' });
    assert.equal(
      Buffer.compare(bench.disk.peek(pathOf(id)), damaged),
      0,
      'it lies as it was found',
    );
    const notes = await bench.open().findings.after(0, 10);
    assert.deepEqual(
      notes.map(({ number, copyId, wrongLeaves }) => [number, copyId, wrongLeaves]),
      [[1, id, 1]],
    );
    assert.equal((await bench.examine(id)).state, 'healed');
  });
});
