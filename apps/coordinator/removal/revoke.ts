// Taking a removal back, as long as no store was told: its packs stand again, with the copies that they had. Nothing is
// destroyed by it, so any device of the member may.
import { KuraError, type SnapshotId } from '@kura/base';
import { batches, nextTick } from '../db/batches.ts';
import type { ForgottenSnapshotsTable, RemovalsTable } from '../db/removal-tables.ts';
import type { MemberRows } from '../db/tables.ts';
import { countPacks } from '../members/usage.ts';

/** Throws `not_found`, or `refused` once a store was told. Twice is as once. */
export async function revokeRemoval(
  of: MemberRows,
  removalId: string,
  nowMs: number,
): Promise<void> {
  const removal = await of.rows
    .selectFrom('removals')
    .selectAll()
    .where('member_id', '=', of.memberId)
    .where('removal_id', '=', removalId)
    .executeTakeFirst();
  if (removal === undefined) {
    throw new KuraError('not_found', `there is no removal ${removalId}`, {
      guidance: 'See `kura removals list`.',
    });
  }
  if (removal.state === 'revoked') return;
  if (removal.closing_id !== null) {
    throw new KuraError('refused', `removal ${removalId} is a part of a closing`, {
      guidance: 'Take back the closing: kura removals revoke, with its id.',
      context: { reason: 'closing' },
    });
  }
  if (removal.state !== 'waiting') refuseLate(removal);
  await bringBack(of, removal, nowMs);
}

/**
 * Revokes every removal that may have taken packs of this snapshot. Resolves to its head as it was: the agent commits
 * its tree anew. Throws `not_found` if it was never forgotten, or once a store was told to remove what it needs.
 */
export async function makeWayBack(
  of: MemberRows,
  snapshotId: SnapshotId,
  nowMs: number,
): Promise<ForgottenSnapshotsTable> {
  const { rows, memberId } = of;
  const forgotten = await rows
    .selectFrom('forgotten_snapshots')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('snapshot_id', '=', snapshotId)
    .executeTakeFirst();
  if (forgotten === undefined) {
    throw new KuraError('not_found', `snapshot ${snapshotId} cannot come back`, {
      guidance: 'Stores were told to remove what it needs, or it never was: `kura removals list`.',
    });
  }
  const since = await rows
    .selectFrom('removals')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('state', '=', 'waiting')
    .where('closing_id', 'is', null)
    .where('ordered_at', '>', forgotten.forgotten_at)
    .execute();
  for (const removal of since) await bringBack(of, removal, nowMs);
  return forgotten;
}

function refuseLate({ removal_id: id }: RemovalsTable): never {
  throw new KuraError('refused', `removal ${id} is being carried out: stores were told`, {
    guidance: 'What is removed cannot be brought back.',
    context: { reason: 'late' },
  });
}

/** Of a removal that nobody was told of. */
export async function bringBack(
  of: MemberRows,
  removal: RemovalsTable,
  nowMs: number,
): Promise<void> {
  const { rows, memberId } = of;
  const { removal_id: removalId } = removal;
  await rows
    .updateTable('warrants')
    .set({ state: 'revoked' })
    .where('warrant_id', 'in', (all) =>
      all
        .selectFrom('removal_stores')
        .select('warrant_id')
        .where('member_id', '=', memberId)
        .where('removal_id', '=', removalId),
    )
    .execute();
  await packsStandAgain(of, removalId);
  await dropAside(of, removalId);
  await rows
    .updateTable('removals')
    .set({ state: 'revoked', ended_ms: nowMs })
    .where('member_id', '=', memberId)
    .where('removal_id', '=', removalId)
    .execute();
}

async function packsStandAgain(of: MemberRows, removalId: string): Promise<void> {
  const { rows, memberId } = of;
  const changedAt = await nextTick(of);
  const packs = await rows
    .selectFrom('removed_packs')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('removal_id', '=', removalId)
    .execute();
  const fresh = { state: 'standing', marked_at: null, marked_ms: null, moved_ms: null } as const;
  for (const batch of batches(packs)) {
    const back = batch.map(({ removal_id: _, ...pack }) => ({
      ...{ ...pack, ...fresh, retired_ms: null, changed_at: changedAt },
    }));
    await rows.insertInto('packs').values(back).execute();
    const ids = batch.map((pack) => pack.pack_id);
    await rows
      .deleteFrom('dropped_packs')
      .where('member_id', '=', memberId)
      .where('pack_id', 'in', ids)
      .execute();
  }
  const copies = await rows
    .selectFrom('removed_copies')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('removal_id', '=', removalId)
    .execute();
  for (const batch of batches(copies)) {
    const back = batch.map(({ removal_id: _, ...copy }) => copy);
    await rows.insertInto('copies').values(back).execute();
  }
  const leaves = packs.reduce((sum, pack) => sum + pack.leaf_count, 0);
  await countPacks(of, { packs: packs.length, leaves });
}

/** What it was kept for is decided. */
export async function dropAside({ rows, memberId }: MemberRows, removalId: string): Promise<void> {
  for (const table of ['removed_copies', 'removed_packs'] as const) {
    await rows
      .deleteFrom(table)
      .where('member_id', '=', memberId)
      .where('removal_id', '=', removalId)
      .execute();
  }
}
