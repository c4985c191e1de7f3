// Stores at which the operator lets nothing be removed, and what each has heard of it: "On hold" in
// docs/design/removal.md.
import { DAY_MS, KuraError, type StoreId } from '@kura/base';
import type { StoreHoldView } from '@kura/contract/wire/endpoints/operator.ts';
import type { HoldOrder } from '@kura/contract/wire/hold-order.ts';
import type { Rows, StoresTable } from '../db/tables.ts';
import { noteChange } from './stores.ts';

export interface HoldChange {
  readonly isHeld: boolean;
  readonly why: string;
  /** Who orders it; null: nobody here, the store told of it. */
  readonly operator: string | null;
  readonly nowMs: number;
}

/** Holding what is held, or releasing what is not, changes nothing. Throws `refused` for a store that is not there. */
export async function orderHold(
  rows: Rows,
  storeId: StoreId,
  { isHeld, why, operator, nowMs }: HoldChange,
): Promise<void> {
  const row = await readHold(rows, storeId);
  if (row.state === 'retired') {
    throw new KuraError('refused', `store ${storeId} was retired and keeps nothing`);
  }
  if ((row.is_held === 1) === isHeld) return;
  const order = { number: row.hold_number + 1, isHeld, sinceMs: nowMs, why };
  await writeOrder(rows, storeId, { order, operator });
  const because = why === '' ? '' : `: ${why}`;
  const what = isHeld ? `on hold${because}` : 'released';
  await noteChange(rows, { storeId, timeMs: nowMs, what });
}

/**
 * What a store tells with its heartbeat. Resolves to what it does not know yet. Tables that know less than the store
 * were rebuilt, or are old: then it is held if either says so, for only a release that was said ends a hold.
 */
export async function hearHold(
  rows: Rows,
  storeId: StoreId,
  { told, nowMs }: { readonly told: HoldOrder | undefined; readonly nowMs: number },
): Promise<HoldOrder | undefined> {
  const heard = told?.number ?? 0;
  let row = await readHold(rows, storeId);
  if (told !== undefined && heard > row.hold_number) {
    const known = orderOf(row);
    const order = row.is_held === 1 && !told.isHeld ? { ...known, number: heard + 1 } : told;
    const operator = order === told ? null : row.hold_by;
    await writeOrder(rows, storeId, { order, operator });
    const what = `${order.isHeld ? 'on hold' : 'released'}, as the store says`;
    if (order === told) await noteChange(rows, { storeId, timeMs: nowMs, what });
    row = await readHold(rows, storeId);
  }
  if (row.hold_heard !== heard) {
    const columns = { hold_heard: heard };
    await rows.updateTable('stores').set(columns).where('store_id', '=', storeId).execute();
  }
  return row.hold_number > heard ? orderOf(row) : undefined;
}

/** For `not in`: no order to remove goes there, and nothing new. */
export function heldStores(rows: Rows) {
  return rows.selectFrom('stores').select('store_id').where('is_held', '=', 1);
}

export async function isHeld(rows: Rows, storeId: StoreId): Promise<boolean> {
  return (await readHold(rows, storeId)).is_held === 1;
}

/** A store that was away for so long starts on hold by itself; as `apps/store/daemon/hold.ts` has it. */
const AWAY_MS = DAY_MS;

export function viewHold(row: StoresTable, nowMs: number): StoreHoldView | undefined {
  const { is_held, hold_ms: sinceMs, hold_by, hold_why: why, hold_number, hold_heard } = row;
  if (is_held === 1) {
    const isHeard = hold_heard >= hold_number;
    return { by: 'operator', sinceMs, operator: hold_by ?? undefined, why, isHeard };
  }
  const { seen_ms: seenMs, state } = row;
  if (seenMs === null || state === 'retired' || nowMs - seenMs <= AWAY_MS) return undefined;
  const away = { operator: undefined, why: 'it was away', isHeard: true };
  return { by: 'store', sinceMs: seenMs + AWAY_MS, ...away };
}

type HoldRow = Pick<
  StoresTable,
  'state' | 'hold_number' | 'is_held' | 'hold_ms' | 'hold_by' | 'hold_why' | 'hold_heard'
>;

async function readHold(rows: Rows, storeId: StoreId): Promise<HoldRow> {
  const row = await rows
    .selectFrom('stores')
    .select(['state', 'hold_number', 'is_held', 'hold_ms', 'hold_by', 'hold_why', 'hold_heard'])
    .where('store_id', '=', storeId)
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new KuraError('refused', `store ${storeId} is not in this network`);
}

function orderOf({ hold_number: number, is_held, hold_ms: sinceMs, hold_why: why }: HoldRow) {
  return { number, isHeld: is_held === 1, sinceMs, why };
}

async function writeOrder(
  rows: Rows,
  storeId: StoreId,
  { order, operator }: { readonly order: HoldOrder; readonly operator: string | null },
): Promise<void> {
  await rows
    .updateTable('stores')
    .set({
      hold_number: order.number,
      is_held: order.isHeld ? 1 : 0,
      hold_ms: order.sinceMs,
      hold_by: operator,
      hold_why: order.why,
    })
    .where('store_id', '=', storeId)
    .execute();
}
