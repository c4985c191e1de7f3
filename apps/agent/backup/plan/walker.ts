// Walks the source once, folder by folder in order of names, alongside the base snapshot. What is untouched
// is taken over as it stands; files that have to be read are queued; everything else is in its entry.
// Opens nothing itself and follows no link.
import { type ByteString, errnoOf, KuraError, MAX_TREE_DEPTH } from '@kura/base';
import { encodeEntry, type PageCursor, type TreeEntry } from '@kura/format';
import type { FileStatus, Posix } from '@kura/native';
import type { BackupCounts } from '../counts.ts';
import { specialEntry } from '../entries.ts';
import type { BackupOptions } from '../options.ts';
import { BaseFolder, isUntouched } from './base-folder.ts';
import { FolderNode } from './folder-node.ts';
import type { PathTrie } from './path-trie.ts';

export interface WalkSteps {
  /** Pages of a folder of the base. */
  basePages(folder: TreeEntry): Promise<readonly Uint8Array[]>;
  /** Every chunk of the entry stands at strength. A promise only if a pack has to be rescued. */
  isStanding(cursor: PageCursor): boolean | Promise<boolean>;
  /** What an interrupted backup knew of this file, if it still counts. */
  resumed(path: ByteString, name: ByteString, status: FileStatus): Uint8Array | undefined;
  /** Reads a file into a reserved slot; a promise only if the walk should wait. */
  readFile(file: FileToRead): Promise<void> | undefined;
  /** The folder's entries have all been seen. */
  folderWalked(node: FolderNode): void;
  problem(path: ByteString, error: unknown): void;
  seen(path: ByteString): void;
  /** Between entries, however little there is to read; a promise only if something is due. */
  stayAlive(): Promise<void> | undefined;
}

export interface FileToRead {
  readonly node: FolderNode;
  readonly slot: number;
  readonly path: ByteString;
  readonly name: ByteString;
  readonly status: FileStatus;
  readonly isNew: boolean;
}

export interface WalkerOptions {
  readonly posix: Posix;
  readonly backup: BackupOptions;
  readonly counts: BackupCounts;
  readonly steps: WalkSteps;
}

const CACHE_TAG_NAME = 'CACHEDIR.TAG' as ByteString;
const CACHE_TAG_HEAD = 'Signature: 8a477f597d28d172789f06886806bc55';

interface FolderVisit {
  readonly node: FolderNode;
  readonly depth: number;
  /** What of this folder is asked for; undefined: everything. */
  readonly wanted: PathTrie | undefined;
  readonly device: bigint | undefined;
}

export class Walker {
  readonly #options: WalkerOptions;

  constructor(options: WalkerOptions) {
    this.#options = options;
  }

  async walk(visit: FolderVisit): Promise<void> {
    const { node, wanted } = visit;
    const { steps } = this.#options;
    if (visit.depth > MAX_TREE_DEPTH) {
      throw new KuraError('too_large', `folders are nested deeper than ${MAX_TREE_DEPTH}`);
    }
    if (node.base !== undefined) node.basePages = await steps.basePages(node.base);
    const base = new BaseFolder(node.basePages);
    const names = wanted === undefined ? this.#namesIn(node) : wanted.names();
    for (const name of names) {
      const waiting = this.#visitEntry(visit, base, name);
      if (waiting !== undefined) await waiting;
      const due = steps.stayAlive();
      if (due !== undefined) await due;
    }
    if (!base.isExhausted) node.hasSameEntries = false;
    node.walked();
    steps.folderWalked(node);
  }

