// Byte strings at the border to the system, and the guard that keeps a name from being a path.
// Trees refuse such names already (packages/format); this is the second lock, right before the
// call.
import { type ByteString, KuraError } from '@kura/base';

const BEYOND_ASCII = /[^\x00-\x7f]/;
const BEYOND_BYTES = /[^\x00-\xff]/;

/** C ends a string at NUL: what follows would be dropped in silence. */
export function refuseNul(path: string): void {
  if (!path.includes('\0')) return;
  throw new KuraError('hostile', 'a name holds a NUL byte, which no file system allows');
}

/** What node:fs takes for exactly these bytes. */
export function toNodePath(path: ByteString): string | Buffer {
  refuseNul(path);
  return BEYOND_ASCII.test(path) ? Buffer.from(path, 'latin1') : path;
}

/**
 * Throws `hostile` unless `name` is one component that stays in its folder. Laid out for C, a
 * character above 255 would lose its upper half: U+012F would become a slash.
 */
export function checkName(name: ByteString): void {
  const isOne =
    name.length > 0 && !name.includes('/') && !name.includes('\0') && !BEYOND_BYTES.test(name);
  if (isOne && name !== '.' && name !== '..') return;
  throw new KuraError('hostile', 'a name in a tree would lead out of its folder', {
    guidance: 'The snapshot is damaged or forged; restore another one.',
    context: { name: name.slice(0, 256) },
  });
}
