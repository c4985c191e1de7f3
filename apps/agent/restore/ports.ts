// What a restore asks of the rest of the agent, and what it is asked. It is not a codec and not a network
// client: pages and contents arrive verified. Even so names and structure are treated as hostile, because
// what is written to disk is the last chance to notice.
import { type ByteString, type Clock, KuraError, type Random } from '@kura/base';
import type { ContentEntry, TreeEntry } from '@kura/format/types.ts';
import type { Posix } from '@kura/native';
import type { BatchOutcome, FileBatch, WriterPlace } from './file-batch.ts';
import type { RestoreProblem } from './problems.ts';
import type { ProcessTable } from './process-table.ts';

export interface TreeSource {
  /** All entries of a folder, ascending by the bytes of their names. */
  entries(folder: TreeEntry): Promise<readonly TreeEntry[]>;
}

export interface ContentSource {
  /** The verified plaintext, valid until the next call of any method. */
  read(entry: ContentEntry): Promise<Uint8Array>;
  /** These will be read, in this order, before others are. */
  expect?(entries: Iterable<ContentEntry>): void;
  /** A sort key such that reading in its order reads packs in order. */
  locate?(entry: ContentEntry): number;
  /** The entries that lists of entries stand for, in order. */
  expandList(entries: readonly ContentEntry[]): Promise<readonly ContentEntry[]>;
}

/** All of it: a restore makes entries of every type, and undoes what it made. */
export type RestorePosix = Posix;

/** Writes batches; the standard one is a single FileWriter in this thread. */
export interface FileWriters {
  /** Batches that may be under way at once. A pool of n threads says 2n, so that none waits. */
  readonly concurrency: number;
  write(batch: FileBatch): Promise<BatchOutcome>;
  close(): Promise<void>;
}

export interface RestoreProgress {
  readonly phase: 'locate' | 'stage' | 'commit';
  readonly entries: number;
  /** 0 while it is not known yet. */
  readonly totalEntries: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface RestorePorts {
  readonly tree: TreeSource;
  readonly content: ContentSource;
  readonly posix: RestorePosix;
  readonly clock: Clock;
  readonly random: Random;
  readonly progress?: (progress: RestoreProgress) => void;
  /** Stops at the next batch, rolls back, throws `interrupted`. */
  readonly signal?: AbortSignal;
  readonly openWriters?: (place: WriterPlace) => Promise<FileWriters>;
  /** Which processes are alive: tells a restore that runs from one that was killed. */
  readonly processes?: ProcessTable;
}

export const OVERWRITE_RULES = ['always', 'if-changed', 'if-newer', 'never'] as const;
/**
 * What happens to an entry that is there already. `if-changed` keeps what has the same type, size, time,
 * mode, owner and attributes; `if-newer` replaces only what is older than the snapshot's.
 */
export type OverwriteRule = (typeof OVERWRITE_RULES)[number];

/** `prune`: neither this path nor anything below it. */
export type Match = boolean | 'prune';

export interface RestoreOptions {
  /**
   * One folder: the target becomes this folder, attributes included. Several entries, or one that is
   * not a folder: they appear inside the target, whose own attributes stay.
   */
  readonly root: TreeEntry | readonly TreeEntry[];
  /** Absolute. Missing folders on the way are made. */
  readonly target: ByteString;
  /** Path below the root, `/` between names, none in front. Everything, if absent. */
  readonly matches?: (entryPath: ByteString) => Match;
  readonly overwrite: OverwriteRule;
  /** Removes what the snapshot's folders do not have (and `matches` accepts). */
  readonly delete: boolean;
  /** Compares by content what would count as unchanged, and reads back what was written. */
  readonly verify: boolean;
  readonly dryRun: boolean;
  /** Turns runs of zeros into holes; the snapshot's own holes always come back. */
  readonly sparse: boolean;
  /** Restores owners and devices; needs root. */
  readonly owners: boolean;
}

/** Counts are of entries of every type, without the selected root itself. */
export interface RestoreSummary {
  /** Were not there. */
  readonly restored: number;
  /** Replaced, or a folder whose attributes changed. */
  readonly updated: number;
  readonly unchanged: number;
  /** Kept by the overwrite rule, or could not be restored (then a problem says why). */
  readonly skipped: number;
  readonly deleted: number;
  /** Of content that was written; with `dryRun`: that would be. */
  readonly bytes: number;
  /** Names that differ only in case: a file system that ignores case cannot hold both. */
  readonly caseCollisions: number;
  /** Room that the restore needs until it ends, and what the file system had. */
  readonly neededBytes: number;
  readonly freeBytes: number;
  readonly durationMs: number;
  /** At most MAX_PROBLEMS of them. */
  readonly problems: readonly RestoreProblem[];
  readonly problemCount: number;
}

export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new KuraError('interrupted', 'the restore was stopped; what was there is as it was');
}
