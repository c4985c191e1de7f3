// Removal as its owner sees it: what was ordered, how far it is, and what can come back. The newest first.

import { readForgetOrder } from '@kura/contract';
import type {
  ForgottenView,
  RemovalsView,
  RemovalView,
  TermView,
} from '@kura/contract/wire/endpoints/removals.ts';
import { batches } from '../db/batches.ts';
import type { ForgottenSnapshotsTable } from '../db/removal-tables.ts';
import type { MemberRows } from '../db/tables.ts';

export interface Looking {
  readonly limit: number;
  readonly leafBytes: number;
}

export async function viewRemovals(of: MemberRows, looking: Looking): Promise<RemovalsView> {
  return {
    removals: await ordered(of, looking),
    forgotten: await forgotten(of, looking.limit),
    terms: await terms(of, looking.limit),
  };
}

export function viewForgotten(row: ForgottenSnapshotsTable): ForgottenView {
  return {
    snapshotId: row.snapshot_id,
    packId: row.pack_id,
    timeMs: row.time_ms,
    loggedMs: row.logged_ms ?? undefined,
    forgottenMs: row.forgotten_ms,
    predecessor: row.predecessor ?? undefined,
    leafIndex: row.leaf_index,
  };
}

async function ordered(
  { rows, memberId }: MemberRows,
  { limit, leafBytes }: Looking,
): Promise<readonly RemovalView[]> {
  const all = await rows
    .selectFrom('removals')
    .selectAll()
    .where('member_id', '=', memberId)
    .orderBy('ordered_at', 'desc')
    .limit(limit)
    .execute();
  const stores = new Map<string, RemovalView['stores'][number][]>();
  for (const batch of batches(all.map((row) => row.removal_id))) {
    const told = await rows
      .selectFrom('removal_stores')
      .select(['removal_id', 'store_id', 'confirmed_ms'])
      .where('member_id', '=', memberId)
      .where('removal_id', 'in', batch)
      .orderBy('store_id')
      .execute();
    for (const { removal_id, store_id, confirmed_ms } of told) {
      const list = stores.get(removal_id) ?? [];
      stores.set(removal_id, [
        ...list,
        { storeId: store_id, confirmedMs: confirmed_ms ?? undefined },
      ]);
    }
  }
  return all.map((row) => ({
    removalId: row.removal_id,
    state: row.state,
    orderedMs: row.ordered_ms,
    dueMs: row.due_ms,
    endedMs: row.ended_ms ?? undefined,
    packs: row.packs,
    bytes: row.leaves * leafBytes,
    stores: stores.get(row.removal_id) ?? [],
  }));
}

async function forgotten(
  { rows, memberId }: MemberRows,
  limit: number,
): Promise<readonly ForgottenView[]> {
  const all = await rows
    .selectFrom('forgotten_snapshots')
    .selectAll()
    .where('member_id', '=', memberId)
    .orderBy('forgotten_at', 'desc')
    .limit(limit)
    .execute();
  return all.map(viewForgotten);
}

async function terms({ rows, memberId }: MemberRows, limit: number): Promise<readonly TermView[]> {
  const all = await rows
    .selectFrom('timed_orders')
    .selectAll()
    .where('member_id', '=', memberId)
    .orderBy('due_ms')
    .limit(limit)
    .execute();
  return all.map(({ order_hash: termId, due_ms: dueMs, body }) => ({
    ...{ termId, dueMs, snapshots: readForgetOrder(body).snapshots },
  }));
}
