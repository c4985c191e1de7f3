// Writes a medium at the store, from its shelf: the store may go on meanwhile. A copy has its name on the medium only
// when all of it is there, so whoever was interrupted goes on; the list comes last: a medium without one is not done.
import {
  type CopyId,
  type Disk,
  equalBytes,
  KuraError,
  type MemberId,
  MIB,
  type Random,
} from '@kura/base';
import type { Native } from '@kura/native';
import { encodeRecord } from '../identity.ts';
import { readShelf } from '../presence.ts';
import { openShelfForReading, type ReadableShelf } from '../reader/open-shelf.ts';
import {
  DurableFile,
  replaceDurably,
  syncFolder,
  type WritePlace,
} from '../shelf/durable-write.ts';
import { copyPath, fanOutFolder, type ShelfPaths, shelfPaths } from '../shelf/layout.ts';
import {
  encodeMedium,
  MEDIUM_NAME,
  MediumDigest,
  type MediumList,
  namesOf,
  wholeBytes,
} from './medium.ts';

export interface MediumProgress {
  readonly copies: number;
  /** Of leaves. */
  readonly bytes: number;
  /** Of what is checked; nobody knows how much there is to write. */
  readonly of?: Pick<MediumList, 'copies' | 'bytes'>;
}

export interface MediumPorts {
  readonly disk: Disk;
  readonly native: Pick<Native, 'bulk'>;
  readonly clock: Parameters<typeof openShelfForReading>[0]['clock'];
  readonly random: Random;
  readonly processId: number;
  /** Throws to end it: what is written stays. */
  readonly onProgress?: (done: MediumProgress) => void;
}

export interface MediumRequest {
  /** The folder of the store's shelf. */
  readonly shelf: string;
  readonly member: MemberId;
  /** Made if it is not there. */
  readonly folder: string;
}

export interface WrittenMedium extends MediumList {
  /** Of `copies`: they were there already. */
  readonly kept: number;
}

const PART_BYTES = 4 * MIB;

/** Throws `already_exists` if the folder holds another store's medium, or a store. */
export async function writeMedium(
  { shelf: from, member, folder }: MediumRequest,
  ports: MediumPorts,
): Promise<WrittenMedium> {
  const { disk, native, clock, random } = ports;
  const open = { disk, native, clock, random };
  const shelf = openShelfForReading({ ...open, folder: from });
  const paths = shelfPaths(folder);
  const place: WritePlace = { disk, incoming: paths.incoming, processId: ports.processId, random };
  await begin(shelf, { paths, place, member });
  const medium = openShelfForReading({ ...open, folder });
  const places = { from: shelfPaths(from), to: paths, place, ports };
  const writing = new MediumWriting({ shelf, medium }, places);
  for (const copyId of namesOf(shelf)) await writing.take(copyId, member);
  writing.dropOthers();
  const list = writing.list(member);
  await replaceDurably(place, { path: `${folder}/${MEDIUM_NAME}`, bytes: encodeMedium(list) });
  return { ...list, kept: writing.kept };
}

interface Beginning {
  readonly paths: ShelfPaths;
  readonly place: WritePlace;
  readonly member: MemberId;
}

/** The store's own record, but for the other members that it names. */
async function begin(shelf: ReadableShelf, { paths, place, member }: Beginning): Promise<void> {
  const { disk } = place;
  for (const made of [paths.folder, paths.copies, paths.incoming]) disk.makeFolder(made);
  const owners = [...shelf.record.owners].filter(([owner]) => owner === member);
  const bytes = encodeRecord({ ...shelf.record, owners: new Map(owners) });
  if (disk.stat(paths.record) === undefined) {
    await replaceDurably(place, { path: paths.record, bytes });
    return;
  }
  const known = encodeRecord(readShelf(disk, paths.folder));
  if (disk.stat(paths.key) === undefined && equalBytes(known, bytes)) return;
  throw new KuraError('already_exists', `there is another store in ${paths.folder}`, {
    guidance: 'Name an empty folder, or the one in which this medium was begun.',
  });
}

