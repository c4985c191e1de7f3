// Whole copies are asked for one after the other at each store, and of stores side by side: one that is slow holds up
// nobody else. What a store does not come to in this pass is put off, so that it holds up no later pack either.
import { SECOND_MS, type StoreId, Turns } from '@kura/base';

/** Nothing more is begun after this, in one pass. Longer: slots behind those of a slow store wait for longer. */
export const LANE_MS = 20 * SECOND_MS;

export class Lanes {
  readonly #isOver: () => boolean;
  readonly #turns = new Map<StoreId, Turns>();

  constructor(isOver: () => boolean) {
    this.#isOver = isOver;
  }

  /** When what was asked of this store before has ended; undefined if nothing more may be begun by then. */
  run<T>(storeId: StoreId, work: () => Promise<T>): Promise<T | undefined> {
    const known = this.#turns.get(storeId);
    const turns = known ?? new Turns();
    if (known === undefined) this.#turns.set(storeId, turns);
    return turns.take(async () => (this.#isOver() ? undefined : work()));
  }
}
