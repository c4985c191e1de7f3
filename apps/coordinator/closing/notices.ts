// Which stores are told of a closing, and what each has answered: one row for each store that has copies of the member,
// told every day until it has known the notice for as long as it has to.
import { DAY_MS, type MemberId, MINUTE_MS, type StoreId } from '@kura/base';
import { type NoticeHeld, signClosingNotice } from '@kura/contract';
import type { ClosingStoresTable, ClosingsTable } from '../db/closing-tables.ts';
import type { MemberRows, Rows } from '../db/tables.ts';

export interface NoticeSigning {
  /** Ed25519 seed of the coordinator. */
  readonly coordinatorSeed: Uint8Array;
  readonly nowMs: number;
}

type Given = Pick<ClosingsTable, 'consent' | 'days' | 'given_ms'>;

/** Rows for stores with copies that have none: when notice is given, and when copies have moved since. */
export async function noticeStores(
  of: MemberRows,
  { consent, days, given_ms: givenMs }: Given,
  { coordinatorSeed, nowMs }: NoticeSigning,
): Promise<void> {
  const told = await toldStores(of);
  for (const { storeId, pseudonym } of await keepersOf(of)) {
    if (told.has(storeId)) continue;
    const fields = { storeId, pseudonym, consent, days, givenMs };
    const row = { notice: signClosingNotice(fields, coordinatorSeed), withdrawal: null };
    await putStore(of, { ...row, store_id: storeId, pseudonym, next_ms: nowMs });
  }
}

/** Every store that has copies, or was told a notice, hears that the owner has taken the consent back. */
export async function withdrawAtStores(
  of: MemberRows,
  withdrawal: Uint8Array,
  nowMs: number,
): Promise<void> {
  const { rows, memberId } = of;
  await rows
    .updateTable('closing_stores')
    .set({ notice: null, withdrawal, held_ms: 0, ready_ms: null, next_ms: nowMs })
    .where('member_id', '=', memberId)
    .execute();
  for (const { storeId, pseudonym } of await keepersOf(of)) {
    const row = { store_id: storeId, pseudonym, notice: null, withdrawal, next_ms: nowMs };
    await putStore(of, row);
  }
}

/** What they were to be told of a notice is over. */
export async function forgetNotices({ rows, memberId }: MemberRows): Promise<void> {
  await rows
    .deleteFrom('closing_stores')
    .where('member_id', '=', memberId)
    .where('withdrawal', 'is', null)
    .execute();
}

/** Of one store, oldest first. */
export async function dueTellings(
  rows: Rows,
  asked: { readonly storeId: StoreId; readonly nowMs: number; readonly limit: number },
): Promise<readonly ClosingStoresTable[]> {
  return rows
    .selectFrom('closing_stores')
    .selectAll()
    .where('store_id', '=', asked.storeId)
    .where('next_ms', '<=', asked.nowMs)
    .orderBy('next_ms')
    .limit(asked.limit)
    .execute();
}

/** What a store answered to a notice. Once it has known it for long enough, warrants that waited for it may go. */
export async function noteHeard(
  rows: Rows,
  told: ClosingStoresTable,
  { held, nowMs }: { readonly held: NoticeHeld; readonly nowMs: number },
): Promise<void> {
  const leftMs = held.neededMs - held.heldMs;
  const isReady = leftMs <= 0;
  const waitMs = Math.min(DAY_MS, Math.max(MINUTE_MS, leftMs));
  const { member_id: memberId, store_id: storeId } = told;
  const { numUpdatedRows } = await rows
    .updateTable('closing_stores')
    .set({
      held_ms: held.heldMs,
      ready_ms: isReady ? nowMs : null,
      next_ms: isReady ? null : nowMs + waitMs,
    })
    .where('member_id', '=', memberId)
    .where('store_id', '=', storeId)
    // Unless another notice, or its end, came between.
    .where('next_ms', '=', told.next_ms)
    .where('withdrawal', 'is', null)
    .executeTakeFirstOrThrow();
  if (!isReady || numUpdatedRows === 0n) return;
  await rows
    .updateTable('warrants')
    .set({ state: 'waiting' })
    .where('member_id', '=', memberId)
    .where('store_id', '=', storeId)
    .where('state', '=', 'early')
    .execute();
}

export async function noteWithdrawalTold(rows: Rows, told: ClosingStoresTable): Promise<void> {
  await rows
    .deleteFrom('closing_stores')
    .where('member_id', '=', told.member_id)
    .where('store_id', '=', told.store_id)
    .where('next_ms', '=', told.next_ms)
    .where('notice', 'is', null)
    .execute();
}

export interface ToldStore {
  readonly notice: Uint8Array;
  /** It has known the notice for as long as it has to. */
  readonly isReady: boolean;
}

export async function toldStores({
  rows,
  memberId,
}: MemberRows): Promise<ReadonlyMap<StoreId, ToldStore>> {
  const all = await rows
    .selectFrom('closing_stores')
    .select(['store_id', 'notice', 'ready_ms'])
    .where('member_id', '=', memberId)
    .execute();
  const stores = new Map<StoreId, ToldStore>();
  for (const { store_id, notice, ready_ms } of all) {
    if (notice !== null) stores.set(store_id, { notice, isReady: ready_ms !== null });
  }
  return stores;
}

interface Keeper {
  readonly storeId: StoreId;
  readonly pseudonym: MemberId;
}

/** Stores with copies of the member, under the name by which each knows them. */
async function keepersOf({ rows, memberId }: MemberRows): Promise<readonly Keeper[]> {
  return rows
    .selectFrom('store_members')
    .innerJoin('stores', 'stores.store_id', 'store_members.store_id')
    .select(['store_members.store_id as storeId', 'store_members.pseudonym as pseudonym'])
    .where('store_members.member_id', '=', memberId)
    .where('stores.state', '!=', 'retired')
    .where((all) =>
      all.exists(
        all
          .selectFrom('copies')
          .select('copies.copy_id')
          .where('copies.member_id', '=', memberId)
          .whereRef('copies.store_id', '=', 'store_members.store_id'),
      ),
    )
    .orderBy('store_members.store_id')
    .execute();
}

type NewStoreRow = Omit<ClosingStoresTable, 'member_id' | 'held_ms' | 'ready_ms'>;

async function putStore({ rows, memberId }: MemberRows, row: NewStoreRow): Promise<void> {
  const { store_id, ...columns } = { ...row, held_ms: 0, ready_ms: null };
  await rows
    .insertInto('closing_stores')
    .values({ member_id: memberId, store_id, ...columns })
    .onConflict((same) => same.columns(['member_id', 'store_id']).doUpdateSet(columns))
    .execute();
}
