// Looks at the source before the walk gets there, in the walk's order and within its scope: names of folders, status of
// entries. Opens no file but cache tags, and remembers nothing: what it sees goes out in batches. What cannot be looked
// at is left out; the walk then asks for itself, and tells.
import { type ByteString, errnoOf, MAX_TREE_DEPTH } from '@kura/base';
import { childPath } from '../../read/walk-tree.ts';
import { excludeMatcher } from '../exclude.ts';
import type { BackupOptions } from '../options.ts';
import { PathTrie } from '../plan/path-trie.ts';
import {
  type FolderScope,
  type ScopeOptions,
  type SourceLook,
  WalkScope,
} from '../plan/walk-scope.ts';
import { SightingWriter } from './sightings.ts';

/** What of a backup decides where it walks. Plain data. */
export interface AheadRequest
  extends Pick<BackupOptions, 'paths' | 'excludeCaches' | 'oneFileSystem'> {
  /** Patterns: `excludeMatcher`. */
  readonly exclude: readonly string[];
}

export interface AheadPorts {
  readonly posix: SourceLook & ScopeOptions['posix'];
  /** A batch of so many bytes goes out. */
  readonly isDue: (bytes: number) => boolean;
}

const ROOT_PATH = '/' as ByteString;

export function* lookAhead(
  request: AheadRequest,
  ports: AheadPorts,
): Generator<Uint8Array<ArrayBuffer>> {
  const { posix } = ports;
  const { exclude, ...rest } = request;
  const choice = { ...rest, isExcluded: excludeMatcher(exclude) };
  const scope = new WalkScope({ source: posix, posix, choice });
  const status = orNothing(() => posix.status(ROOT_PATH));
  if (status === undefined) return;
  const look = new Look(scope, ports);
  yield* look.folder(ROOT_PATH, scope.root(PathTrie.of(request.paths), status));
  yield look.rest();
}

class Look {
  readonly #writer = new SightingWriter();
  readonly #scope: WalkScope;
  readonly #ports: AheadPorts;

  constructor(scope: WalkScope, ports: AheadPorts) {
    this.#scope = scope;
    this.#ports = ports;
  }

  *folder(path: ByteString, folder: FolderScope): Generator<Uint8Array<ArrayBuffer>> {
    const scope = this.#scope;
    const { depth } = folder;
    if (depth > MAX_TREE_DEPTH) return;
    const names = orNothing(() => scope.list(path, folder));
    if (names === undefined) return;
    this.#writer.names(depth, path, names);
    // Of a cache that stays out one tag is visited: that is left to the walk.
    if (scope.visited(path, folder, names) !== names) return;
    for (const [index, name] of names.entries()) {
      const entryPath = childPath(path, name);
      const status = orNothing(() => this.#ports.posix.status(entryPath));
      if (status === undefined) continue;
      this.#writer.status(depth, index, status);
      if (this.#ports.isDue(this.#writer.length)) yield this.#writer.take();
      if (status.type !== 'folder') continue;
      if (scope.isLeftOut(folder, { name, path: entryPath, status })) continue;
      const below = scope.below(folder, name, status);
      if (below !== undefined) yield* this.folder(entryPath, below);
    }
  }

  rest(): Uint8Array<ArrayBuffer> {
    return this.#writer.take();
  }
}

function orNothing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
