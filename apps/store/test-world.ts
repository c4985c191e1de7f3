// A store with acknowledged copies on a disk in memory, and one more operation to run on it: the
// ground on which faults and crashes are put at every call.
import assert from 'node:assert/strict';
import { type CopyId, type Disk, equalBytes, KuraError, SMALL_SHAPE } from '@kura/base';
import {
  fetchAll,
  MemoryDisk,
  packBytes,
  type SeededRandom,
  Surroundings,
  sendCopy,
} from '@kura/testing';
import type { FolderShelf } from './folder-shelf.ts';
import { geometryOf, parityPosition } from './shelf/layout.ts';
import {
  FOLDER,
  foundTestShelf,
  openTestShelf,
  pathOf,
  positionsOf,
  processesOf,
} from './test-shelf.ts';

const shape = SMALL_SHAPE;
const FIRST_LIFE = 1;
const SECOND_LIFE = 2;

export interface KnownCopy {
  readonly id: CopyId;
  readonly bytes: Uint8Array;
}

export class World {
  readonly around: Surroundings;
  readonly disk: MemoryDisk;
  /** Acknowledged before the operation. */
  readonly kept: KnownCopy;
  /** What the operation is about. */
  readonly target: KnownCopy;

  private constructor(seed: number) {
    this.around = new Surroundings(seed);
    this.disk = new MemoryDisk({ clock: this.around.clock });
    const newCopy = (): KnownCopy => ({
      id: this.around.newCopyId(),
      bytes: this.around.random.bytes(packBytes(shape, 0)),
    });
    this.kept = newCopy();
    this.target = newCopy();
  }

  static async create(seed: number): Promise<World> {
    const world = new World(seed);
    await foundTestShelf(world.disk, world.around);
    await world.send(world.open(), world.kept);
    return world;
  }

  get random(): SeededRandom {
    return this.around.random;
  }

  open(disk: Disk = this.disk, life = FIRST_LIFE): FolderShelf {
    return openTestShelf(disk, this.around, { processes: processesOf(life) });
  }

  /** As after a restart: a new process, and what the old one left is swept. */
  reopen(): FolderShelf {
    return this.open(this.disk, SECOND_LIFE);
  }

  async send(shelf: FolderShelf, { id, bytes }: KnownCopy): Promise<void> {
    await sendCopy(shelf, { id, member: this.around.alice.member, bytes, step: shape.leafBytes });
  }

  async destroy(shelf: FolderShelf, { id }: KnownCopy): Promise<void> {
    await shelf.remove(this.around.destroy(shelf.identity.storeId, { copyIds: [id] }));
  }

  /** Rot in these leaves. */
  rot({ id }: KnownCopy, leaves: readonly number[]): void {
    for (const position of positionsOf(shape, leaves)) this.disk.flip(pathOf(id), position);
  }

  /** Rot beyond healing: row 0 of a copy of four leaves, with its parity. */
  ruin(copy: KnownCopy): void {
    this.rot(copy, [0, 2]);
    const geometry = geometryOf(shape.leafBytes, copy.bytes.length / shape.leafBytes);
    const parity = parityPosition(geometry, 0);
    for (const index of [0, 2]) {
      this.disk.flip(pathOf(copy.id), parity + index * shape.leafBytes + 99);
    }
  }

  /** It is there, whole, and its bytes are those that were sent. */
  async assertWhole(shelf: FolderShelf, { id, bytes }: KnownCopy, when: string): Promise<void> {
    assert.equal((await shelf.scrub(id)).state, 'intact', when);
    assert.ok(equalBytes(await fetchAll(shelf, id, shape), bytes), when);
  }

  /** Whole or not there at all. */
  async assertNotHalf(shelf: FolderShelf, copy: KnownCopy, when: string): Promise<void> {
    if (this.disk.stat(pathOf(copy.id)) === undefined) return;
    await this.assertWhole(shelf, copy, when);
  }

  assertNothingTemporary(when: string): void {
    assert.deepEqual(this.disk.files(`${FOLDER}/incoming`), [], when);
  }
}

/** Runs it; a failure must be a KuraError. True if it succeeded. */
export async function attempt(work: () => Promise<void>, when: string): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    assert.ok(error instanceof KuraError, `${when}: ${String(error)}`);
    assert.ok(error.message.length > 0, when);
    return false;
  }
}
