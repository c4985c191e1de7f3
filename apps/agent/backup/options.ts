// What a backup is asked to do.
import type { ByteString } from '@kura/base';
import type { HangUp } from '@kura/contract';
import type { BackupKind } from '@kura/format';

export interface BackupOptions {
  /** Absolute paths, normalised, without a trailing slash (but "/"). */
  readonly paths: readonly ByteString[];
  /** True: leave this entry, and everything below it, out. */
  readonly isExcluded: (path: ByteString, isFolder: boolean) => boolean;
  /** Leave out the content of folders with a CACHEDIR.TAG. */
  readonly excludeCaches: boolean;
  /** Do not cross into other file systems. */
  readonly oneFileSystem: boolean;
  readonly kind: BackupKind | 'auto';
  readonly hostname: string;
  readonly username: string;
  readonly tags: readonly string[];
  /** Default late. early: only where a gateway takes packs over (`ServicePort.commitLater`). */
  readonly hangUp?: HangUp;
  /** Find out what would be saved; store nothing. */
  readonly dryRun: boolean;
  /** Save this stream as one file instead of paths. */
  readonly stream?: StreamSource;
}

export interface StreamSource {
  /** Absolute path under which the content is saved. */
  readonly path: ByteString;
  /** Fills `into` as far as it can; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
}

export interface BackupProgress {
  readonly filesDone: number;
  readonly bytesDone: number;
  /** Known when the walk is over. */
  readonly filesTotal: number | undefined;
  readonly bytesTotal: number | undefined;
  readonly currentPath: string;
}

export interface BackupProblem {
  readonly path: ByteString;
  readonly why: string;
}
