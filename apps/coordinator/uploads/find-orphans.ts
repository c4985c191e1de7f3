// Uploads that expired before a gateway could say what became of them: stores may have copies or not, so they are
// asked, each by the name that a copy of this pack has there. One that cannot be asked now is asked later: until
// all have answered, the room counts as used.
import { KuraError, type MemberId, type StoreId } from '@kura/base';
import type { StorePort } from '@kura/contract';
import { copyIdOf } from '@kura/copy-seal';
import type { CopiesTable, Rows } from '../db/tables.ts';
import type { CopyKeys } from '../gateway/copy-keys.ts';
import type { Leases } from '../leases/leases.ts';
import type { Network } from '../network.ts';
import { type ExpiredUpload, expiredUploads, giveUpUpload } from './expire.ts';

export interface OrphanSearchParts {
  readonly network: Pick<Network, 'database' | 'clock'>;
  readonly leases: Leases;
  readonly stores: { get(storeId: StoreId): Pick<StorePort, 'stat'> | undefined };
  readonly keys: CopyKeys;
  /** Told of a store that could not be asked, for a log. */
  readonly onFailure: (storeId: StoreId, error: unknown) => void;
}

const LEASE = 'orphans';
/** Nobody signed for what is found like this: it is only known to be there. */
const REASON = 'found when its upload was given up';

export class OrphanSearch {
  readonly #parts: OrphanSearchParts;

  constructor(parts: OrphanSearchParts) {
    this.#parts = parts;
  }

  /** What is due now, if no other gateway is at it. */
  async round(): Promise<void> {
    const { network, leases } = this.#parts;
    const { database, clock } = network;
    const due = { isStored: false, nowMs: clock.nowMs() };
    const expired = await database.read((rows) => expiredUploads(rows, due));
    if (expired.length === 0) return;
    const lease = await leases.take(LEASE);
    if (lease === undefined) return;
    for (const upload of expired) {
      const copies = await this.#look(upload);
      if (copies === undefined) continue;
      await lease.transact((rows) => giveUpUpload(rows, { upload, copies, nowMs: clock.nowMs() }));
    }
  }

  /** Undefined if a store could not be asked. */
  async #look(upload: ExpiredUpload): Promise<readonly CopiesTable[] | undefined> {
    const { database } = this.#parts.network;
    const copies: CopiesTable[] = [];
    for (const storeId of await storesOf(database.kysely, upload.memberId)) {
      try {
        const copy = await this.#copyAt(storeId, upload);
        if (copy !== undefined) copies.push(copy);
      } catch (error) {
        if (!(error instanceof KuraError)) throw error;
        this.#parts.onFailure(storeId, error);
        return undefined;
      }
    }
    return copies;
  }

  async #copyAt(
    storeId: StoreId,
    { memberId, packId }: ExpiredUpload,
  ): Promise<CopiesTable | undefined> {
    const { stores, keys } = this.#parts;
    const store = stores.get(storeId);
    if (store === undefined) throw new KuraError('unreachable', `store ${storeId} is away`);
    const { copyKey } = await keys.keysFor(memberId, storeId);
    const copyId = copyIdOf(copyKey, packId);
    try {
      const { root } = await store.stat(copyId);
      return {
        ...{ member_id: memberId, pack_id: packId, store_id: storeId, copy_id: copyId, root },
        ...{ state: 'held', reason: REASON, added_ms: null },
        ...{ acknowledged_ms: null, signature: null },
      };
    } catch (error) {
      if (error instanceof KuraError && error.code === 'missing') return undefined;
      throw error;
    }
  }
}

/** Those that may have copies of this member, as far as their copies are not gone with them. */
async function storesOf(rows: Rows, memberId: MemberId): Promise<readonly StoreId[]> {
  const known = await rows
    .selectFrom('store_members')
    .innerJoin('stores', 'stores.store_id', 'store_members.store_id')
    .select('stores.store_id as storeId')
    .where('store_members.member_id', '=', memberId)
    .where('stores.state', 'in', ['active', 'unreachable', 'draining'])
    .execute();
  return known.map(({ storeId }) => storeId);
}
