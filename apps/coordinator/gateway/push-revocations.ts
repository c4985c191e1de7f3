// Hands the newest revocation list to every store that this gateway reaches. A store that is slow or silent holds up
// no other; one that comes back gets the list again, for it may have lost it.
import type { StoreId } from '@kura/base';
import { lastList, type SignedList } from '../authority/revocations.ts';
import type { Rows } from '../db/tables.ts';

/** What a gateway can do at a store; in life a `RemoteStore`. */
export interface ListTaker {
  takeRevocations(signed: Uint8Array): Promise<void>;
}

export interface PushOptions {
  readonly rows: () => Rows;
  readonly stores: {
    reachable(): ReadonlySet<StoreId>;
    remote(storeId: StoreId): ListTaker | undefined;
  };
  /** It is tried again in the next round. */
  readonly onFailure: (storeId: StoreId, error: unknown) => void;
}

export class RevocationPush {
  readonly #options: PushOptions;
  /** Number of the list that each store has taken. */
  readonly #taken = new Map<StoreId, number>();
  readonly #underway = new Map<StoreId, Promise<void>>();

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** One round: resolves when the list is read and on its way, not when it has arrived. */
  async round(): Promise<void> {
    const { rows, stores } = this.#options;
    const last = await lastList(rows());
    if (last === undefined) return;
    for (const storeId of stores.reachable()) {
      const isDue = (this.#taken.get(storeId) ?? 0) < last.number;
      if (isDue && !this.#underway.has(storeId)) this.#begin(storeId, last);
    }
  }

  /** What it has taken is not known any more. */
  forget(storeId: StoreId): void {
    this.#taken.delete(storeId);
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    await Promise.all(this.#underway.values());
  }

  #begin(storeId: StoreId, last: SignedList): void {
    const sending = this.#send(storeId, last).finally(() => this.#underway.delete(storeId));
    this.#underway.set(storeId, sending);
  }

  async #send(storeId: StoreId, { number, list }: SignedList): Promise<void> {
    const { stores, onFailure } = this.#options;
    const store = stores.remote(storeId);
    if (store === undefined) return; // gone since it was looked at: the next round sees it again
    try {
      await store.takeRevocations(list);
      this.#taken.set(storeId, number);
    } catch (error) {
      onFailure(storeId, error);
    }
  }
}
