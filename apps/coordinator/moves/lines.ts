// Who is using which line: one transfer at a time in each direction of a store. What can wait leaves half of a line to
// members: after each transfer the line rests as long as the transfer should have taken.
import type { StoreId } from '@kura/base';

export interface Way {
  readonly from: StoreId;
  readonly to: StoreId;
}

export class Lines {
  readonly #sending = new Set<StoreId>();
  readonly #receiving = new Set<StoreId>();
  readonly #sendRestMs = new Map<StoreId, number>();
  readonly #receiveRestMs = new Map<StoreId, number>();

  /** How many transfers are under way. */
  get busy(): number {
    return this.#sending.size;
  }

  canSend(from: StoreId, { nowMs, isUrgent }: { nowMs: number; isUrgent: boolean }): boolean {
    if (this.#sending.has(from)) return false;
    return isUrgent || nowMs >= (this.#sendRestMs.get(from) ?? 0);
  }

  canReceive(to: StoreId, { nowMs, isUrgent }: { nowMs: number; isUrgent: boolean }): boolean {
    if (this.#receiving.has(to)) return false;
    return isUrgent || nowMs >= (this.#receiveRestMs.get(to) ?? 0);
  }

  take({ from, to }: Way): void {
    this.#sending.add(from);
    this.#receiving.add(to);
  }

  /** `restUntilMs`: for what can wait. */
  give({ from, to }: Way, restUntilMs: number): void {
    this.#sending.delete(from);
    this.#receiving.delete(to);
    this.#sendRestMs.set(from, restUntilMs);
    this.#receiveRestMs.set(to, restUntilMs);
  }
}
