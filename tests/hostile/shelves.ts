// Mutated stores: files of copies with their tables and parity, and the record of the shelf, as every verb
// of a store meets them on its disk. A damaged copy may be healed, set aside or refused, never believed.
import type { CopyId, Disk, DiskFile } from '@kura/base';
import { equalBytes, KuraError, MIB, SMALL_SHAPE } from '@kura/base';
import { decodeRecord, encodeRecord } from '@kura/store/identity.ts';
import {
  FOLDER,
  foundTestShelf,
  openTestShelf,
  pathOf,
  processesOf,
} from '@kura/store/test-shelf.ts';
import {
  fetchAll,
  MemoryDisk,
  packBytes,
  type SeededRandom,
  Surroundings,
  sendCopy,
} from '@kura/testing';
import { type HostileKind, type Outcome, Violation } from './kind.ts';
import { mutate, mutateValue } from './mutate.ts';
import { type ReadCase, readerKind, type Step } from './reader-kind.ts';

const shape = SMALL_SHAPE;
const RECORD = `${FOLDER}/kura-store.json`;

function readWhole(disk: Disk, path: string): Uint8Array {
  const file = disk.openRead(path);
  const bytes = new Uint8Array(file.sizeBytes());
  file.read(bytes, 0);
  file.close();
  return bytes;
}

function overwrite(disk: Disk, path: string, bytes: Uint8Array): void {
  if (disk.stat(path) !== undefined) disk.unlink(path);
  const file = disk.create(path);
  file.write(bytes, 0);
  file.close();
}

/** Every call is a step. */
function stepping(disk: Disk, step: Step): Disk {
  const watch = <T extends Disk | DiskFile>(target: T): T =>
    new Proxy(target, {
      get(real, name) {
        const value: unknown = Reflect.get(real, name, real);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          step();
          const result: unknown = value.apply(real, given);
          return name === 'create' || name === 'openRead' ? watch(result as DiskFile) : result;
        };
      },
    });
  return watch(disk);
}

interface Stand {
  readonly around: Surroundings;
  readonly disk: MemoryDisk;
  readonly id: CopyId;
  readonly plain: Uint8Array;
  readonly files: readonly Uint8Array[];
  readonly record: Uint8Array;
}

async function newStand(): Promise<Stand> {
  const around = new Surroundings(7);
  const disk = new MemoryDisk({ clock: around.clock });
  await foundTestShelf(disk, around);
  const shelf = openTestShelf(disk, around, { processes: processesOf(1) });
  const ids = [around.newCopyId(), around.newCopyId()] as const;
  const { member } = around.alice;
  const copies = ids.map((id) => ({ id, bytes: around.random.bytes(packBytes(shape, 0)) }));
  for (const { id, bytes } of copies) {
    await sendCopy(shelf, { id, member, bytes, step: shape.leafBytes });
  }
  const files = ids.map((id) => readWhole(disk, pathOf(id)));
  const plain = copies[0]?.bytes ?? new Uint8Array(0);
  return { around, disk, id: ids[0], plain, files, record: readWhole(disk, RECORD) };
}

/** A typed refusal is an answer; the next verb is asked all the same. */
async function tryVerb(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof KuraError) return false;
    throw error;
  }
}

async function readCopy(stand: Stand, bytes: Uint8Array, step: Step): Promise<Outcome> {
  const { around, disk, id, plain } = stand;
  overwrite(disk, pathOf(id), bytes);
  const shelf = openTestShelf(stepping(disk, step), around, { processes: processesOf(1) });
  let isRead = await tryVerb(() => shelf.stat(id));
  isRead = (await tryVerb(() => fetchAll(shelf, id, shape))) && isRead;
  const { state } = await shelf.scrub(id);
  if (state === 'healed' || state === 'intact') {
    const found = await fetchAll(shelf, id, shape);
    const { root } = await shelf.stat(id);
    if (root.length !== 32) throw new Violation('a root that is no hash');
    const isOther = equalBytes(bytes, stand.files[1] ?? plain);
    if (!isOther && !equalBytes(found, plain)) throw new Violation(`${state}, with other bytes`);
  }
  for (const { name } of disk.list(`${FOLDER}/quarantine`))
    disk.unlink(`${FOLDER}/quarantine/${name}`);
  return isRead ? 'accepted' : 'refused';
}

const shelfFiles = readerKind({
  name: 'shelf files',
  share: 3,
  open(): ReadCase {
    const made = newStand();
    return async (random, step) => {
      const stand = await made;
      const [own, other] = stand.files;
      // Most changes keep the length: other lengths are refused before anything is read.
      const changed = mutate(random, [own ?? stand.plain, other ?? stand.plain]);
      const bytes = random.chance(0.7) ? sized(changed, (own ?? stand.plain).length) : changed;
      return readCopy(stand, bytes, step);
    };
  },
});

function sized(bytes: Uint8Array, length: number): Uint8Array {
  const same = new Uint8Array(length);
  same.set(bytes.subarray(0, length));
  return same;
}

function anyRecord(random: SeededRandom, record: Uint8Array): Uint8Array {
  if (random.chance(0.4)) return mutate(random, [record]);
  const fields: unknown = JSON.parse(Buffer.from(record).toString('utf8'));
  return Buffer.from(JSON.stringify(mutateValue(random, fields)), 'utf8');
}

const shelfRecords = readerKind({
  name: 'store records',
  share: 6,
  open(): ReadCase {
    const made = newStand();
    return async (random, step) => {
      const { around, disk, id, record } = await made;
      const hostile = anyRecord(random, record);
      if (random.chance(0.9)) {
        decodeRecord(encodeRecord(decodeRecord(hostile)));
        return undefined;
      }
      overwrite(disk, RECORD, hostile.subarray(0, MIB));
      const shelf = openTestShelf(stepping(disk, step), around, { processes: processesOf(1) });
      await shelf.stat(id);
      return undefined;
    };
  },
});

export const shelfKinds: readonly HostileKind[] = [shelfFiles, shelfRecords];
