// What the packs of a member's catalogues are called: number n of the one chain that all devices of the member write.
// Nobody without the member's root can tell them from other packs.
import { createHmac } from 'node:crypto';
import { ByteWriter, type PackId, packId, toHex, utf8 } from '@kura/base';

const LABEL = utf8('kura/1 catalogue');

/** Of the numbers that pruning spares for good: whoever looks this far ahead a few times misses none. */
export const MILESTONE = 16;
/** Numbers that are looked at beyond the last known one: four milestones, so three that failed mislead nobody. */
export const WINDOW = 4 * MILESTONE;
/** A member who saves every hour for a century has not so many. */
export const MAX_NUMBER = 1_000_000;

export class CatalogueNames {
  readonly #key: Uint8Array;
  readonly #names = new Map<number, PackId>();

  /** `key`: the member's catalogue key, 32 bytes. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** `number` from 1. */
  of(number: number): PackId {
    const known = this.#names.get(number);
    if (known !== undefined) return known;
    const writer = new ByteWriter(64, 64);
    writer.raw(LABEL);
    writer.u64(BigInt(number));
    const hmac = createHmac('sha256', this.#key).update(writer.bytes());
    const name = packId(toHex(hmac.digest()));
    this.#names.set(number, name);
    return name;
  }

  /** The highest number from `from` on that `isThere`, as far as each is at most a window beyond the one before. */
  newest(from: number, isThere: (name: PackId) => boolean): number {
    let newest = from;
    for (let number = from + 1; number <= newest + WINDOW; number++) {
      if (isThere(this.of(number))) newest = number;
    }
    return newest;
  }
}
