// Stores that a gateway found not to be who they should be, until they are rows: whoever judges a certificate, or a
// proof of identity, cannot wait for tables.
import { KuraError, type StoreId } from '@kura/base';
import type { Rows } from '../db/tables.ts';
import { noteStoreFailure, type StoreFailure } from './rogue.ts';

/** Its clock or ours may be wrong: a certificate that is not in its time says nothing about who holds it. */
const NOT_COUNTED: ReadonlySet<unknown> = new Set(['expired', 'not yet valid']);
/** Of one round; one for each store counts anyway. */
const MAX_WAITING = 64;

export interface ImpostorsParts {
  readonly transact: (work: (rows: Rows) => Promise<void>) => Promise<void>;
  readonly nowMs: () => number;
  readonly rogueAfter?: number | undefined;
}

export class Impostors {
  readonly #parts: ImpostorsParts;
  readonly #waiting = new Map<StoreId, StoreFailure>();

  constructor(parts: ImpostorsParts) {
    this.#parts = parts;
  }

  /** Rethrows what a judge of this program throws, and counts it against the store that was meant. */
  judging<Result>(storeId: StoreId, judge: () => Result): Result {
    try {
      return judge();
    } catch (error) {
      if (error instanceof KuraError && !NOT_COUNTED.has(error.context.reason)) {
        this.#note(storeId, error.message);
      }
      throw error;
    }
  }

  /** A refusal that a store sends may be about us; that it does not have its key nobody but we find out. */
  met(storeId: StoreId, error: unknown): void {
    const isOther = error instanceof KuraError && error.code === 'refused';
    if (isOther && error.context.reason === 'signature') this.#note(storeId, error.message);
  }

  /** Those that wait become rows. */
  async flush(): Promise<void> {
    for (const [storeId, failure] of [...this.#waiting]) {
      this.#waiting.delete(storeId);
      await this.#parts.transact(async (rows) => {
        await noteStoreFailure(rows, failure, this.#parts.rogueAfter);
      });
    }
  }

  #note(storeId: StoreId, why: string): void {
    if (this.#waiting.has(storeId) || this.#waiting.size >= MAX_WAITING) return;
    this.#waiting.set(storeId, { storeId, timeMs: this.#parts.nowMs(), why });
  }
}
