// Of which packs most will be read: how much of each is wanted is known as plaintext, and how much a pack holds of that
// is learnt from the one that was opened last. Before one has been opened nothing is expected. A wrong guess costs
// bytes that nobody wants, never what is read.
import type { PackRow } from '@kura/contract';
import type { PackDirectory } from '@kura/format';

export interface ExpectedPiece {
  /** Undefined: nobody knows where it is. */
  readonly packNumber: number | undefined;
  /** Plaintext bytes. */
  readonly length: number;
}

/** Smaller: bytes that nobody wants. Larger: packs in whose leaves another backup's chunks lie come in pieces. */
const WORTH_ALL = 0.6;

export class ExpectedPacks {
  /** Plaintext bytes by pack, in the order in which packs are come to. */
  #wanted = new Map<number, number>();
  /** Plaintext bytes in a leaf. */
  #bytesPerLeaf: number | undefined;

  begin(pieces: readonly ExpectedPiece[]): void {
    this.#wanted = new Map();
    for (const { packNumber, length } of pieces) {
      if (packNumber === undefined) continue;
      this.#wanted.set(packNumber, (this.#wanted.get(packNumber) ?? 0) + length);
    }
  }

  learn({ frames }: PackDirectory, { leafCount }: PackRow): void {
    this.#bytesPerLeaf = frames.reduce((sum, { plainBytes }) => sum + plainBytes, 0) / leafCount;
  }

  /** Of this pack and the one that is come to after it, those of which most is wanted. */
  whole(packNumber: number, rowOf: (packNumber: number) => PackRow): readonly number[] {
    const perLeaf = this.#bytesPerLeaf;
    if (perLeaf === undefined || !this.#wanted.has(packNumber)) return [];
    const packs = [...this.#wanted.keys()];
    const at = packs.indexOf(packNumber);
    return packs.slice(at, at + 2).filter((number) => {
      const wanted = this.#wanted.get(number) ?? 0;
      return wanted >= WORTH_ALL * perLeaf * rowOf(number).leafCount;
    });
  }
}
