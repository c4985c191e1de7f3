// Rows for durable copies. Nothing is recorded that a store has not signed for, that lies on fewer
// stores than the network wants, or whose pack id was ever used before.
import {
  type DeviceId,
  KuraError,
  type MemberId,
  type PackId,
  type SessionId,
  type StoreId,
} from '@kura/base';
import {
  type PackRecord,
  type StoreDescription,
  type StoredCopy,
  verifyAcknowledgement,
} from '@kura/contract';
import { batches, nextTick } from '../db/batches.ts';
import type { CopiesTable, MemberRows, PacksTable } from '../db/tables.ts';
import { countPacks } from '../members/usage.ts';
import { assertSpread } from '../placement/spread.ts';
import { mustKnow, readStores } from '../stores/stores.ts';

const ROOT_BYTES = 32;

export interface Strength {
  /** Copies of every pack on different stores. */
  readonly minimumCopies: number;
  /** The only sizes that a pack may have. */
  readonly packLeaves: readonly number[];
}

export interface Recording {
  readonly strength: Strength;
  readonly nowMs: number;
  /** Which device saved each pack, as far as that is known. */
  readonly savedBy?: ReadonlyMap<PackId, DeviceId>;
  /** Within which they were saved; absent: they were brought along. */
  readonly session?: SessionId;
}

export async function recordPacks(
  of: MemberRows,
  packs: readonly PackRecord[],
  { strength, nowMs, savedBy, session }: Recording,
): Promise<void> {
  const { rows, memberId } = of;
  const stores = await readStores(rows);
  for (const pack of packs) checkPack(pack, stores, strength);
  await refuseUsedIds(
    of,
    packs.map((pack) => pack.packId),
  );
  const changedAt = await nextTick(of);
  const newPacks: PacksTable[] = packs.map((pack) => ({
    member_id: memberId,
    pack_id: pack.packId,
    leaf_count: pack.leafCount,
    state: 'standing',
    marked_at: null,
    marked_ms: null,
    recorded_ms: nowMs,
    changed_at: changedAt,
    moved_ms: null,
    retired_ms: null,
    device_id: savedBy?.get(pack.packId) ?? null,
    session_id: session ?? null,
  }));
  const newCopies = packs.flatMap((pack) =>
    pack.copies.map((copy) => copyColumns({ memberId, packId: pack.packId }, copy)),
  );
  for (const batch of batches(newPacks)) await rows.insertInto('packs').values(batch).execute();
  for (const batch of batches(newCopies)) await rows.insertInto('copies').values(batch).execute();
  const leaves = packs.reduce((sum, pack) => sum + pack.leafCount, 0);
  await countPacks(of, { packs: packs.length, leaves });
}

/** Throws `refused` unless this store signed for a copy of this many leaves. */
export function checkCopy(
  copy: StoredCopy,
  leafCount: number,
  stores: ReadonlyMap<StoreId, StoreDescription>,
): void {
  const { acknowledgement } = copy;
  const store = mustKnow(stores, acknowledgement.storeId);
  if (acknowledgement.leafCount !== leafCount || acknowledgement.root.length !== ROOT_BYTES) {
    throw new KuraError('refused', `store ${store.location} acknowledged another copy`);
  }
  verifyAcknowledgement(acknowledgement, store.identity.publicKey);
}

export function copyColumns(
  { memberId, packId }: { readonly memberId: MemberId; readonly packId: PackId },
  copy: StoredCopy,
): CopiesTable {
  const { acknowledgement, reason } = copy;
  return {
    member_id: memberId,
    pack_id: packId,
    store_id: acknowledgement.storeId,
    copy_id: acknowledgement.copyId,
    root: acknowledgement.root,
    state: 'held',
    reason,
    added_ms: acknowledgement.timeMs,
    acknowledged_ms: acknowledgement.timeMs,
    signature: acknowledgement.signature,
  };
}

function checkPack(
  pack: PackRecord,
  stores: ReadonlyMap<StoreId, StoreDescription>,
  { minimumCopies, packLeaves }: Strength,
): void {
  if (!packLeaves.includes(pack.leafCount)) {
    throw new KuraError('refused', `a pack of ${pack.leafCount} leaves is of no allowed size`);
  }
  for (const copy of pack.copies) checkCopy(copy, pack.leafCount, stores);
  const holders = pack.copies.map((copy) => copy.acknowledgement);
  assertSpread(holders, [...stores.values()], 0);
  const standing = holders.filter(({ storeId }) => mustKnow(stores, storeId).state !== 'lost');
  assertSpread(standing, [...stores.values()], minimumCopies);
}

async function refuseUsedIds(
  { rows, memberId }: MemberRows,
  packIds: readonly PackId[],
): Promise<void> {
  const used: PackId[] = [];
  const given = new Set<PackId>();
  for (const packId of packIds) {
    if (given.has(packId)) used.push(packId);
    given.add(packId);
  }
  for (const batch of batches(packIds)) {
    for (const table of ['packs', 'dropped_packs'] as const) {
      const found = await rows
        .selectFrom(table)
        .select('pack_id')
        .where('member_id', '=', memberId)
        .where('pack_id', 'in', batch)
        .execute();
      used.push(...found.map((row) => row.pack_id));
    }
  }
  const [first] = used;
  if (first === undefined) return;
  throw new KuraError('refused', `pack id ${first} was used before`, {
    context: { packId: first },
  });
}
