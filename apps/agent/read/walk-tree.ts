// Walks the folders of a snapshot, parents before children, names in order. Depth is bounded, so that a
// hostile tree ends in an error and not in a full stack.
import { type ByteString, KuraError, MAX_TREE_DEPTH } from '@kura/base';
import type { TreeEntry } from '@kura/format';
import type { TreeReader } from './tree-reader.ts';

export interface WalkedEntry {
  /** Absolute in the snapshot. */
  readonly path: ByteString;
  readonly entry: TreeEntry;
}

type FolderContent = Pick<TreeEntry, 'content' | 'isList'>;

export function childPath(folder: ByteString, name: ByteString): ByteString {
  return (folder === '/' ? `/${name}` : `${folder}/${name}`) as ByteString;
}

/** The folder's entries, and everything below them if `isDeep`. */
export async function* walkTree(
  trees: TreeReader,
  start: { readonly folder: FolderContent; readonly path: ByteString; readonly isDeep: boolean },
): AsyncGenerator<WalkedEntry> {
  yield* walkFolder(trees, start, 0);
}

async function* walkFolder(
  trees: TreeReader,
  at: { readonly folder: FolderContent; readonly path: ByteString; readonly isDeep: boolean },
  depth: number,
): AsyncGenerator<WalkedEntry> {
  if (depth > MAX_TREE_DEPTH) {
    throw new KuraError('hostile', `the folders of a snapshot are deeper than ${MAX_TREE_DEPTH}`);
  }
  for (const entry of await trees.entries(at.folder)) {
    const path = childPath(at.path, entry.name);
    yield { path, entry };
    if (entry.type === 'folder' && at.isDeep) {
      yield* walkFolder(trees, { folder: entry, path, isDeep: true }, depth + 1);
    }
  }
}
