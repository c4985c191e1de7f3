// After a total loss the tables are founded anew, and filled with what the stores still have. Such a
// pack may be below strength and its copies carry no acknowledgement: they count as held because they
// were read, and `check --repair` brings the rest back. Never used for new packs.
import {
  type CopyId,
  KuraError,
  MAX_COPIES,
  type MemberId,
  type PackId,
  type StoreId,
} from '@kura/base';
import { batches, nextTick } from '../db/batches.ts';
import type { CopiesTable, MemberRows, Rows } from '../db/tables.ts';
import { recountUsage } from '../members/usage.ts';
import { mustKnow, readStores } from '../stores/stores.ts';

export interface AdoptedCopy {
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  readonly root: Uint8Array;
}

export interface AdoptedPack {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly copies: readonly AdoptedCopy[];
}

const REASON = 'found at the store after a total loss';

/** How many copies are wanted, as the snapshots tell; no more than there are stores to keep them. */
export async function adoptCopies(rows: Rows, copies: number): Promise<void> {
  const stores = await readStores(rows);
  if (!Number.isInteger(copies) || copies < 1 || copies > Math.min(MAX_COPIES, stores.size)) {
    throw new KuraError('refused', `${copies} copies cannot be kept in ${stores.size} stores`);
  }
  await rows.updateTable('network').set({ copies }).execute();
}

/** Packs that are known already keep their row and gain the copies that they lacked. */
export async function adoptPacks(
  of: MemberRows,
  packs: readonly AdoptedPack[],
  nowMs: number,
): Promise<void> {
  const { rows, memberId } = of;
  const stores = await readStores(rows);
  for (const { packId, copies } of packs) {
    for (const copy of copies) mustKnow(stores, copy.storeId);
    if (copies.length === 0) {
      throw new KuraError('refused', `pack ${packId} cannot be adopted without a copy`);
    }
  }
  const changedAt = await nextTick(of);
  const found = packs.map(({ packId, leafCount }) => ({
    member_id: memberId,
    pack_id: packId,
    leaf_count: leafCount,
    state: 'standing' as const,
    marked_at: null,
    marked_ms: null,
    recorded_ms: nowMs,
    changed_at: changedAt,
    moved_ms: null,
    retired_ms: null,
    device_id: null,
    session_id: null,
  }));
  const copies = packs.flatMap((pack) =>
    pack.copies.map((copy) => columns({ memberId, packId: pack.packId }, copy)),
  );
  for (const batch of batches(found)) {
    await rows
      .insertInto('packs')
      .values(batch)
      .onConflict((same) => same.columns(['member_id', 'pack_id']).doNothing())
      .execute();
  }
  for (const batch of batches(copies)) {
    await rows
      .insertInto('copies')
      .values(batch)
      .onConflict((same) => same.columns(['member_id', 'pack_id', 'store_id']).doNothing())
      .execute();
  }
  await recountUsage(of);
}

function columns(
  { memberId, packId }: { readonly memberId: MemberId; readonly packId: PackId },
  copy: AdoptedCopy,
): CopiesTable {
  return {
    member_id: memberId,
    pack_id: packId,
    store_id: copy.storeId,
    copy_id: copy.copyId,
    root: copy.root,
    state: 'held',
    reason: REASON,
    added_ms: null,
    acknowledged_ms: null,
    signature: null,
  };
}
