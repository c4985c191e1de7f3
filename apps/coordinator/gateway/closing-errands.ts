// Tells stores of notices of closing, day by day, and of consents that their owners have taken back. What a store
// answers is what it believes itself; nothing is removed by it.
import { KuraError, type StoreId } from '@kura/base';
import type { NoticedStore } from '@kura/contract';
import { dueTellings, noteHeard, noteWithdrawalTold } from '../closing/notices.ts';
import type { ClosingStoresTable } from '../db/closing-tables.ts';
import type { CoordinatorDatabase } from '../db/tables.ts';
import type { Lease, Leases } from '../leases/leases.ts';
import type { KnownStores } from './known-stores.ts';

export interface ClosingErrandsParts {
  readonly database: CoordinatorDatabase;
  readonly stores: Pick<KnownStores, 'reachable'> & {
    remote(storeId: StoreId): NoticedStore | undefined;
  };
  readonly leases: Leases;
  readonly nowMs: () => number;
  /** Told of a store that would not, for a log. */
  readonly onFailure: (storeId: StoreId, error: unknown) => void;
}

/** Of one store and round. */
const MAX_TELLINGS = 100;

export class ClosingErrands {
  readonly #parts: ClosingErrandsParts;

  constructor(parts: ClosingErrandsParts) {
    this.#parts = parts;
  }

  /** Under a lease per store: two gateways would only do the same work twice. */
  async round(): Promise<void> {
    await Promise.all([...this.#parts.stores.reachable()].map((storeId) => this.#tell(storeId)));
  }

  async #tell(storeId: StoreId): Promise<void> {
    const { database, stores, leases, nowMs, onFailure } = this.#parts;
    const asked = { storeId, nowMs: nowMs(), limit: MAX_TELLINGS };
    const due = await database.read((rows) => dueTellings(rows, asked));
    const store = stores.remote(storeId);
    if (due.length === 0 || store === undefined) return;
    const lease = await leases.take(`closings/${storeId}`);
    if (lease === undefined) return;
    for (const told of due) {
      try {
        await this.#tellOne(store, lease, told);
      } catch (error) {
        if (!(error instanceof KuraError)) throw error;
        onFailure(storeId, error);
        // One that the store refuses holds up no other; a store that is gone is asked again later.
        if (error.code !== 'refused') return;
      }
    }
  }

  async #tellOne(store: NoticedStore, lease: Lease, told: ClosingStoresTable): Promise<void> {
    const { nowMs } = this.#parts;
    const { notice, withdrawal, pseudonym } = told;
    if (withdrawal !== null) await store.takeWithdrawal(pseudonym, withdrawal);
    if (notice === null) return lease.transact((rows) => noteWithdrawalTold(rows, told));
    const held = await store.hearNotice(notice);
    await lease.transact((rows) => noteHeard(rows, told, { held, nowMs: nowMs() }));
  }
}
