// What of the source a walk looks at: decided here and nowhere else, for the walker and for the thread that looks
// ahead of it, so that neither lists a folder that the other would pass by. Throws as the system does; what becomes of
// that is the caller's.
import { type ByteString, errnoOf } from '@kura/base';
import type { FileStatus, Posix } from '@kura/native';
import { childPath } from '../../read/walk-tree.ts';
import type { BackupOptions } from '../options.ts';
import type { PathTrie } from './path-trie.ts';

/** A folder of the walk, as far as it says what is looked at below. */
export interface FolderScope {
  /** Of the root folder 0. */
  readonly depth: number;
  /** What of this folder is asked for; undefined: everything. */
  readonly wanted: PathTrie | undefined;
  /** The file system to stay on; undefined: any. */
  readonly device: bigint | undefined;
}

/** The walk's own look at the source: what may have been seen ahead of it. */
export type SourceLook = Pick<Posix, 'status' | 'readNames'>;
export type ScopeChoice = Pick<BackupOptions, 'isExcluded' | 'excludeCaches' | 'oneFileSystem'>;

export interface ScopeOptions {
  readonly source: SourceLook;
  readonly posix: Pick<Posix, 'openRead' | 'read' | 'close'>;
  readonly choice: ScopeChoice;
}

const CACHE_TAG_NAME = 'CACHEDIR.TAG' as ByteString;
const CACHE_TAG_HEAD = 'Signature: 8a477f597d28d172789f06886806bc55';

export class WalkScope {
  readonly #source: SourceLook;
  readonly #posix: ScopeOptions['posix'];
  readonly #choice: ScopeChoice;

  constructor({ source, posix, choice }: ScopeOptions) {
    this.#source = source;
    this.#posix = posix;
    this.#choice = choice;
  }

  /** The folder with which a walk begins. `paths`: all that is asked for. */
  root(paths: PathTrie, status: FileStatus): FolderScope {
    return this.#folder(0, paths.isEnd ? undefined : paths, status);
  }

  /** What is in the folder at `path`, as far as it is asked for, in the order of the walk. */
  list(path: ByteString, { wanted }: FolderScope): readonly ByteString[] {
    return wanted === undefined ? this.#source.readNames(path) : wanted.names();
  }

  /** Of the names in the folder those to look at: all, or of a cache that is to stay out its tag. */
  visited(
    path: ByteString,
    { wanted }: FolderScope,
    names: readonly ByteString[],
  ): readonly ByteString[] {
    const isLeftOut =
      wanted === undefined && this.#choice.excludeCaches && this.#isCache(path, names);
    return isLeftOut ? [CACHE_TAG_NAME] : names;
  }

  /** An exclusion does not bar the way to what is asked for below it. */
  isLeftOut(
    { wanted }: FolderScope,
    { name, path, status }: { name: ByteString; path: ByteString; status: FileStatus },
  ): boolean {
    const isAsked = wanted === undefined || wanted.child(name)?.isEnd === true;
    return isAsked && this.#choice.isExcluded(path, status.type === 'folder');
  }

  /** Undefined: another file system, whose folder stays empty. */
  below(folder: FolderScope, name: ByteString, status: FileStatus): FolderScope | undefined {
    const child = folder.wanted?.child(name);
    const wanted = child === undefined || child.isEnd ? undefined : child;
    const isOther = folder.device !== undefined && status.device !== folder.device;
    if (isOther && wanted === undefined) return undefined;
    return this.#folder(folder.depth + 1, wanted, status);
  }

  /** What is named may lie on any file system. */
  #folder(depth: number, wanted: PathTrie | undefined, { device }: FileStatus): FolderScope {
    const staysHere = this.#choice.oneFileSystem && wanted === undefined;
    return { depth, wanted, device: staysHere ? device : undefined };
  }

  /** A tag that cannot be read, or is a link or a folder, makes no cache: what is in doubt is saved. */
  #isCache(path: ByteString, names: readonly ByteString[]): boolean {
    if (!names.includes(CACHE_TAG_NAME)) return false;
    const posix = this.#posix;
    try {
      const file = posix.openRead(childPath(path, CACHE_TAG_NAME));
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
}
