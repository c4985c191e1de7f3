// A number that the coordinator gives from time to time, and that lies in the shelf among the copies: a shelf that
// was put back from an old image, or emptied, tells an older one or none, whatever its record says (threat R36).
import { createHash } from 'node:crypto';
import { type Disk, KuraError, utf8 } from '@kura/base';
import { readShelf } from '../presence.ts';
import { replaceDurably, type WritePlace } from '../shelf/durable-write.ts';
import { readSmallFile } from '../small-file.ts';

const MAX_BYTES = 64;
const CHECK_DIGITS = 16;

export interface InventoryMark {
  /** Undefined if there is none in a shelf that is there; throws if that cannot be said. */
  read(): number | undefined;
  /** Durable when it resolves. */
  keep(mark: number): Promise<void>;
}

export interface MarkFile {
  readonly place: WritePlace;
  readonly path: string;
  /** Of a folder shelf: that it is there. A bucket's mark lies in the state of its store. */
  readonly shelf: string | undefined;
}

export function inventoryMark({ place, path, shelf }: MarkFile): InventoryMark {
  return {
    read: () => {
      const bytes = readSmallFile(place.disk, path, MAX_BYTES);
      if (bytes !== undefined) return decode(bytes, path);
      if (shelf !== undefined) checkThere(place.disk, shelf);
      return undefined;
    },
    keep: (mark) => replaceDurably(place, { path, bytes: encode(mark) }),
  };
}

/** An unmounted folder has no mark either, and is no emptied store. */
function checkThere(disk: Disk, shelf: string): void {
  readShelf(disk, shelf);
}

function encode(mark: number): Uint8Array {
  return utf8(`${mark} ${checkOf(mark)}\n`);
}

function decode(bytes: Uint8Array, path: string): number {
  const [number = '', check] = Buffer.from(bytes).toString('latin1').trim().split(' ');
  const mark = Number(number);
  if (/^[0-9]{1,16}$/.test(number) && check === checkOf(mark)) return mark;
  throw new KuraError('corrupt', `${path}, the mark of this inventory, is damaged`, {
    guidance:
      'Look at the disk. If the copies are there, ask the operator to admit the store anew.',
  });
}

/** Decay must not look like an older inventory. */
function checkOf(mark: number): string {
  return createHash('sha256').update(`kura/1 mark ${mark}`).digest('hex').slice(0, CHECK_DIGITS);
}
