// What the planner asks of a line, and what it gets back. All of it is plain data: a line may run in a
// thread of its own. Bulk goes as encoded entries in one buffer per batch, because cloning an object per file
// would cost more than reading small files does.
import type { ByteString, ErrorCode, PackId } from '@kura/base';
import type { PackRecord } from '@kura/contract';
import type { ChunkKind, ContentEntry } from '@kura/format';
import type { FileStatus } from '@kura/native';
import type { EarlyPack } from '../../early/early-backups.ts';
import type { ChunkTableSegment } from '../../index/chunk-table.ts';
import type { IndexRecord } from '../../index/index-file.ts';

export interface FileTask {
  readonly path: ByteString;
  readonly name: ByteString;
}

export interface FilesTask {
  readonly files: readonly FileTask[];
  /** Plaintext that is still to come after this task; Infinity while the walk goes on. */
  readonly remainingBytes: number;
}

export interface FileProblem {
  readonly code: ErrorCode;
  readonly why: string;
}

/** Entry `i` is `entries.subarray(ends[i - 1], ends[i])`, empty if the file could not be saved. */
export interface FilesDone {
  readonly entries: Uint8Array;
  readonly ends: Uint32Array;
  /** Position in the task → what went wrong, or what is doubtful about a file that was saved. */
  readonly problems: readonly (readonly [number, FileProblem])[];
  readonly bytesRead: number;
  readonly work: LineWork;
}

export interface ShareTask {
  readonly path: ByteString;
  readonly share: number;
  readonly remainingBytes: number;
}

export interface ShareDone {
  readonly status: FileStatus;
  readonly content: readonly ContentEntry[];
  readonly bytesRead: number;
  readonly work: LineWork;
}

/** Chunks that have their names already: folder pages, lists, a snapshot record, or what is packed anew. */
export interface ReadyFrame {
  readonly kind: ChunkKind;
  readonly plain: Uint8Array;
  readonly chunks: readonly ContentEntry[];
}

/** What a task added: plaintext bytes that were new, and numbers of packs that it found chunks in. */
export interface LineWork {
  readonly bytesAdded: number;
  readonly packsUsed: readonly number[];
}

/** A pack that is durable at its stores and checked by this agent; not yet in the tables. */
export interface FinishedPack {
  readonly record: PackRecord;
  readonly index: IndexRecord;
  /** Plain bytes before compression, to learn the ratio. */
  readonly plainBytes: number;
  /** Of a pack that was handed over: leaves of it, to find at its copies later (`../../early/`). */
  readonly toLookFor?: EarlyPack['leaves'];
}

/** One line of work: reads, cuts, names, compresses, seals and ships, file by file. */
export interface Line {
  files(task: FilesTask): Promise<FilesDone>;
  share(task: ShareTask): Promise<ShareDone>;
  /** File data goes to the packs of file data, all else to the packs of folders, in order. */
  pack(frame: ReadyFrame): Promise<void>;
  adopt(segment: ChunkTableSegment): Promise<void>;
  /** Closes the packs of file data. */
  finishData(): Promise<void>;
  /** Leaves that the folder pack will have if `moreBytes` are added to it. */
  planFolderPack(moreBytes: number): Promise<number>;
  /** Closes the pack of folders. The pack that held the last frame, if there was any. */
  finishFolders(): Promise<PackId | undefined>;
  /** Drops whatever is open. Never throws. */
  abort(): Promise<void>;
}
