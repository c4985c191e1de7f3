// What a restore found out before it writes anything: a record per folder, one byte per entry. Pages are
// read again when their folder is staged, so memory does not grow with the contents of a tree.
import type { ByteString } from '@kura/base';
import { KuraError } from '@kura/base';
import type { TreeEntry } from '@kura/format/types.ts';

/** What becomes of an entry that is not a folder. */
export const LEAVE = 0;
export const CREATE = 1;
export const REPLACE = 2;
export const UNCHANGED = 3;
export const SKIP = 4;

/** A folder of the target, or one that will be. Record 0 is the base; parents come before children. */
export interface FolderRecord {
  readonly parent: number;
  readonly name: ByteString;
  readonly depth: number;
  /** Undefined for folders that only lie on the way to the target. */
  readonly entry: TreeEntry | undefined;
  /** Stands in the target already. */
  readonly isThere: boolean;
  /** Something else stands where it goes. */
  readonly replaces: boolean;
  /** Wanted for itself, not only for what is in it. */
  readonly isSelected: boolean;
  /** To be made, or on the way to something that will be. */
  isNeeded: boolean;
  /** Of a standing folder: the snapshot's attributes are to be set. */
  setsAttributes: boolean;
  /** Where its entries' decisions begin; -1 until it was opened. */
  firstDecision: number;
  entryCount: number;
  /** Entries that are not folders and will be staged. */
  stagedCount: number;
}

/** Something that --delete removes. */
export interface Extra {
  readonly folder: readonly ByteString[];
  readonly name: ByteString;
}

export interface Counts {
  restored: number;
  updated: number;
  unchanged: number;
  skipped: number;
  deleted: number;
  caseCollisions: number;
}

/** More folders than any tree we know; a record of each takes about half a KiB. */
const MAX_FOLDERS = 4_000_000;
const MAX_DECISIONS = 1_000_000_000;

export class RestorePlan {
  readonly folders: FolderRecord[] = [];
  /** Folders of the snapshot in the order they were read. */
  readonly order: number[] = [];
  readonly extras: Extra[] = [];
  /** Standing folders whose own attributes differ from the snapshot's. */
  readonly changedFolders = new Set<number>();
  readonly counts: Counts = {
    restored: 0,
    updated: 0,
    unchanged: 0,
    skipped: 0,
    deleted: 0,
    caseCollisions: 0,
  };
  /** Index of the record that stands for the target. */
  readonly rootIndex: number;
  /** Content to be written. */
  dataBytes = 0;
  /** The same in whole blocks, with folders. */
  neededBytes = 0;
  #decisions = new Uint8Array(4096);
  #decisionCount = 0;

  constructor(rootIndex: number) {
    this.rootIndex = rootIndex;
  }

  folder(index: number): FolderRecord {
    const record = this.folders[index];
    if (record === undefined) throw new RangeError(`no folder ${index}`);
    return record;
  }

  addFolder(
    record: Pick<
      FolderRecord,
      'parent' | 'name' | 'depth' | 'entry' | 'isThere' | 'replaces' | 'isSelected'
    >,
  ): number {
    if (this.folders.length >= MAX_FOLDERS) tooLarge('folders', MAX_FOLDERS);
    this.folders.push({
      ...record,
      isNeeded: false,
      setsAttributes: false,
      firstDecision: -1,
      entryCount: 0,
      stagedCount: 0,
    });
    return this.folders.length - 1;
  }

  /** Room for the decisions of one folder; returns the first. */
  reserve(count: number): number {
    const first = this.#decisionCount;
    const needed = first + count;
    if (needed > MAX_DECISIONS) tooLarge('entries', MAX_DECISIONS);
    if (needed > this.#decisions.length) {
      const grown = new Uint8Array(Math.max(needed, this.#decisions.length * 2));
      grown.set(this.#decisions);
      this.#decisions = grown;
    }
    this.#decisionCount = needed;
    return first;
  }

  get entryCount(): number {
    return this.#decisionCount;
  }

  decision(index: number): number {
    return this.#decisions[index] ?? LEAVE;
  }

  decide(index: number, decision: number): void {
    this.#decisions[index] = decision;
  }

  /** The folder and those above it will be made, as far as they are not there. */
  need(index: number): void {
    let at = index;
    while (at >= 0) {
      const record = this.folder(at);
      if (record.isNeeded) return;
      record.isNeeded = true;
      if (!record.isThere) {
        this.neededBytes += BLOCK_BYTES;
        if (record.replaces) this.counts.updated++;
        else if (at > this.rootIndex) this.counts.restored++;
      }
      at = record.parent;
    }
  }

  /** A staged file of so many bytes of data. */
  needData(dataBytes: number): void {
    this.dataBytes += dataBytes;
    this.neededBytes += Math.ceil(dataBytes / BLOCK_BYTES) * BLOCK_BYTES;
  }

  /** Names from the base down. */
  names(index: number): ByteString[] {
    const names: ByteString[] = [];
    for (let at = index; at > 0; at = this.folder(at).parent) names.push(this.folder(at).name);
    return names.reverse();
  }

  /** As a person sees it, below the target. */
  shownPath(index: number, name?: ByteString): ByteString {
    const names = this.names(index).slice(this.rootIndex);
    return (name === undefined ? names : [...names, name]).join('/') as ByteString;
  }
}

/** Of most file systems. */
const BLOCK_BYTES = 4096;

function tooLarge(noun: string, limit: number): never {
  throw new KuraError('too_large', `the selection has more than ${limit} ${noun}`, {
    guidance: 'Restore it in parts, with --include.',
  });
}
