// Walks the source once, folder by folder in order of names, alongside the base snapshot. What is untouched
// is taken over as it stands; files that have to be read are queued; everything else is in its entry.
// Opens nothing itself and follows no link.
import { type ByteString, errnoOf, KuraError, MAX_TREE_DEPTH } from '@kura/base';
import { encodeEntry, type PageCursor, type TreeEntry } from '@kura/format';
import type { FileStatus, Posix } from '@kura/native';
import type { BackupCounts } from '../counts.ts';
import { specialEntry } from '../entries.ts';
import { BaseFolder, isUntouched } from './base-folder.ts';
import { FolderNode } from './folder-node.ts';
import type { PathTrie } from './path-trie.ts';
import { type FolderScope, type ScopeChoice, type SourceLook, WalkScope } from './walk-scope.ts';

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
  /** Where names and status come from; default `posix`. */
  readonly source?: SourceLook | undefined;
  readonly backup: ScopeChoice;
  readonly counts: BackupCounts;
  readonly steps: WalkSteps;
}

interface FolderVisit extends FolderScope {
  readonly node: FolderNode;
}

export class Walker {
  readonly #options: WalkerOptions;
  readonly #source: SourceLook;
  readonly #scope: WalkScope;

  constructor(options: WalkerOptions) {
    const { posix, source = posix, backup } = options;
    this.#options = options;
    this.#source = source;
    this.#scope = new WalkScope({ source, posix, choice: backup });
  }

  /** `paths`: all that is asked for. */
  walk(root: FolderNode, paths: PathTrie): Promise<void> {
    return this.#walkFolder({ node: root, ...this.#scope.root(paths, root.status) });
  }

  async #walkFolder(visit: FolderVisit): Promise<void> {
    const { node } = visit;
    const { steps } = this.#options;
    if (visit.depth > MAX_TREE_DEPTH) {
      throw new KuraError('too_large', `folders are nested deeper than ${MAX_TREE_DEPTH}`);
    }
    if (node.base !== undefined) node.basePages = await steps.basePages(node.base);
    const base = new BaseFolder(node.basePages);
    for (const name of this.#namesIn(visit)) {
      const waiting = this.#visitEntry(visit, base, name);
      if (waiting !== undefined) await waiting;
      const due = steps.stayAlive();
      if (due !== undefined) await due;
    }
    if (!base.isExhausted) node.hasSameEntries = false;
    node.walked();
    steps.folderWalked(node);
  }

  #namesIn(visit: FolderVisit): readonly ByteString[] {
    const { path } = visit.node;
    try {
      return this.#scope.visited(path, visit, this.#scope.list(path, visit));
    } catch (error) {
      this.#options.steps.problem(path, error);
      return [];
    }
  }

  /** Undefined if nothing had to be waited for: most entries are untouched files. */
  #visitEntry(visit: FolderVisit, base: BaseFolder, name: ByteString): Promise<void> | undefined {
    const path = visit.node.childPath(name);
    const status = this.#statusOf(path, visit.wanted !== undefined);
    if (status === undefined) return undefined;
    const found = { name, path, status };
    if (this.#scope.isLeftOut(visit, found)) return undefined;
    this.#options.steps.seen(path);
    const known = base.find(name);
    const waiting = this.#visitFound(visit, found, known);
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
    const { steps } = this.#options;
    try {
      const status = this.#source.status(path);
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
    const { counts } = this.#options;
    const { name, path, status } = found;
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
    const below = this.#scope.below(visit, name, status);
    if (below === undefined) {
      node.hasSameEntries = false;
      node.walked();
      this.#options.steps.folderWalked(node);
      return;
    }
    await this.#walkFolder({ node, ...below });
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
