// A medium: the copies of one member, as they lie at a store, on a disk that is sent. It is a shelf without a key:
// record, copies and, last, a list of what it should hold. Nothing on it can be opened by whoever finds it
// (docs/design/medium.md).
import {
  assert,
  type CopyId,
  fromHex,
  KIB,
  KuraError,
  type MemberId,
  memberId,
  toHex,
  utf8,
} from '@kura/base';
import type { Bulk } from '@kura/native';
import type { ReadableShelf } from '../reader/open-shelf.ts';
import { FAN_OUT, fanOutName, HASH_BYTES } from '../shelf/layout.ts';

export const MEDIUM_NAME = 'kura-medium.json';
export const MAX_MEDIUM_BYTES = 4 * KIB;

export interface MediumList {
  /** The member's name at this store. */
  readonly member: MemberId;
  readonly copies: number;
  /** Of leaves. */
  readonly bytes: number;
  /** SHA-256 over the names and roots of all copies, in the order of their names; 64 hexadecimal digits. */
  readonly digest: string;
  /** At the store, and damaged there: not on the medium. */
  readonly damaged: number;
}

export function encodeMedium(list: MediumList): Uint8Array {
  return utf8(`${JSON.stringify({ version: 1, ...list })}\n`);
}

/** Throws `corrupt`. */
export function decodeMedium(bytes: Uint8Array): MediumList {
  const refuse = (): never => {
    throw new KuraError('corrupt', `${MEDIUM_NAME} is not what this version writes`, {
      guidance: 'Have the medium written again: what is on it whole is kept.',
    });
  };
  let fields: Readonly<Record<string, unknown>> = {};
  try {
    fields = { ...(JSON.parse(Buffer.from(bytes).toString('utf8')) as object) };
  } catch {
    refuse();
  }
  const { version, member, copies, bytes: size, digest, damaged } = fields;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value);
  if (version !== 1 || typeof member !== 'string' || typeof digest !== 'string') return refuse();
  if (!isCount(copies) || !isCount(size) || !isCount(damaged)) return refuse();
  return { member: memberId(member), copies, bytes: size, digest, damaged };
}

/** Of a folder; throws `unsupported` for a shelf that lists nothing. */
export function namesOf(shelf: ReadableShelf): readonly CopyId[] {
  if (shelf.namesFrom === undefined) {
    throw new KuraError('unsupported', 'copies in a bucket are not listed', {
      guidance: 'Write the medium at a store whose shelf is a folder.',
    });
  }
  const names: CopyId[] = [];
  for (let first = 0; first < FAN_OUT; first++) names.push(...shelf.namesFrom(fanOutName(first)));
  return names;
}

/** Bytes of its leaves; undefined: a leaf is not what the copy's own table says. */
export async function wholeBytes(
  shelf: ReadableShelf,
  copyId: CopyId,
  { bulk, window }: { readonly bulk: Bulk; readonly window: Uint8Array },
): Promise<number | undefined> {
  const { leafBytes, windowLeaves } = shelf.shape;
  assert(window.length === leafBytes * windowLeaves, 'a window of the shape');
  const { leafCount, leafHashes } = await shelf.stat(copyId);
  const hash = new Uint8Array(HASH_BYTES);
  for (let first = 0; first < leafCount; first += windowLeaves) {
    const count = Math.min(windowLeaves, leafCount - first);
    await shelf.fetch(copyId, first, count, window.subarray(0, count * leafBytes));
    for (let at = 0; at < count; at++) {
      bulk.sha256(window.subarray(at * leafBytes, (at + 1) * leafBytes), hash);
      const told = leafHashes.subarray((first + at) * HASH_BYTES, (first + at + 1) * HASH_BYTES);
      if (Buffer.compare(hash, told) !== 0) return undefined;
    }
  }
  return leafCount * leafBytes;
}

/** What a medium's list says of these copies. */
export class MediumDigest {
  readonly #parts: Uint8Array[] = [];

  add(copyId: CopyId, root: Uint8Array): void {
    this.#parts.push(fromHex(copyId), root);
  }

  digest(bulk: Bulk): string {
    const hash = new Uint8Array(HASH_BYTES);
    bulk.sha256(Buffer.concat(this.#parts), hash);
    return toHex(hash);
  }
}
