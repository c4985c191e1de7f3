// When a notice is over: packs of the member go aside in batches, each as an order of its own, with a warrant for every
// store that has copies. A store obeys none before it has known the notice for its days itself; those warrants wait.
import type { CopyId, PackId, StoreId } from '@kura/base';
import { type ClosingWarrant, signWarrant } from '@kura/contract';
import { batches, nextTick } from '../db/batches.ts';
import type { ClosingsTable } from '../db/closing-tables.ts';
import type { MemberRows } from '../db/tables.ts';
import { dropPacks } from '../prune/drop.ts';
import { setAside } from '../removal/set-aside.ts';
import { insertWarrant } from '../warrants/order.ts';
import { type NoticeSigning, noticeStores, toldStores } from './notices.ts';

/** Of one transaction, which holds up whoever else works on the tables; a warrant may name ten times as many. */
const MAX_PACKS = 1000;

export interface OrderingRules extends NoticeSigning {
  readonly removalDelayMs: number;
}

/** One batch, of a closing whose notice is over. Resolves to how many packs went aside. */
export async function orderBatch(
  of: MemberRows,
  closing: ClosingsTable,
  rules: OrderingRules,
): Promise<number> {
  const packs = await nextPacks(of);
  if (packs.length === 0) return 0;
  await noticeStores(of, closing, rules);
  await condemn(of, packs, rules.nowMs);
  const warrants = await makeWarrants(of, packs, rules);
  const { nowMs, removalDelayMs } = rules;
  if (warrants.length > 0) {
    const dueMs = nowMs + removalDelayMs;
    const { closing_id: closingId } = closing;
    await setAside(of, { packs, warrants, orderedMs: nowMs, dueMs, closingId });
  }
  await dropPacks(of, packs, nowMs);
  return packs.length;
}

/** A copy that is being made has no row yet that a warrant could name: next time. */
async function nextPacks({ rows, memberId }: MemberRows): Promise<readonly PackId[]> {
  const found = await rows
    .selectFrom('packs')
    .select('pack_id')
    .where('member_id', '=', memberId)
    .where((all) =>
      all.not(
        all.exists(
          all
            .selectFrom('move_packs')
            .select('move_packs.pack_id')
            .whereRef('move_packs.pack_id', '=', 'packs.pack_id')
            .where('move_packs.member_id', '=', memberId)
            .where('move_packs.step', '=', 'carry'),
        ),
      ),
    )
    .orderBy('pack_id')
    .limit(MAX_PACKS)
    .execute();
  return found.map((row) => row.pack_id);
}

async function condemn(of: MemberRows, packs: readonly PackId[], nowMs: number): Promise<void> {
  const { rows, memberId } = of;
  const tick = await nextTick(of);
  const marked = { marked_at: tick, marked_ms: nowMs, changed_at: tick };
  for (const batch of batches(packs)) {
    await rows
      .updateTable('packs')
      .set({ state: 'destroying', ...marked })
      .where('member_id', '=', memberId)
      .where('pack_id', 'in', batch)
      .execute();
  }
}

async function makeWarrants(
  of: MemberRows,
  packs: readonly PackId[],
  { coordinatorSeed, removalDelayMs, nowMs }: OrderingRules,
): Promise<readonly { readonly warrantId: string; readonly storeId: StoreId }[]> {
  const told = await toldStores(of);
  const warrants: { warrantId: string; storeId: StoreId }[] = [];
  for (const [storeId, copyIds] of await copiesByStore(of, packs)) {
    const store = told.get(storeId);
    if (store === undefined) continue; // it has left, and what it had with it
    const fields = { kind: 'closing', storeId, copyIds, issuedMs: nowMs } as const;
    const warrant = signWarrant<ClosingWarrant>(
      { ...fields, notice: store.notice },
      coordinatorSeed,
    );
    const state = store.isReady ? 'waiting' : 'early';
    const due = { warrant, notBeforeMs: nowMs + removalDelayMs, state } as const;
    warrants.push({ warrantId: await insertWarrant(of, due), storeId });
  }
  return warrants;
}

async function copiesByStore(
  { rows, memberId }: MemberRows,
  packs: readonly PackId[],
): Promise<ReadonlyMap<StoreId, readonly CopyId[]>> {
  const stores = new Map<StoreId, CopyId[]>();
  for (const batch of batches(packs)) {
    const copies = await rows
      .selectFrom('copies')
      .select(['store_id', 'copy_id'])
      .where('member_id', '=', memberId)
      .where('pack_id', 'in', batch)
      .orderBy('copy_id')
      .execute();
    for (const { store_id, copy_id } of copies) {
      const list = stores.get(store_id) ?? [];
      list.push(copy_id);
      stores.set(store_id, list);
    }
  }
  return stores;
}
