// A folder on its way into the snapshot: slots for its entries in order of names, filled as threads finish
// files and subfolders, and closed when the last slot is filled. Of an entry that is the base's own only the name
// is held: most folders keep the base's pages as they are, and nobody asks for what is in them.
import { type ByteString, must } from '@kura/base';
import type { EntryPart, TreeEntry } from '@kura/format';
import type { FileStatus } from '@kura/native';
import { childPath } from '../../read/walk-tree.ts';
import { BaseFolder } from './base-folder.ts';

export interface FolderNodeOptions {
  readonly name: ByteString;
  readonly path: ByteString;
  readonly status: FileStatus;
  readonly parent: { readonly node: FolderNode; readonly slot: number } | undefined;
  /** The folder's own entry in the base, if it was there and nobody touched the folder itself. */
  readonly untouched: { readonly bytes: Uint8Array; readonly entry: TreeEntry } | undefined;
  /** The folder's entry in the base, touched or not. */
  readonly base: TreeEntry | undefined;
}

const KEPT = Symbol('the entry as the base has it');

export class FolderNode {
  readonly name: ByteString;
  readonly path: ByteString;
  readonly status: FileStatus;
  readonly parent: FolderNodeOptions['parent'];
  readonly untouched: FolderNodeOptions['untouched'];
  readonly base: TreeEntry | undefined;
  readonly #names: ByteString[] = [];
  readonly #entries: (Uint8Array | typeof KEPT | undefined)[] = [];
  #pending = 0;
  #isWalked = false;
  /** Every entry so far is the base's own, and none of the base's is missing. */
  hasSameEntries = true;
  /** Pages of the folder in the base, where every entry is that is kept; they must not change. */
  basePages: readonly Uint8Array[] = [];

  constructor(options: FolderNodeOptions) {
    this.name = options.name;
    this.path = options.path;
    this.status = options.status;
    this.parent = options.parent;
    this.untouched = options.untouched;
    this.base = options.base;
  }

  childPath(name: ByteString): ByteString {
    return childPath(this.path, name);
  }

  /** A slot for an entry that is not known yet. */
  reserve(name: ByteString): number {
    this.#pending++;
    this.hasSameEntries = false;
    return this.#push(name, undefined);
  }

  /** Like `reserve`, for a subfolder: whether it is the same turns out later. */
  reserveFolder(name: ByteString): number {
    this.#pending++;
    return this.#push(name, undefined);
  }

  add(name: ByteString, bytes: Uint8Array): void {
    this.hasSameEntries = false;
    this.#push(name, bytes);
  }

  /** The entry of this name in the base's pages, as it stands. */
  keep(name: ByteString): void {
    this.#push(name, KEPT);
  }

  /** Undefined: the entry could not be saved and is left out. */
  fill(slot: number, bytes: Uint8Array | undefined): void {
    this.#entries[slot] = bytes;
    this.#pending--;
  }

  walked(): void {
    this.#isWalked = true;
  }

  get isComplete(): boolean {
    return this.#isWalked && this.#pending === 0;
  }

  parts(): EntryPart[] {
    const parts: EntryPart[] = [];
    const base = new BaseFolder(this.basePages);
    this.#names.forEach((name, slot) => {
      const entry = this.#entries[slot];
      const bytes =
        entry === KEPT ? must(base.find(name), 'what is kept is in the base').entryBytes : entry;
      if (bytes !== undefined && bytes.length > 0) parts.push({ name, bytes });
    });
    return parts;
  }

  #push(name: ByteString, entry: Uint8Array | typeof KEPT | undefined): number {
    this.#names.push(name);
    this.#entries.push(entry);
    return this.#names.length - 1;
  }
}
