// Entries of folders for tests, and how to compare them. Not for anything that ships.
import { type ByteString, byteString, type ChunkId, KuraError } from '@kura/base';
import type { TreeEntry } from './types.ts';

/** What an entry has that is no file, folder, link or device. */
export const BARE = {
  sizeBytes: 0,
  target: '' as ByteString,
  deviceNumber: 0n,
  holes: [],
  content: [],
  isList: false,
} as const;

/** A file with `chunks` chunks of 20 bytes. */
export function fileEntry(name: string, chunks: number): TreeEntry {
  return {
    ...BARE,
    type: 'file',
    name: byteString(name),
    mode: 0o644,
    uid: 1000,
    gid: 1000,
    mtimeNs: 1n,
    ctimeNs: -2n,
    inode: 3n,
    device: 4n,
    links: 1,
    attributes: [],
    isIncomplete: false,
    sizeBytes: chunks * 20,
    content: Array.from({ length: chunks }, (_, index) => ({
      id: new Uint8Array(32).fill(index + name.length) as ChunkId,
      length: 20,
    })),
  };
}

export function manyFiles(count: number, prefix: string): TreeEntry[] {
  return Array.from({ length: count }, (_, index) =>
    fileEntry(`${prefix}${String(index).padStart(6, '0')}`, index % 5),
  );
}

/** Views of a page are not deeply equal to arrays of their own: the same entry without views. */
export function plain(entry: TreeEntry): TreeEntry {
  return {
    ...entry,
    attributes: entry.attributes.map(({ name, value }) => ({
      name,
      value: new Uint8Array(value),
    })),
    content: entry.content.map(({ id, length }) => ({
      id: new Uint8Array(id) as ChunkId,
      length,
    })),
  };
}

/** The code of the KuraError that `work` throws, or `fine`; anything else that it throws goes on. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof KuraError) return error.code;
    throw error;
  }
  return 'fine';
}
