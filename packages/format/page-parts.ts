// Folder pages out of entries that are bytes already: threads encode the files they read, an unchanged
// entry is taken over from an older page as it is, and only the joining is left to do.
import { assert, type ByteString, type NetworkShape } from '@kura/base';
import { cutPages } from './page-cut.ts';
import * as layout from './page-layout.ts';
import { entryBytes, PageWriter, varintBytes } from './page-writer.ts';
import type { TreeEntry } from './types.ts';

export interface EntryPart {
  readonly name: ByteString;
  readonly bytes: Uint8Array;
}

export function encodeEntry(entry: TreeEntry): Uint8Array {
  const writer = new PageWriter(entryBytes(entry));
  writer.entry(entry);
  return writer.finish();
}

/** Entries one after the other; entry `i` ends at `ends[i]`. One that is undefined has no bytes. */
export function encodeEntries(entries: readonly (TreeEntry | undefined)[]): {
  readonly entries: Uint8Array;
  readonly ends: Uint32Array;
} {
  const ends = new Uint32Array(entries.length);
  let end = 0;
  for (const [index, entry] of entries.entries()) {
    if (entry !== undefined) end += entryBytes(entry);
    ends[index] = end;
  }
  const writer = new PageWriter(end);
  for (const entry of entries) if (entry !== undefined) writer.entry(entry);
  return { entries: writer.finish(), ends };
}

/** `parts` in ascending order of names; cut into pages as `splitPages` would. */
export function joinPages(parts: readonly EntryPart[], shape: NetworkShape): Uint8Array[] {
  return cutPages(parts, (part) => part.bytes.length, shape).map(joinPage);
}

/** One page, whatever the names say: for the root folder of a snapshot. */
export function joinPage(parts: readonly EntryPart[]): Uint8Array {
  let sizeBytes = 1 + varintBytes(parts.length);
  for (const part of parts) sizeBytes += part.bytes.length;
  const bytes = new Uint8Array(sizeBytes);
  const head = new PageWriter(1 + varintBytes(parts.length));
  head.u8(layout.PAGE_VERSION);
  head.varint(parts.length);
  bytes.set(head.finish());
  let at = 1 + varintBytes(parts.length);
  let previous = '' as ByteString;
  for (const part of parts) {
    assert(part.name > previous, 'entries of a page are not in ascending order');
    previous = part.name;
    bytes.set(part.bytes, at);
    at += part.bytes.length;
  }
  return bytes;
}
