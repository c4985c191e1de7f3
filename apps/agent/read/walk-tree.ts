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

interface OpenFolder {
  readonly path: ByteString;
  readonly entries: Iterator<TreeEntry>;
}

/** The folder's entries, and everything below them if `isDeep`. */
export async function* walkTree(
  trees: TreeReader,
  start: { readonly folder: FolderContent; readonly path: ByteString; readonly isDeep: boolean },
): AsyncGenerator<WalkedEntry> {
  const open = async (folder: FolderContent, path: ByteString): Promise<OpenFolder> => ({
    path,
    entries: (await trees.entries(folder)).values(),
  });
  // A stack and not a recursion: an entry would pass through as many generators as it is deep.
  const stack = [await open(start.folder, start.path)];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { value: entry, done } = top.entries.next();
    if (done === true) {
      stack.pop();
      continue;
    }
    const path = childPath(top.path, entry.name);
    yield { path, entry };
    if (entry.type !== 'folder' || !start.isDeep) continue;
    if (stack.length > MAX_TREE_DEPTH) {
      throw new KuraError('hostile', `the folders of a snapshot are deeper than ${MAX_TREE_DEPTH}`);
    }
    stack.push(await open(entry, path));
  }
}
