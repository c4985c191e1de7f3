// Where a folder is cut into pages (docs/design/format.md, Folder page): the rule alone, whether its entries are
// objects or bytes already.
import type { ByteString, NetworkShape } from '@kura/base';
import { varintBytes } from './page-writer.ts';

/** `items` in ascending order of names, `sizeOf` each as bytes. At least one page, if only an empty one. */
export function cutPages<Item extends { readonly name: ByteString }>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  shape: NetworkShape,
): Item[][] {
  const headBytes = 1 + varintBytes(items.length);
  const pages: Item[][] = [];
  let page: Item[] = [];
  let pageBytes = headBytes;
  const close = (): void => {
    pages.push(page);
    page = [];
    pageBytes = headBytes;
  };
  for (const item of items) {
    const sizeBytes = sizeOf(item);
    if (page.length > 0 && pageBytes + sizeBytes > shape.frameBytes) close();
    page.push(item);
    pageBytes += sizeBytes;
    if (endsPage(item.name)) close();
  }
  if (page.length > 0 || pages.length === 0) close();
  return pages;
}

/** One name in 4096. FNV-1a with a final mix: FNV alone leaves patterns in names that count upwards. */
export function endsPage(name: ByteString): boolean {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) & 0x0fff) === 0;
}
