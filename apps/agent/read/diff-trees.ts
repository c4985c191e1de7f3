// What differs between two folders of snapshots. Both sides are sorted, so one pass tells; folders with the
// same pages are not opened. Depth is bounded, as for every walk.
import { type ByteString, equalBytes, KuraError, MAX_TREE_DEPTH } from '@kura/base';
import type { ContentEntry, TreeEntry } from '@kura/format';
import type { TreeReader } from './tree-reader.ts';
import { childPath, walkTree } from './walk-tree.ts';

/** added, removed · content · attributes: owner, mode, times · type: a file became a folder, say. */
export type DifferenceKind = 'added' | 'removed' | 'content' | 'attributes' | 'type';

export interface Difference {
  readonly path: ByteString;
  readonly kind: DifferenceKind;
  /** As it is now; what is removed as it was. */
  readonly entry: TreeEntry;
  readonly bytesAdded: number;
  readonly bytesRemoved: number;
}

type FolderContent = Pick<TreeEntry, 'content' | 'isList'>;

export interface DiffSides {
  readonly from: FolderContent;
  readonly to: FolderContent;
  readonly path: ByteString;
  /** Also entries of which only attributes differ. */
  readonly metadata: boolean;
}

export async function* diffTrees(trees: TreeReader, sides: DiffSides): AsyncGenerator<Difference> {
  yield* diffFolders(trees, { ...sides, depth: 0 });
}

interface FolderPair extends DiffSides {
  readonly depth: number;
}

async function* diffFolders(trees: TreeReader, sides: FolderPair): AsyncGenerator<Difference> {
  if (sides.depth > MAX_TREE_DEPTH) {
    throw new KuraError('hostile', `the folders of a snapshot are deeper than ${MAX_TREE_DEPTH}`);
  }
  const before = await trees.entries(sides.from);
  const after = await trees.entries(sides.to);
  let index = 0;
  for (const entry of after) {
    for (let old = before[index]; old !== undefined && old.name < entry.name; old = before[index]) {
      yield* whole(trees, { entry: old, folder: sides.path, kind: 'removed' });
      index++;
    }
    const old = before[index];
    if (old?.name !== entry.name) {
      yield* whole(trees, { entry, folder: sides.path, kind: 'added' });
      continue;
    }
    index++;
    yield* compare(trees, { ...sides, old, entry });
  }
  for (const old of before.slice(index)) {
    yield* whole(trees, { entry: old, folder: sides.path, kind: 'removed' });
  }
}

async function* compare(
  trees: TreeReader,
  pair: FolderPair & { readonly old: TreeEntry; readonly entry: TreeEntry },
): AsyncGenerator<Difference> {
  const { old, entry, metadata, depth } = pair;
  const path = childPath(pair.path, entry.name);
  if (old.type !== entry.type) {
    const bytes = { bytesAdded: entry.sizeBytes, bytesRemoved: old.sizeBytes };
    yield { path, kind: 'type', entry, ...bytes };
    return;
  }
  const isSameContent = hasSameContent(old, entry);
  if (entry.type !== 'folder' && !isSameContent) {
    const bytes = { bytesAdded: entry.sizeBytes, bytesRemoved: old.sizeBytes };
    yield { path, kind: 'content', entry, ...bytes };
  } else if (metadata && !hasSameAttributes(old, entry)) {
    yield { path, kind: 'attributes', entry, bytesAdded: 0, bytesRemoved: 0 };
  }
  if (entry.type === 'folder' && !isSameContent) {
    yield* diffFolders(trees, { from: old, to: entry, path, metadata, depth: depth + 1 });
  }
}

async function* whole(
  trees: TreeReader,
  side: {
    readonly entry: TreeEntry;
    readonly folder: ByteString;
    readonly kind: 'added' | 'removed';
  },
): AsyncGenerator<Difference> {
  const { entry, kind } = side;
  const path = childPath(side.folder, entry.name);
  yield difference(path, kind, entry);
  if (entry.type !== 'folder') return;
  for await (const below of walkTree(trees, { folder: entry, path, isDeep: true })) {
    yield difference(below.path, kind, below.entry);
  }
}

function difference(path: ByteString, kind: 'added' | 'removed', entry: TreeEntry): Difference {
  const bytes = entry.sizeBytes;
  const isAdded = kind === 'added';
  return { path, kind, entry, bytesAdded: isAdded ? bytes : 0, bytesRemoved: isAdded ? 0 : bytes };
}

/** Chunks hold data regions only: files of the same chunks differ if their holes do. */
function hasSameContent(a: TreeEntry, b: TreeEntry): boolean {
  return (
    a.sizeBytes === b.sizeBytes &&
    a.target === b.target &&
    a.isList === b.isList &&
    a.holes.length === b.holes.length &&
    a.holes.every((hole, index) => {
      const other = b.holes[index];
      return other?.offset === hole.offset && other.length === hole.length;
    }) &&
    isSame(a.content, b.content)
  );
}

function isSame(a: readonly ContentEntry[], b: readonly ContentEntry[]): boolean {
  return (
    a.length === b.length &&
    a.every((entry, index) => {
      const other = b[index];
      return other !== undefined && equalBytes(entry.id, other.id);
    })
  );
}

function hasSameAttributes(a: TreeEntry, b: TreeEntry): boolean {
  return (
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.mtimeNs === b.mtimeNs &&
    a.deviceNumber === b.deviceNumber &&
    a.attributes.length === b.attributes.length &&
    a.attributes.every((attribute, index) => {
      const other = b.attributes[index];
      return other?.name === attribute.name && equalBytes(other.value, attribute.value);
    })
  );
}
