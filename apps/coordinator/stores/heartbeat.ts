// What a store says every few seconds, and what it learns: whom to dial, whom to believe. A store that was missed
// is back with its first word; one that came back empty is told from one that was only away.
import { KuraError, type StoreId } from '@kura/base';
import type { BodyOf } from '@kura/contract/wire/endpoint.ts';
import type { HEARTBEAT_ENDPOINTS } from '@kura/contract/wire/endpoints/heartbeat.ts';
import type { Rows } from '../db/tables.ts';
import { livingGateways } from '../gateway/gateway-book.ts';
import { notePower } from '../hazards/history/store-power.ts';
import { hearHold } from './holds.ts';
import { judgeMark } from './inventory-marks.ts';
import { noteScrubReport } from './scrub-reports.ts';
import { mustKnow, noteNewEpoch, noteOldInventory, readStores, setStoreState } from './stores.ts';

type Endpoint = (typeof HEARTBEAT_ENDPOINTS)['heartbeat'];
export type Heartbeat = BodyOf<Endpoint['request']>;
export type HeartbeatAnswer = BodyOf<Endpoint['answer']>;

export interface HeartbeatOptions {
  readonly ticketKey: Uint8Array;
  readonly nowMs: number;
}

/** Throws `refused` for a store that is not in the directory, or is older than the directory knows it. */
export async function hearStore(
  rows: Rows,
  storeId: StoreId,
  { beat, options }: { readonly beat: Heartbeat; readonly options: HeartbeatOptions },
): Promise<HeartbeatAnswer> {
  const { nowMs, ticketKey } = options;
  const stores = await readStores(rows);
  const { identity, state: before } = mustKnow(stores, storeId);
  if (beat.inventoryEpoch < identity.inventoryEpoch) {
    throw new KuraError('refused', 'this shelf is older than what the network knows of the store', {
      guidance: 'Look whether an old copy of its disk was put back.',
      context: { reason: 'epoch', store: storeId },
    });
  }
  if (beat.inventoryEpoch > identity.inventoryEpoch) {
    await noteNewEpoch(rows, storeId, { inventoryEpoch: beat.inventoryEpoch, nowMs });
  }
  const told = beat.mark ?? 0;
  const mark = await judgeMark(rows, storeId, { told, nowMs });
  if (mark.isOlder) await noteOldInventory(rows, storeId, { told, known: mark.known, nowMs });
  const state = mark.isOlder ? 'lost' : before;
  const columns = { seen_ms: nowMs, free_bytes: beat.freeBytes };
  await rows.updateTable('stores').set(columns).where('store_id', '=', storeId).execute();
  if (beat.power !== undefined) await notePower(rows, storeId, { power: beat.power, nowMs });
  const knownFindings =
    beat.scrub === undefined
      ? undefined
      : await noteScrubReport(rows, {
          ...{ storeId, storeKey: identity.publicKey, signed: beat.scrub, nowMs },
        });
  if (state === 'unreachable') await setStoreState(rows, storeId, { state: 'active', nowMs });
  const hold = await hearHold(rows, storeId, { told: beat.hold, nowMs });
  const tick = await directoryTick(rows);
  return {
    state: state === 'unreachable' ? 'active' : state,
    gateways: await livingGateways(rows, nowMs),
    keys:
      beat.knownKeys === tick
        ? undefined
        : {
            tick,
            ticketKeys: [ticketKey],
            stores: [...stores.values()].map((store) => ({
              storeId: store.identity.storeId,
              publicKey: store.identity.publicKey,
            })),
          },
    knownFindings,
    mark: mark.give,
    hold,
  };
}

/** Never 0, which says that a store knows nothing yet. */
async function directoryTick(rows: Rows): Promise<number> {
  const row = await rows.selectFrom('network').select('stores_tick').executeTakeFirstOrThrow();
  return row.stores_tick + 1;
}
