// One line of work, whole: file reader, chunk packer and two pools of packs (file data, folders). It owns a
// file from its first byte to the acknowledgement of its packs, so that only descriptors travel between threads.
import { must, type NetworkShape, type PackId, type Random, Turns } from '@kura/base';
import type { PackSink } from '@kura/contract';
import type { Chunker, TreeEntry } from '@kura/format';
import { createChunker } from '@kura/format/chunker.ts';
import { FrameEncoder } from '@kura/format/frame.ts';
import { encodeEntries } from '@kura/format/page-parts.ts';
import type { SavingKeys } from '@kura/member-seal';
import { newEnvelope } from '@kura/member-seal/envelope.ts';
import { allocatePages, type Native } from '@kura/native';
import type { ChunkTable, ChunkTableSegment } from '../../index/chunk-table.ts';
import { asProblem, fileEntry } from '../entries.ts';

import { ChunkPacker, encodeFrame, outputBytes } from './chunk-packer.ts';
import { type CopyCheckOptions, checkCopies } from './copy-check.ts';
import { type FileReaderOptions, type ReadFile, readFile, readShare } from './file-reader.ts';
import { PackPool, type PackTee } from './pack-pool.ts';
import { SizePlan } from './size-plan.ts';
import { SmallFiles } from './small-files.ts';
import type {
  FileProblem,
  FilesDone,
  FilesTask,
  FinishedPack,
  Line,
  ReadyFrame,
  ShareDone,
  ShareTask,
} from './tasks.ts';

export interface PackLineOptions {
  readonly shape: NetworkShape;
  readonly native: Native;
  /** The other implementation of the ciphers, for the check of copies. */
  readonly checkingNative: Native;
  readonly keys: SavingKeys;
  readonly random: Random;
  readonly table: ChunkTable;
  readonly sink: PackSink;
  readonly copies: Omit<CopyCheckOptions, 'bulk' | 'shape'>;
  readonly tee: PackTee;
  readonly onFinished: (pack: FinishedPack) => void;
  readonly rescue: (packNumber: number) => Promise<boolean>;
  readonly isMarked: (packNumber: number) => boolean;
  /** Leaves of the largest pack that the line bears now; default, the largest there is. */
  readonly maxLeaves?: () => number;
  /** Lets finished reads and writes of the background be noticed between files. */
  readonly breathe: () => Promise<void>;
}

/** Neighbouring chunks land in the same pack with probability 1/2 (threats R2). */
const OPEN_PACKS = 2;
/** About this much is read between two breaths. */
const BREATH_BYTES = 4 * 1024 * 1024;

export class PackLine implements Line {
  readonly #options: PackLineOptions;
  readonly #chunker: Chunker;
  readonly #data: PackPool;
  readonly #folders: PackPool;
  readonly #packer: ChunkPacker;
  /** One for all frames: a turn at a time uses it. */
  readonly #encoder: FrameEncoder;
  readonly #reader: FileReaderOptions;
  readonly #plan: SizePlan;
  readonly #turns = new Turns();

  constructor(options: PackLineOptions) {
    this.#options = options;
    const { shape, native, keys, random, table, rescue, isMarked } = options;
    const { bulk, posix } = native;
    const maxLeaves = options.maxLeaves ?? (() => shape.packLeaves[2]);
    this.#plan = new SizePlan(shape, OPEN_PACKS, maxLeaves);
    this.#chunker = createChunker({ chunkerKey: keys.chunkerKey, shape });
    const session = { ...newEnvelope(keys, random), epoch: keys.epoch };
    const pool = {
      shape,
      bulk,
      random,
      session,
      sink: options.sink,
      check: (finished: FinishedPack, samples: Parameters<typeof checkCopies>[1]): void =>
        checkCopies(finished.record, samples, {
          ...options.copies,
          bulk: options.checkingNative.bulk,
          shape,
        }),
      onFinished: (pack: FinishedPack): void => {
        this.#plan.learn(pack.plainBytes, pack.record.leafCount * shape.leafBytes);
        options.onFinished(pack);
      },
    };
    this.#data = new PackPool({
      ...pool,
      openPacks: OPEN_PACKS,
      isFolderPool: false,
      targetLeaves: () => this.#plan.dataPackLeaves(),
    });
    this.#folders = new PackPool({
      ...pool,
      openPacks: 1,
      isFolderPool: true,
      targetLeaves: maxLeaves,
      tee: options.tee,
    });
    const { chunkIdKeys } = keys;
    const encoder = new FrameEncoder({ bulk, output: allocatePages(outputBytes(shape)) });
    this.#encoder = encoder;
    const packing = { shape, bulk, encoder, chunkIdKeys, table, pool: this.#data };
    this.#packer = new ChunkPacker({ ...packing, rescue, isMarked });
    this.#reader = { posix, chunker: this.#chunker, packer: this.#packer, shape };
  }

  files(task: FilesTask): Promise<FilesDone> {
    return this.#turns.take(() => this.#files(task));
  }

  share(task: ShareTask): Promise<ShareDone> {
    return this.#turns.take(async () => {
      this.#plan.remaining(task.remainingBytes);
      const read = await readShare(task.path, task.share, this.#reader);
      return { ...read, work: this.#packer.takeWork() };
    });
  }

  pack(frame: ReadyFrame): Promise<void> {
    const pool = frame.kind === 'data' ? this.#data : this.#folders;
    return this.#turns.take(() => pool.add(encodeFrame(this.#encoder, frame)));
  }

  async adopt(segment: ChunkTableSegment): Promise<void> {
    this.#options.table.adopt(segment);
  }

  finishData(): Promise<void> {
    return this.#turns.take(async () => {
      await this.#packer.flush();
      await this.#data.finish();
    });
  }

  planFolderPack(moreBytes: number): Promise<number> {
    return this.#turns.take(async () => this.#folders.plannedLeaves(moreBytes));
  }

  finishFolders(): Promise<PackId | undefined> {
    return this.#turns.take(async () => {
      await this.#folders.finish();
      return this.#folders.lastPackId;
    });
  }

  abort(): Promise<void> {
    return this.#turns.take(async () => {
      await this.#data.abort();
      await this.#folders.abort();
    });
  }

  async #files(task: FilesTask): Promise<FilesDone> {
    this.#plan.remaining(task.remainingBytes);
    const entries = task.files.map((): TreeEntry | undefined => undefined);
    const problems: (readonly [number, FileProblem])[] = [];
    const small = new SmallFiles(this.#reader);
    let bytesRead = 0;
    let breathAt = BREATH_BYTES;
    const save = (index: number, read: ReadFile): void => {
      const { name } = must(task.files[index], 'what was read was asked for');
      entries[index] = fileEntry(name, read);
      bytesRead += read.bytesRead;
      if (read.isUnstable) problems.push([index, unstable()]);
    };
    const packSmall = async (): Promise<void> => {
      for (const [index, read] of await small.pack()) save(index, read);
    };
    for (const [index, file] of task.files.entries()) {
      if (small.isFull) await packSmall();
      try {
        if (!small.read(index, file.path)) {
          await packSmall();
          save(index, await readFile(file.path, this.#reader));
        }
      } catch (error) {
        problems.push([index, asProblem(error)]);
      }
      if (bytesRead >= breathAt) {
        breathAt = bytesRead + BREATH_BYTES;
        await this.#options.breathe();
      }
    }
    await packSmall();
    return { ...encodeEntries(entries), problems, bytesRead, work: this.#packer.takeWork() };
  }
}

function unstable(): FileProblem {
  return {
    code: 'source_changed',
    why: 'it changed each time it was read; it is saved as last read',
  };
}
