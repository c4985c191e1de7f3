// Reads folders of a snapshot, and the contents of files whose list of chunks is itself in chunks.
import { type ByteString, KuraError, MAX_TREE_DEPTH } from '@kura/base';
import {
  type ContentEntry,
  checkContentSize,
  decodeContentList,
  decodePage,
  type TreeEntry,
} from '@kura/format';
import type { ChunkReader } from './chunk-reader.ts';

type HasContent = Pick<TreeEntry, 'content' | 'isList'>;

export class TreeReader {
  readonly #chunks: ChunkReader;

  constructor(chunks: ChunkReader) {
    this.#chunks = chunks;
  }

  /** Pages of a folder as they are stored; copies, so they stay valid. */
  async pages(folder: HasContent): Promise<Uint8Array[]> {
    const pages: Uint8Array[] = [];
    const content = folder.isList ? await this.expand(folder) : folder.content;
    for (const entry of content) {
      pages.push((await this.#chunks.read(entry, 'folder')).slice());
    }
    return pages;
  }

  async entries(folder: HasContent): Promise<TreeEntry[]> {
    const pages = await this.pages(folder);
    const entries = pages.flatMap((page) => decodePage(page));
    for (let index = 1; index < entries.length; index++) {
      if ((entries[index - 1]?.name ?? '') >= (entries[index]?.name ?? '')) {
        throw new KuraError('corrupt', 'the pages of a folder are out of order');
      }
    }
    return entries;
  }

  /** Chunks of a file or pages of a folder, lists resolved. */
  async expand(owner: HasContent): Promise<readonly ContentEntry[]> {
    if (!owner.isList) return owner.content;
    const content: ContentEntry[] = [];
    for (const list of owner.content) {
      const bytes = await this.#chunks.read(list, 'list');
      content.push(...decodeContentList(bytes.slice()));
    }
    return content;
  }

  /** The content of a file, checked against its size. */
  async fileContent(file: TreeEntry): Promise<readonly ContentEntry[]> {
    const content = await this.expand(file);
    checkContentSize(file, content);
    return content;
  }

  /** The entry at a path below `root`; undefined if there is none, and for "/", which has no entry. */
  async find(root: HasContent, path: ByteString): Promise<TreeEntry | undefined> {
    const names = path.split('/').filter((name) => name !== '');
    if (names.length > MAX_TREE_DEPTH) return undefined;
    let folder = root;
    let found: TreeEntry | undefined;
    for (const [index, name] of names.entries()) {
      found = (await this.entries(folder)).find((entry) => entry.name === name);
      if (found === undefined) return undefined;
      if (index < names.length - 1 && found.type !== 'folder') return undefined;
      folder = found;
    }
    return found;
  }
}