interface Places {
  readonly from: ShelfPaths;
  readonly to: ShelfPaths;
  readonly place: WritePlace;
  readonly ports: MediumPorts;
}

interface Shelves {
  readonly shelf: ReadableShelf;
  readonly medium: ReadableShelf;
}

class MediumWriting {
  readonly #shelf: ReadableShelf;
  readonly #medium: ReadableShelf;
  readonly #places: Places;
  readonly #digest = new MediumDigest();
  readonly #window: Uint8Array;
  readonly #part = new Uint8Array(PART_BYTES);
  readonly #taken = new Set<CopyId>();
  #bytes = 0;
  #damaged = 0;
  kept = 0;

  constructor({ shelf, medium }: Shelves, places: Places) {
    this.#shelf = shelf;
    this.#medium = medium;
    this.#places = places;
    this.#window = new Uint8Array(shelf.shape.leafBytes * shelf.shape.windowLeaves);
  }

  /** Those of others are passed over; what cannot be read whole is counted, for the network has it elsewhere. */
  async take(copyId: CopyId, member: MemberId): Promise<void> {
    const { from, ports } = this.#places;
    try {
      if ((await this.#shelf.memberOf(copyId)) !== member) return;
      const { root } = await this.#shelf.stat(copyId);
      const bytes = await this.#wholeBytes(this.#shelf, copyId);
      if (bytes === undefined) throw new KuraError('corrupt', 'a leaf is not what it was');
      if (await this.#isThere(copyId, root)) this.kept++;
      else await this.#copy(copyPath(from, copyId), copyId);
      this.#digest.add(copyId, root);
      this.#taken.add(copyId);
      this.#bytes += bytes;
    } catch (error) {
      // A removal may have come in between; a damaged copy is healed by the store's own check.
      if (!(error instanceof KuraError)) throw error;
      if (error.code === 'missing') return;
      if (error.code !== 'corrupt') throw error;
      this.#damaged++;
    }
    ports.onProgress?.({ copies: this.#taken.size, bytes: this.#bytes });
  }

  /** What an earlier run left that the store has no more, or has damaged. */
  dropOthers(): void {
    const { to, ports } = this.#places;
    for (const copyId of namesOf(this.#medium)) {
      if (!this.#taken.has(copyId)) ports.disk.unlink(copyPath(to, copyId));
    }
  }

  list(member: MemberId): MediumList {
    const { bulk } = this.#places.ports.native;
    const counts = { copies: this.#taken.size, bytes: this.#bytes, damaged: this.#damaged };
    return { member, ...counts, digest: this.#digest.digest(bulk) };
  }

  /** From an earlier run, and whole: what the post has damaged is written anew. */
  async #isThere(copyId: CopyId, root: Uint8Array): Promise<boolean> {
    const { to, place } = this.#places;
    if (place.disk.stat(copyPath(to, copyId)) === undefined) return false;
    try {
      const there = await this.#medium.stat(copyId);
      if (!equalBytes(there.root, root)) return false;
      return (await this.#wholeBytes(this.#medium, copyId)) !== undefined;
    } catch (error) {
      if (error instanceof KuraError && error.code === 'corrupt') return false;
      throw error;
    }
  }

  #wholeBytes(shelf: ReadableShelf, copyId: CopyId): Promise<number | undefined> {
    const { bulk } = this.#places.ports.native;
    return wholeBytes(shelf, copyId, { bulk, window: this.#window });
  }

  async #copy(source: string, copyId: CopyId): Promise<void> {
    const { to, place } = this.#places;
    place.disk.makeFolder(fanOutFolder(to, copyId));
    const file = new DurableFile(place);
    const read = place.disk.openRead(source);
    try {
      for (let at = 0; ; ) {
        const count = read.read(this.#part, at);
        if (count === 0) break;
        file.write(this.#part.subarray(0, count), at);
        at += count;
      }
    } catch (error) {
      file.discard();
      throw error;
    } finally {
      read.close();
    }
    await file.seal();
    await file.replace(copyPath(to, copyId), (folder) => syncFolder(place.disk, folder));
  }
}