  #namesIn(node: FolderNode): readonly ByteString[] {
    const { posix, backup, steps } = this.#options;
    try {
      const names = posix.readFolder(node.path).map((entry) => entry.name);
      return backup.excludeCaches && this.#isCache(node, names) ? [CACHE_TAG_NAME] : names;
    } catch (error) {
      steps.problem(node.path, error);
      return [];
    }
  }

  /** A tag that cannot be read, or is a link or a folder, makes no cache: what is in doubt is saved. */
  #isCache(node: FolderNode, names: readonly ByteString[]): boolean {
    if (!names.includes(CACHE_TAG_NAME)) return false;
    const { posix } = this.#options;
    try {
      const file = posix.openRead(node.childPath(CACHE_TAG_NAME));
      try {
        const head = Buffer.alloc(CACHE_TAG_HEAD.length);
        const isWhole = posix.read(file, head, 0) === head.length;
        return isWhole && head.toString('latin1') === CACHE_TAG_HEAD;
      } finally {
        posix.close(file);
      }
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return false;
    }
  }

  /** Undefined if nothing had to be waited for: most entries are untouched files. */
  #visitEntry(visit: FolderVisit, base: BaseFolder, name: ByteString): Promise<void> | undefined {
    const { steps, backup } = this.#options;
    const path = visit.node.childPath(name);
    const status = this.#statusOf(path, visit.wanted !== undefined);
    if (status === undefined) return undefined;
    const isFolder = status.type === 'folder';
    const isAsked = visit.wanted === undefined || visit.wanted.child(name)?.isEnd === true;
    if (isAsked && backup.isExcluded(path, isFolder)) return undefined;
    steps.seen(path);
    const known = base.find(name);
    const waiting = this.#visitFound(visit, { name, path, status }, known);
    if (waiting !== undefined) {
      return waiting.then(() => {
        if (known !== undefined) base.use();
      });
    }
    if (known !== undefined) base.use();
    return undefined;
  }

  #visitFound(
    visit: FolderVisit,
    found: Found,
    known: PageCursor | undefined,
  ): Promise<void> | undefined {
    if (found.status.type === 'folder') return this.#visitFolder(visit, found, known);
    if (found.status.type !== 'file') return this.#visitSpecial(visit.node, found, known);
    const base = known?.type === 'file' ? known : undefined;
    if (base === undefined || !isUntouched(base, found.status)) {
      return this.#readFile(visit.node, found, base);
    }
    const isStanding = this.#options.steps.isStanding(base);
    if (isStanding === true) return this.#keepFile(visit.node, found);
    if (isStanding === false) return this.#readFile(visit.node, found, base);
    return isStanding.then((stands) =>
      stands ? this.#keepFile(visit.node, found) : this.#readFile(visit.node, found, base),
    );
  }

  /** Undefined if it is gone, or cannot be looked at; told, unless it is a name that nobody asked for. */
  #statusOf(path: ByteString, isNamed: boolean): FileStatus | undefined {
    const { posix, steps } = this.#options;
    try {
      const status = posix.status(path);
      if (status === undefined && isNamed) {
        steps.problem(path, new KuraError('source_changed', 'it went away before it was reached'));
      }
      return status;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      steps.problem(path, error);
      return undefined;
    }
  }

  async #visitFolder(
    visit: FolderVisit,
    found: Found,
    known: PageCursor | undefined,
  ): Promise<void> {
    const { counts, backup } = this.#options;
    const { name, path, status } = found;
    const isOther = visit.device !== undefined && status.device !== visit.device;
    const base = known?.type === 'folder' ? known.entry() : undefined;
    const isSame = base !== undefined && known !== undefined && isUntouched(known, status);
    if (base === undefined) counts.dirsNew++;
    else if (isSame) counts.dirsUnmodified++;
    else counts.dirsChanged++;
    const untouched =
      isSame && known !== undefined && base !== undefined
        ? { bytes: known.entryBytes.slice(), entry: base }
        : undefined;
    const slot = visit.node.reserveFolder(name);
    const parent = { node: visit.node, slot };
    const node = new FolderNode({ name, path, status, parent, untouched, base });
    const child = visit.wanted?.child(name);
    const wanted = child === undefined || child.isEnd ? undefined : child;
    if (isOther && backup.oneFileSystem && wanted === undefined) {
      node.hasSameEntries = false;
      node.walked();
      this.#options.steps.folderWalked(node);
      return;
    }
    const device = backup.oneFileSystem && wanted === undefined ? status.device : undefined;
    await this.walk({ node, depth: visit.depth + 1, wanted, device });
  }

  #keepFile(node: FolderNode, found: Found): undefined {
    const { counts } = this.#options;
    counts.filesUnmodified++;
    counts.filesProcessed++;
    counts.bytesProcessed += found.status.sizeBytes;
    node.keep(found.name);
    return undefined;
  }

  #readFile(
    node: FolderNode,
    found: Found,
    base: PageCursor | undefined,
  ): Promise<void> | undefined {
    const { counts, steps } = this.#options;
    const { name, path, status } = found;
    const isNew = base === undefined;
    if (isNew) counts.filesNew++;
    else counts.filesChanged++;
    const resumed = steps.resumed(path, name, status);
    if (resumed !== undefined) {
      counts.filesProcessed++;
      counts.bytesProcessed += status.sizeBytes;
      node.add(name, resumed);
      return undefined;
    }
    const slot = node.reserve(name);
    return steps.readFile({ node, slot, path, name, status, isNew });
  }

  #visitSpecial(node: FolderNode, found: Found, known: PageCursor | undefined): undefined {
    const { counts, steps, posix } = this.#options;
    const { name, path, status } = found;
    counts.filesProcessed++;
    if (known !== undefined && isUntouched(known, status)) {
      counts.filesUnmodified++;
      node.keep(name);
      return undefined;
    }
    if (known === undefined) counts.filesNew++;
    else counts.filesChanged++;
    try {
      node.add(name, encodeEntry(specialEntry({ name, path, status, posix })));
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      steps.problem(path, error);
    }
    return undefined;
  }
}

interface Found {
  readonly name: ByteString;
  readonly path: ByteString;
  readonly status: FileStatus;
}
