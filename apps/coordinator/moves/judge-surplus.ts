// Whether a pack has a copy too many, and which: the pure decision (`hazards/moves/retire.ts`) with what the tables
// know. Asked twice: before anything is read, and again when what stays has been read.
import { type MemberId, must, type PackId, type StoreId } from '@kura/base';
import { COMING_STEPS } from '../db/move-tables.ts';
import type { CopiesTable, Rows } from '../db/tables.ts';
import { decideRetirement, type HeldCopy } from '../hazards/moves/retire.ts';
import type { World } from '../hazards/planner/world.ts';
import { type Danger, stanceAt } from './danger.ts';
import { demandOfPack } from './demands.ts';
import type { Outlook } from './outlook.ts';

/** What was last planned from. */
export interface Knowledge {
  readonly outlook: Outlook;
  readonly world: World;
  readonly danger: Danger;
}

export interface Surplus {
  /** The copy that may go; undefined: none, or not now. */
  readonly retire: StoreId | undefined;
  readonly reason: string;
  /** Nothing is too many: there is no need to look again. */
  readonly isSettled: boolean;
}

export interface SurplusQuestion {
  readonly memberId: MemberId;
  readonly packId: PackId;
  /** Take what stays as read just now: whether reading it is worth the while. */
  readonly asIfRead: boolean;
  /** Where the pack was to go away from, whatever its risk. */
  readonly unwelcome: StoreId | undefined;
}

export async function judgeSurplus(
  rows: Rows,
  { outlook, world, danger }: Knowledge,
  { memberId, packId, asIfRead, unwelcome }: SurplusQuestion,
): Promise<Surplus> {
  const pack = await rows
    .selectFrom('packs')
    .select(['state', 'retired_ms', 'device_id'])
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .executeTakeFirst();
  const own = outlook.ofMembers.get(memberId);
  if (pack === undefined || pack.state === 'destroying' || own === undefined) {
    return { retire: undefined, reason: 'the pack is gone', isSettled: true };
  }
  const demand = must(outlook.demands[demandOfPack(own, pack.device_id)], 'a demand');
  const nowMs = danger.atMs;
  const held = await heldRows(rows, memberId, packId);
  const storeOf = (row: HeldRow): number => outlook.storeIds.indexOf(row.store_id);
  const copies = held.flatMap((row): HeldCopy[] => {
    const store = storeOf(row);
    if (store === -1 || world.store(store).state === 'lost') return [];
    const never = Number.NEGATIVE_INFINITY;
    const checkedMs = asIfRead ? nowMs : (row.acknowledged_ms ?? never);
    return [{ store, addedMs: row.added_ms ?? never, checkedMs }];
  });
  if (copies.length <= demand.copies) {
    const isSettled = !held.some((row) => outlook.absent.has(storeOf(row)));
    const reason = isSettled ? 'no copy is too many' : 'a store that is away may come back';
    return { retire: undefined, reason, isSettled };
  }
  const leave = unwelcome === undefined ? -1 : outlook.storeIds.indexOf(unwelcome);
  const { retire, reason } = decideRetirement({
    world,
    demand,
    copies,
    ...(leave === -1 ? {} : { unwelcome: new Set([leave]) }),
    calmSinceMs: Float64Array.from(outlook.storeIds, (id) => stanceAt(danger, id).calmSinceMs),
    isMoving: await isMoving(rows, memberId, packId),
    lastRetiredMs: pack.retired_ms ?? Number.NEGATIVE_INFINITY,
    nowMs,
  });
  const storeId = retire === undefined ? undefined : must(outlook.storeIds[retire], 'a store');
  return { retire: storeId, reason, isSettled: false };
}

export type HeldRow = Pick<
  CopiesTable,
  'store_id' | 'copy_id' | 'root' | 'added_ms' | 'acknowledged_ms' | 'signature'
>;

export async function heldRows(
  rows: Rows,
  memberId: MemberId,
  packId: PackId,
): Promise<readonly HeldRow[]> {
  return rows
    .selectFrom('copies')
    .select(['store_id', 'copy_id', 'root', 'added_ms', 'acknowledged_ms', 'signature'])
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('state', '=', 'held')
    .orderBy('store_id')
    .execute();
}

async function isMoving(rows: Rows, memberId: MemberId, packId: PackId): Promise<boolean> {
  const coming = await rows
    .selectFrom('move_packs')
    .select('store_id')
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('step', 'in', [...COMING_STEPS])
    .executeTakeFirst();
  return coming !== undefined;
}
