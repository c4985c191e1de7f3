// How large the next pack may grow: large packs while much is to come, smaller ones near the end, so that
// little is lost to padding when the last packs are closed.
import type { NetworkShape } from '@kura/base';

/**
 * Until a line has packed this much, and as long as nobody knows how much is to come, its packs stay medium: a
 * backup that turns out small would lose more of itself to the padding of half-empty large packs than a large
 * one loses because whole chunks fill medium packs badly (a quarter of the pack, where nothing compresses).
 */
const MEDIUM_UNTIL_BYTES = 32 * 1024 * 1024;
/** Below this many plain bytes the ratio learnt so far says little. */
const MIN_LEARNT_BYTES = 1024 * 1024;
/** Lines share what remains; each should still fill its large packs at least once. */
const LINES_ASSUMED = 2;

export class SizePlan {
  readonly #shape: NetworkShape;
  readonly #openPacks: number;
  readonly #maxLeaves: () => number;
  #remainingBytes = Number.POSITIVE_INFINITY;
  #plainBytes = 0;
  #packedBytes = 0;

  /** `maxLeaves`: what the line bears now; default, whatever there is. */
  constructor(shape: NetworkShape, openPacks: number, maxLeaves?: () => number) {
    this.#shape = shape;
    this.#openPacks = openPacks;
    this.#maxLeaves = maxLeaves ?? (() => shape.packLeaves[2]);
  }

  remaining(plainBytes: number): void {
    this.#remainingBytes = plainBytes;
  }

  learn(plainBytes: number, packedBytes: number): void {
    this.#plainBytes += plainBytes;
    this.#packedBytes += packedBytes;
  }

  dataPackLeaves(): number {
    return Math.min(this.#wantedLeaves(), this.#maxLeaves());
  }

  #wantedLeaves(): number {
    const [, medium, large] = this.#shape.packLeaves;
    if (this.#packedBytes < MEDIUM_UNTIL_BYTES && !Number.isFinite(this.#remainingBytes)) {
      return medium;
    }
    const ratio = this.#plainBytes < MIN_LEARNT_BYTES ? 1 : this.#packedBytes / this.#plainBytes;
    const expected = (this.#remainingBytes * ratio) / (LINES_ASSUMED * this.#openPacks);
    return expected >= large * this.#shape.leafBytes ? large : medium;
  }
}
