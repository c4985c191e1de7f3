// Closes folders bottom-up: joins entries to pages, names them, and hands each folder's own entry to its parent.
// A folder whose entries are all the base's keeps the base's pages: nothing is encoded or hashed.
import { must, type NetworkShape } from '@kura/base';
import { type ContentEntry, encodeEntry, joinPage, joinPages } from '@kura/format';
import type { Posix } from '@kura/native';
import { entryWithContent, type FolderContent, readAttributes } from './entries.ts';
import type { FolderNode } from './plan/folder-node.ts';
import type { FolderPacker } from './plan/folder-packer.ts';

export interface FolderCloserOptions {
  readonly folders: FolderPacker;
  readonly posix: Posix;
  readonly shape: NetworkShape;
  /** The pages of the base are still stored at strength. */
  readonly isStanding: (content: FolderContent) => boolean;
}

export class FolderCloser {
  readonly #options: FolderCloserOptions;
  #root: ContentEntry | undefined;

  constructor(options: FolderCloserOptions) {
    this.#options = options;
  }

  /** The page of the root folder, once every folder is closed. */
  get root(): ContentEntry {
    return must(this.#root, 'the root folder is closed last');
  }

  /** Closes the folder if nothing is pending in it, then its parents as far as they are complete. */
  closeIfComplete(node: FolderNode): void {
    let current: FolderNode | undefined = node;
    while (current?.isComplete === true) {
      const parent: FolderNode['parent'] = current.parent;
      if (parent === undefined) {
        this.#root = this.#options.folders.add('folder', joinPage(current.parts()));
        return;
      }
      const { bytes, isSame } = this.#entryOf(current);
      if (!isSame) parent.node.hasSameEntries = false;
      parent.node.fill(parent.slot, bytes);
      current = parent.node;
    }
  }

  #entryOf(node: FolderNode): { bytes: Uint8Array; isSame: boolean } {
    const { folders, posix, shape, isStanding } = this.#options;
    const { base, untouched, name, path, status } = node;
    const keepsPages = node.hasSameEntries && base !== undefined && isStanding(base);
    if (keepsPages && untouched !== undefined) return { bytes: untouched.bytes, isSame: true };
    const content = keepsPages
      ? { content: base.content, isList: base.isList }
      : folders.content(joinPages(node.parts(), shape).map((page) => folders.add('folder', page)));
    const attributes = readAttributes(path, posix);
    const entry = entryWithContent({ name, status, attributes, content });
    return { bytes: encodeEntry(entry), isSame: false };
  }
}
