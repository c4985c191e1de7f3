// Lists of what to save, for `--files-from` and `--files-from0`: parsing, and patterns turned into the names
// that are there. Names are bytes all the way.
import { type ByteString, errnoOf, KuraError } from '@kura/base';
import type { Posix } from '@kura/native';
import { matchesName, type NamePattern, parseNamePattern } from './name-pattern.ts';

/** A list longer than this is a mistake, and would have to be held in memory. */
export const MAX_LIST_BYTES = 256 * 1024 * 1024;

function bytesToText(bytes: Uint8Array): string {
  if (bytes.length > MAX_LIST_BYTES) {
    throw new KuraError('too_large', 'the list of files is larger than 256 MiB');
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** One pattern per line; empty lines and lines that begin with # are nothing. */
export function parseFilesFrom(bytes: Uint8Array): ByteString[] {
  return bytesToText(bytes)
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#')) as ByteString[];
}

/** Names as they are, each ended by a NUL: what `find -print0` writes. */
export function parseFilesFrom0(bytes: Uint8Array): ByteString[] {
  const names = bytesToText(bytes).split('\0');
  if (names.at(-1) === '') names.pop();
  else if (names.length > 0) {
    throw new KuraError('usage', 'the list of files does not end with a NUL character', {
      guidance: 'For a list with one name per line use --files-from.',
    });
  }
  if (names.includes('')) {
    throw new KuraError('usage', 'the list of files has an empty name', {
      guidance: 'Every name must have at least one byte before its NUL.',
    });
  }
  return names as ByteString[];
}

type Reader = Pick<Posix, 'readFolder' | 'status'>;

const WILD = /[*?[\\]/;

/** Names in `folder` that match; a dot in front is a character like any other, as in restic. */
function matchingNames(folder: ByteString, pattern: NamePattern, reader: Reader): ByteString[] {
  try {
    return reader
      .readFolder(folder)
      .map(({ name }) => name)
      .filter((name) => matchesName(pattern, name));
  } catch (error) {
    const errno = errnoOf(error);
    // What cannot be looked into holds no match.
    if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EACCES') return [];
    throw error;
  }
}

/** The paths that exist and match an absolute pattern, in bytewise order; without wild cards, itself. */
export function expandPattern(pattern: ByteString, reader: Reader): ByteString[] {
  if (!WILD.test(pattern)) return [pattern];
  let found: string[] = [''];
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    if (!WILD.test(part)) {
      found = found.map((folder) => `${folder}/${part}`);
      continue;
    }
    const wanted = parseNamePattern(part as ByteString);
    found = found.flatMap((folder) =>
      matchingNames((folder === '' ? '/' : folder) as ByteString, wanted, reader).map(
        (name) => `${folder}/${name}`,
      ),
    );
  }
  return (found as ByteString[]).filter((path) => reader.status(path) !== undefined);
}
