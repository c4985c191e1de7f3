// The unit of work between the planner and the writers: plain data that survives structuredClone, so that
// a writer can live in any thread. Ids are copied into one array per batch: cloning a view would clone the
// whole memory behind it.
import type { ByteString } from '@kura/base';
import type { ContentEntry } from '@kura/format/types.ts';
import type { Descriptor, ExtendedAttribute, Region } from '@kura/native';
import type { RestoreProblem } from './problems.ts';

/** Where writers write, and how. */
export interface WriterPlace {
  /** The staged tree: a writer opens it and makes sure that it is this very folder. */
  readonly path: ByteString;
  readonly device: bigint;
  readonly inode: bigint;
  /** How many names of a path in it lie in front of the target: problems leave them out. */
  readonly prefixDepth: number;
  readonly sparse: boolean;
  readonly owners: boolean;
  readonly verify: boolean;
}

/** Attributes of any entry that is not a link, in the form that `applyAttributes` takes. */
export interface EntryAttributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  readonly attributes: readonly ExtendedAttribute[];
}

/** A whole file: made, filled, given its attributes, closed. */
export interface WholeFileJob extends EntryAttributes {
  readonly kind: 'whole';
  /** Index into the batch's folders. */
  readonly folder: number;
  readonly name: ByteString;
  readonly sizeBytes: number;
  readonly holes: readonly Region[];
  readonly firstContent: number;
  readonly contentCount: number;
  /** Takes the place of something that will be deleted: must be on the medium before that. */
  readonly isDurable: boolean;
}

/** A piece of a large file that the planner made and holds open; descriptors are the process's. */
export interface FilePartJob {
  readonly kind: 'part';
  readonly folder: number;
  readonly name: ByteString;
  readonly file: Descriptor;
  /** Offset in the file where this part's data begins. */
  readonly position: number;
  /** Those that lie within the part. */
  readonly holes: readonly Region[];
  readonly firstContent: number;
  readonly contentCount: number;
}

export type FileJob = WholeFileJob | FilePartJob;

export interface FileBatch {
  /** Names from the staged tree's root down. */
  readonly folders: readonly (readonly ByteString[])[];
  readonly jobs: readonly FileJob[];
  /** 32 bytes per content entry of all jobs. */
  readonly ids: Uint8Array;
  readonly lengths: Float64Array;
}

export interface BatchOutcome {
  readonly bytes: number;
  /** Indexes of jobs whose file cannot exist here; a problem says why. */
  readonly refused: readonly number[];
  readonly problems: readonly RestoreProblem[];
  readonly problemCount: number;
}

export const ID_BYTES = 32;

/** Packs content entries into the two arrays of a batch. */
export class ContentPacker {
  readonly #entries: ContentEntry[] = [];

  get length(): number {
    return this.#entries.length;
  }

  /** The index of the first. */
  add(entries: readonly ContentEntry[]): number {
    const first = this.#entries.length;
    for (const entry of entries) this.#entries.push(entry);
    return first;
  }

  pack(): Pick<FileBatch, 'ids' | 'lengths'> {
    const ids = new Uint8Array(this.#entries.length * ID_BYTES);
    const lengths = new Float64Array(this.#entries.length);
    for (const [index, entry] of this.#entries.entries()) {
      ids.set(entry.id, index * ID_BYTES);
      lengths[index] = entry.length;
    }
    return { ids, lengths };
  }
}

/** Copies values out of whatever memory they are views of. */
export function detachAttributes(
  attributes: readonly ExtendedAttribute[],
): readonly ExtendedAttribute[] {
  if (attributes.length === 0) return attributes;
  return attributes.map(({ name, value }) => ({ name, value: new Uint8Array(value) }));
}
