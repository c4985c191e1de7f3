// Chance of a replay: ids and packs are the same each time, so that two replays of one manifest say the same.
import { createHash } from 'node:crypto';
import type { Random } from '@kura/base';

const BLOCK_BYTES = 32;

export class ReplayRandom implements Random {
  #count = 0;

  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count);
    for (let at = 0; at < count; at += BLOCK_BYTES) {
      const block = createHash('sha256')
        .update(`kura replay ${this.#count++}`)
        .digest();
      out.set(block.subarray(0, Math.min(BLOCK_BYTES, count - at)), at);
    }
    return out;
  }

  below(limit: number): number {
    return new DataView(this.bytes(4).buffer).getUint32(0) % limit;
  }
}
