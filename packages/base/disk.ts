// The disk as a store or an agent's home sees it: a port, so that tests can inject every fault and a
// simulation can lose what was not synced. Calls are synchronous (measured: 14 times faster than the
// promise API) except those that wait for the medium. Paths are plain strings.
//
// Failures are thrown as they come from the system; callers wrap them with `asKuraError`.

export type EntryKind = 'file' | 'folder' | 'other';

export interface DiskEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

export interface DiskStat {
  readonly kind: EntryKind;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface DiskFile {
  /** Writes all of `bytes` at `position`. Direct files want page-aligned memory and 4 KiB multiples. */
  write(bytes: Uint8Array, position: number): void;
  /**
   * The same, while the caller goes on: `bytes` must not change before it resolves, and it may have
   * taken effect in part, or not at all, until then. Several may be under way; `sync` covers only
   * those that have resolved.
   */
  writeBehind(bytes: Uint8Array, position: number): Promise<void>;
  /** Fills `into` from `position` as far as the file reaches; returns the bytes read. */
  read(into: Uint8Array, position: number): number;
  sizeBytes(): number;
  truncate(sizeBytes: number): void;
  /** Resolves when bytes and length are on the medium. After a failure the file is suspect for ever. */
  sync(): Promise<void>;
  /** What is still being written behind ends first, unseen. */
  close(): void;
}

export interface CreateOptions {
  /** Past the page cache where the file system can (falls back silently where it can't). */
  readonly direct?: boolean;
  /** Default 0o600. */
  readonly mode?: number;
}

export interface Disk {
  /** A new file; fails with EEXIST if the name is taken. */
  create(path: string, options?: CreateOptions): DiskFile;
  openRead(path: string, options?: { readonly direct?: boolean }): DiskFile;
  /** Gives an existing file a second name; fails with EEXIST, never replaces. */
  link(existing: string, name: string): void;
  unlink(path: string): void;
  rename(from: string, to: string): void;
  /** Creates the folder and its parents (mode 0o700); fine if it exists. */
  makeFolder(path: string): void;
  removeFolder(path: string): void;
  /** Unsorted. ENOENT if the folder is not there. */
  list(folder: string): DiskEntry[];
  /** Undefined if nothing has that name. Does not follow links. */
  stat(path: string): DiskStat | undefined;
  /** Resolves when the folder's entries are on the medium. */
  syncFolder(path: string): Promise<void>;
  freeBytes(folder: string): number;
}
