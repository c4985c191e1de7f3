// Small JSON files of a home or a card, read with bounds: what is too long or no object is refused in the words of
// whoever reads. How small files are written is `@kura/base`.
import { type Disk, readSmallFile } from '@kura/base';

export { type FileAccess, readSmallFile, replaceFile } from '@kura/base';

export interface SmallJson {
  readonly path: string;
  readonly maxBytes: number;
  /** Throws, in the words of whoever reads: it is far too long, or no JSON object. */
  readonly refuse: (cause?: unknown) => never;
}

/** The fields of a JSON object, each still to be looked at; undefined if the file is not there. */
export function readSmallJson(
  disk: Disk,
  { path, maxBytes, refuse }: SmallJson,
): Readonly<Record<string, unknown>> | undefined {
  const bytes = readSmallFile(disk, { path, maxBytes, refuse });
  return bytes === undefined ? undefined : objectIn(bytes, refuse);
}

/** The same of bytes that are read already. */
export function objectIn(
  bytes: Uint8Array,
  refuse: SmallJson['refuse'],
): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    refuse(error);
  }
  return typeof json === 'object' && json !== null ? { ...json } : refuse();
}

/** Of a cache, which is made anew whenever it cannot be read: nothing, if it is not there, damaged or too long. */
export function readCachedJson(
  disk: Disk,
  file: Omit<SmallJson, 'refuse'>,
): Readonly<Record<string, unknown>> {
  const refuse = (): never => {
    throw new RangeError('no JSON of ours');
  };
  try {
    return readSmallJson(disk, { ...file, refuse }) ?? {};
  } catch {
    return {};
  }
}
