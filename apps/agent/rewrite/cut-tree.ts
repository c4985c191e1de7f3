// The tree of a snapshot without what is cut out of it. Only folders on the way to something that goes get new pages;
// others keep theirs, and what stays keeps every attribute, so that a backup compares with it as before.
import type { ByteString, NetworkShape } from '@kura/base';
import { type ContentEntry, encodePage, splitPages, type TreeEntry } from '@kura/format';
import type { FolderContent } from '../backup/entries.ts';
import type { FolderPacker } from '../backup/plan/folder-packer.ts';
import type { TreeReader } from '../read/tree-reader.ts';
import { childPath } from '../read/walk-tree.ts';
import { type Folder, type IsCut, ROOT_PATH, refuseDepth } from './survey-tree.ts';

export interface TreeCutterOptions {
  readonly trees: TreeReader;
  readonly isCut: IsCut;
  /** True: nothing goes from this folder; false: look. */
  readonly isKnownWhole: (folder: Folder, path: ByteString) => boolean;
  readonly folders: Pick<FolderPacker, 'add' | 'content'>;
  readonly shape: NetworkShape;
}

export class TreeCutter {
  readonly #options: TreeCutterOptions;

  constructor(options: TreeCutterOptions) {
    this.#options = options;
  }

  /** The page of the root without it; the same page if nothing goes. */
  async cut(root: ContentEntry): Promise<ContentEntry> {
    const kept = await this.#keptOf({ content: [root], isList: false }, ROOT_PATH, 0);
    return kept === undefined ? root : this.#options.folders.add('folder', encodePage(kept));
  }

  /** Undefined: nothing goes. */
  async #keptOf(folder: Folder, path: ByteString, depth: number): Promise<TreeEntry[] | undefined> {
    const { trees, isCut, isKnownWhole } = this.#options;
    if (isKnownWhole(folder, path)) return undefined;
    refuseDepth(depth);
    const kept: TreeEntry[] = [];
    let isWhole = true;
    for (const entry of await trees.entries(folder)) {
      const at = childPath(path, entry.name);
      const isFolder = entry.type === 'folder';
      if (isCut(at, isFolder)) {
        isWhole = false;
        continue;
      }
      const below = isFolder ? await this.#keptOf(entry, at, depth + 1) : undefined;
      if (below !== undefined) isWhole = false;
      kept.push(below === undefined ? entry : { ...entry, ...this.#pagesOf(below) });
    }
    return isWhole ? undefined : kept;
  }

  #pagesOf(kept: readonly TreeEntry[]): FolderContent {
    const { folders, shape } = this.#options;
    const pages = splitPages(kept, shape).map((page) => folders.add('folder', encodePage(page)));
    return folders.content(pages);
  }
}
