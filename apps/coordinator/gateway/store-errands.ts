// Brings warrants whose time has come to the stores that this gateway reaches. Each store checks them itself, and by
// its own clock.
import { KuraError, type Random, type StoreId } from '@kura/base';
import { decodeWarrant, type Warrant } from '@kura/contract';
import type { CoordinatorDatabase } from '../db/tables.ts';
import type { Leases } from '../leases/leases.ts';
import { beginCarrying, noteConfirmed } from '../removal/confirm.ts';
import { dueWarrants, noteObeyed } from '../warrants/order.ts';
import type { KnownStores } from './known-stores.ts';

interface Errand {
  /** Resolves to the store's signed confirmation; undefined from a folder of this process. */
  obey(warrant: Warrant): Promise<Uint8Array | undefined>;
}

export interface ErrandsParts {
  readonly database: CoordinatorDatabase;
  readonly stores: Pick<KnownStores, 'reachable'> & {
    remote(storeId: StoreId): Errand | undefined;
  };
  readonly leases: Leases;
  readonly nowMs: () => number;
  readonly random: Random;
  /** Told of a store that would not, for a log. */
  readonly onFailure: (storeId: StoreId, error: unknown) => void;
}

/** Of one store and round: other stores have their turn. */
const MAX_WARRANTS = 20;

export class StoreErrands {
  readonly #parts: ErrandsParts;

  constructor(parts: ErrandsParts) {
    this.#parts = parts;
  }

  /** Under a lease per store: two gateways would only do the same work twice. */
  async bringWarrants(): Promise<void> {
    await this.#forEach(async (storeId, store) => {
      const { database, leases, nowMs, random } = this.#parts;
      const due = { storeId, nowMs: nowMs(), limit: MAX_WARRANTS };
      const warrants = await database.read((rows) => dueWarrants(rows, due));
      if (warrants.length === 0) return;
      const lease = await leases.take(`warrants/${storeId}`);
      if (lease === undefined) return;
      for (const { warrantId, body } of warrants) {
        // From here on it cannot be taken back: a revocation that came before is seen, one that comes later is refused.
        if (!(await lease.transact((rows) => beginCarrying(rows, warrantId, nowMs())))) continue;
        let confirmation: Uint8Array | undefined;
        try {
          confirmation = await store.obey(decodeWarrant(body));
        } catch (error) {
          // One that the store does not accept holds up no other; it is made anew, or stays refused.
          if (!(error instanceof KuraError) || error.code !== 'refused') throw error;
          this.#parts.onFailure(storeId, error);
          continue;
        }
        await lease.transact(async (rows) => {
          if (confirmation !== undefined) {
            const noting = {
              warrantId,
              confirmation,
              encodedWarrant: body,
              random,
              nowMs: nowMs(),
            };
            await noteConfirmed(rows, noting);
          }
          await noteObeyed(rows, warrantId);
        });
      }
    });
  }

  async #forEach(work: (storeId: StoreId, store: Errand) => Promise<void>): Promise<void> {
    const { stores, onFailure } = this.#parts;
    await Promise.all(
      [...stores.reachable()].map(async (storeId) => {
        const store = stores.remote(storeId);
        if (store === undefined) return;
        try {
          await work(storeId, store);
        } catch (error) {
          if (!(error instanceof KuraError)) throw error;
          onFailure(storeId, error);
        }
      }),
    );
  }
}
