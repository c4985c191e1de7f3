// What judging and rebuilding a copy takes, wherever its bytes lie: hashes, parity, and room for one group.
import type { NetworkShape } from '@kura/base';
import type { Bulk } from '@kura/native';
import { GROUP_LEAVES, GROUP_PARITY_LEAVES } from './layout.ts';
import { createParity, type Parity } from './parity.ts';

export class ShelfArithmetic {
  readonly bulk: Bulk;
  readonly shape: NetworkShape;
  #parity: Parity | undefined;

  constructor(bulk: Bulk, shape: NetworkShape) {
    this.bulk = bulk;
    this.shape = shape;
  }

  /**
   * The arithmetic of a scrub; its stage is the group that is looked at. Made when first needed.
   */
  parity(): Parity {
    const { leafBytes, packLeaves } = this.shape;
    const stageLeaves = Math.min(GROUP_LEAVES, packLeaves[2]) + GROUP_PARITY_LEAVES;
    this.#parity ??= createParity({ leafBytes, stageLeaves });
    return this.#parity;
  }

  /** Room for one group with its parity. Of whoever does not await. */
  groupBuffer(): Uint8Array {
    return this.parity().stage;
  }
}
