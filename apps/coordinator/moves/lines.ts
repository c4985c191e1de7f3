// Who is using which line: one transfer at a time in each direction of a store. What can wait leaves half of a line to
// members: for as long as its transfers should have taken, the line belongs to them.
import { SECOND_MS, type StoreId } from '@kura/base';

export interface Way {
  readonly from: StoreId;
  readonly to: StoreId;
}

/** When, and whether it can wait. */
export interface Use {
  readonly nowMs: number;
  readonly isUrgent: boolean;
}

/** Rest is owed up to this before a line has to take it: short transfers need not wait for each other. */
const MOST_OWED_MS = 10 * SECOND_MS;

export class Lines {
  readonly #sending = new Direction();
  readonly #receiving = new Direction();

  /** How many transfers are under way. */
  get busy(): number {
    return this.#sending.busy.size;
  }

  canSend(from: StoreId, use: Use): boolean {
    return this.#sending.isFree(from, use);
  }

  canReceive(to: StoreId, use: Use): boolean {
    return this.#receiving.isFree(to, use);
  }

  take({ from, to }: Way): void {
    this.#sending.busy.add(from);
    this.#receiving.busy.add(to);
  }

  /** `sendMs`, `receiveMs`: what the two lines should have needed, and owe to members; 0 if it could not wait. */
  give(
    { from, to }: Way,
    { nowMs, sendMs, receiveMs }: { nowMs: number; sendMs: number; receiveMs: number },
  ): void {
    this.#sending.give(from, nowMs, sendMs);
    this.#receiving.give(to, nowMs, receiveMs);
  }
}

class Direction {
  readonly busy = new Set<StoreId>();
  readonly #restedMs = new Map<StoreId, number>();

  isFree(store: StoreId, { nowMs, isUrgent }: Use): boolean {
    if (this.busy.has(store)) return false;
    return isUrgent || (this.#restedMs.get(store) ?? 0) - nowMs < MOST_OWED_MS;
  }

  give(store: StoreId, nowMs: number, owedMs: number): void {
    this.busy.delete(store);
    if (owedMs > 0) {
      this.#restedMs.set(store, Math.max(nowMs, this.#restedMs.get(store) ?? 0) + owedMs);
    }
  }
}
