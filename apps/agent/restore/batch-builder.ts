// Collects files to be written, sorts a window of them by where their content lies, and cuts it into
// batches. The window bounds the memory; a tree is saved in walk order, so its packs come in that order,
// too, and a window is wide enough to read each pack about once.
import type { ByteString } from '@kura/base';
import type { ContentEntry, TreeEntry } from '@kura/format/types.ts';
import { dataBytesOf } from './entry-check.ts';
import { ContentPacker, detachAttributes, type FileBatch, type FileJob } from './file-batch.ts';
import { REPLACE } from './plan.ts';

/** Smaller: packs are read more often. Larger: more entries in memory. */
const WINDOW_FILES = 8192;
/** Of a window. More: a frame of small files is opened for each batch it is in. Fewer: threads wait for the last. */
const BATCHES = 4;
/** Smaller: more messages between threads. */
const MIN_BATCH_FILES = 256;
const BATCH_BYTES = 8 * 1024 * 1024;

export interface WaitingFile {
  readonly folder: number;
  readonly entry: TreeEntry;
  /** CREATE or REPLACE. */
  readonly decision: number;
}

export interface BuiltBatch {
  readonly batch: FileBatch;
  /** One per job. */
  readonly decisions: readonly number[];
}

export interface BatchBuilderOptions {
  /** Names from the staged tree's root. */
  readonly namesOf: (folder: number) => readonly ByteString[];
  readonly locate: ((entry: ContentEntry) => number) | undefined;
  /** What replaces something is synced file by file; else the commit syncs the file system. */
  readonly syncsFiles: boolean;
}

export class BatchBuilder {
  readonly #options: BatchBuilderOptions;
  #waiting: WaitingFile[] = [];

  constructor(options: BatchBuilderOptions) {
    this.#options = options;
  }

  /** True if the window is full: time to `take`. */
  add(file: WaitingFile): boolean {
    this.#waiting.push(file);
    return this.#waiting.length >= WINDOW_FILES;
  }

  /** Empties the window. */
  *take(): Generator<BuiltBatch> {
    const files = this.#sorted();
    this.#waiting = [];
    const mostFiles = Math.max(MIN_BATCH_FILES, Math.ceil(files.length / BATCHES));
    let from = 0;
    let bytes = 0;
    for (const [index, file] of files.entries()) {
      bytes += dataBytesOf(file.entry);
      const isFull = bytes >= BATCH_BYTES || index - from + 1 >= mostFiles;
      if (!isFull && index + 1 < files.length) continue;
      yield this.#build(files.slice(from, index + 1));
      from = index + 1;
      bytes = 0;
    }
  }

  #sorted(): WaitingFile[] {
    const { locate } = this.#options;
    if (locate === undefined) return this.#waiting;
    const keys = this.#waiting.map((file, index) => {
      const first = file.entry.content[0];
      return { file, index, key: first === undefined ? -1 : locate(first) };
    });
    keys.sort((a, b) => a.key - b.key || a.index - b.index);
    return keys.map(({ file }) => file);
  }

  #build(files: readonly WaitingFile[]): BuiltBatch {
    const packer = new ContentPacker();
    const folders: (readonly ByteString[])[] = [];
    const numbers = new Map<number, number>();
    const jobs: FileJob[] = files.map(({ folder, entry, decision }) => {
      let number = numbers.get(folder);
      if (number === undefined) {
        number = folders.push(this.#options.namesOf(folder)) - 1;
        numbers.set(folder, number);
      }
      return {
        kind: 'whole',
        folder: number,
        name: entry.name,
        mode: entry.mode,
        uid: entry.uid,
        gid: entry.gid,
        mtimeNs: entry.mtimeNs,
        attributes: detachAttributes(entry.attributes),
        sizeBytes: entry.sizeBytes,
        holes: entry.holes,
        firstContent: packer.add(entry.content),
        contentCount: entry.content.length,
        isDurable: decision === REPLACE && this.#options.syncsFiles,
      };
    });
    const decisions = files.map(({ decision }) => decision);
    return { batch: { folders, jobs, ...packer.pack() }, decisions };
  }
}
