// A folder on its way into the snapshot: slots for its entries in order of names, filled as threads finish
// files and subfolders, and closed when the last slot is filled.
import type { ByteString } from '@kura/base';
import type { EntryPart, TreeEntry } from '@kura/format';
import type { FileStatus } from '@kura/native';

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

export class FolderNode {
  readonly name: ByteString;
  readonly path: ByteString;
  readonly status: FileStatus;
  readonly parent: FolderNodeOptions['parent'];
  readonly untouched: FolderNodeOptions['untouched'];
  readonly base: TreeEntry | undefined;
  readonly #names: ByteString[] = [];
  readonly #bytes: (Uint8Array | undefined)[] = [];
  #pending = 0;
  #isWalked = false;
  /** Every entry so far is the base's own, and none of the base's is missing. */
  hasSameEntries = true;

  constructor(options: FolderNodeOptions) {
    this.name = options.name;
    this.path = options.path;
    this.status = options.status;
    this.parent = options.parent;
    this.untouched = options.untouched;
    this.base = options.base;
  }

  childPath(name: ByteString): ByteString {
    return (this.path === '/' ? `/${name}` : `${this.path}/${name}`) as ByteString;
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

  add(name: ByteString, bytes: Uint8Array, isSame: boolean): void {
    if (!isSame) this.hasSameEntries = false;
    this.#push(name, bytes);
  }

  /** Undefined: the entry could not be saved and is left out. */
  fill(slot: number, bytes: Uint8Array | undefined): void {
    this.#bytes[slot] = bytes;
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
    this.#names.forEach((name, slot) => {
      const bytes = this.#bytes[slot];
      if (bytes !== undefined && bytes.length > 0) parts.push({ name, bytes });
    });
    return parts;
  }

  #push(name: ByteString, bytes: Uint8Array | undefined): number {
    this.#names.push(name);
    this.#bytes.push(bytes);
    return this.#names.length - 1;
  }
}
