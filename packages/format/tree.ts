// Folder pages and content lists: entries to bytes and back, and where a folder is cut into pages. It knows
// nothing of chunk ids or packs. What `encodePage` writes, `decodePage` accepts: an entry that readers would
// refuse stops the writer first.
import type { ByteString, NetworkShape } from '@kura/base';
import { assert, KuraError } from '@kura/base';
import { PageCursor } from './page-cursor.ts';
import { cutPages } from './page-cut.ts';
import { FieldReader, readContent } from './page-fields.ts';
import * as layout from './page-layout.ts';
import { contentBytes, entryBytes, PageWriter, varintBytes } from './page-writer.ts';
import type { ContentEntry, TreeEntry } from './types.ts';

export { PageCursor } from './page-cursor.ts';
export { MAX_ENTRY_XATTR_BYTES, MAX_HOLES, MAX_INLINE_CONTENT } from './page-layout.ts';

/** Entries in ascending order of names, all in one page. */
export function encodePage(entries: readonly TreeEntry[]): Uint8Array {
  let sizeBytes = 1 + varintBytes(entries.length);
  for (const entry of entries) sizeBytes += entryBytes(entry);
  if (sizeBytes > layout.MAX_PAGE_BYTES) failTooLarge(entries[0]?.name);
  const writer = new PageWriter(sizeBytes);
  writer.u8(layout.PAGE_VERSION);
  writer.varint(entries.length);
  let previous = '' as ByteString;
  for (const entry of entries) {
    assert(entry.name > previous, 'entries of a page are not in ascending order');
    previous = entry.name;
    writer.entry(entry);
  }
  return writer.finish();
}

/** Throws `corrupt` or `hostile`. Ids and attribute values are views of `bytes`. */
export function decodePage(bytes: Uint8Array): TreeEntry[] {
  const cursor = new PageCursor(bytes);
  const entries: TreeEntry[] = [];
  while (cursor.next()) entries.push(cursor.entry());
  return entries;
}

/**
 * Cuts a folder into pages: after a name that says so, so that a new entry changes one page, or before the
 * page exceeds a frame. An empty folder has one empty page. Throws `too_large` if one entry is too long.
 */
export function splitPages(entries: readonly TreeEntry[], shape: NetworkShape): TreeEntry[][] {
  const headBytes = 1 + varintBytes(entries.length);
  const sizeOf = (entry: TreeEntry): number => {
    const sizeBytes = entryBytes(entry);
    if (headBytes + sizeBytes > shape.maxChunkBytes) failTooLarge(entry.name);
    return sizeBytes;
  };
  return cutPages(entries, sizeOf, shape);
}

export function encodeContentList(content: readonly ContentEntry[]): Uint8Array {
  const writer = new PageWriter(contentBytes(content));
  writer.content(content);
  return writer.finish();
}

/** Throws `corrupt`. Ids are views of `bytes`. */
export function decodeContentList(bytes: Uint8Array): ContentEntry[] {
  const reader = new FieldReader(bytes, 'content list');
  const content: ContentEntry[] = [];
  readContent(reader, content);
  reader.end();
  return content;
}

/**
 * Cuts a long content into lists, each to be a chunk of kind `list`: after an id that says so (one in 1024),
 * so that a change in a file changes one list, or before the list exceeds a frame.
 */
export function splitContent(
  content: readonly ContentEntry[],
  shape: NetworkShape,
): ContentEntry[][] {
  const lists: ContentEntry[][] = [];
  let list: ContentEntry[] = [];
  let listBytes = varintBytes(content.length);
  for (const entry of content) {
    list.push(entry);
    listBytes += layout.CHUNK_ID_BYTES + varintBytes(entry.length);
    const isFull = listBytes + layout.MAX_CONTENT_BYTES > shape.frameBytes;
    const mark = (entry.id[0] ?? 0) | ((entry.id[1] ?? 0) << 8);
    if (isFull || (mark & 0x03ff) === 0) {
      lists.push(list);
      list = [];
      listBytes = varintBytes(content.length);
    }
  }
  if (list.length > 0) lists.push(list);
  return lists;
}

/** After an entry's lists were read: throws `corrupt` unless `content` and holes add up to the size. */
export function checkContentSize(entry: TreeEntry, content: readonly ContentEntry[]): void {
  let total = 0;
  for (const hole of entry.holes) total += hole.length;
  for (const piece of content) total += piece.length;
  if (entry.type === 'file' && total !== entry.sizeBytes) {
    throw new KuraError('corrupt', 'the content list of a file does not add up to its size', {
      guidance: 'Read it from another copy: kura check --repair.',
    });
  }
}

function failTooLarge(name: ByteString | undefined): never {
  throw new KuraError('too_large', 'the attributes of one entry do not fit into a folder page', {
    guidance: 'Exclude it, or remove some of its extended attributes.',
    context: { name_base64: Buffer.from(name ?? '', 'latin1').toString('base64') },
  });
}
