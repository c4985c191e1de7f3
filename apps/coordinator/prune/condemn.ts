// Second phase of removal: the point of no return for a pack, in one transaction. A marked pack may go
// if nobody can be using it without having rescued it: every living session began after the mark, and so
// did the commit of every snapshot that the prune has not looked into.
//   A session that began earlier may have chosen the pack before it was marked.
//   A snapshot committed earlier, and unseen, may use it: its commit found no mark to take away.
import { KuraError, type PackId, type SessionId, type SnapshotId } from '@kura/base';
import { batches, nextTick } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';
import { type LeaseContext, livingSessions } from '../sessions/sessions.ts';

export interface Condemnation {
  readonly session: SessionId;
  readonly packs: readonly PackId[];
  /** The snapshots whose packs the prune has collected. */
  readonly seenSnapshots: readonly SnapshotId[];
}

/** Returns those that are `destroying` now, including what an earlier prune condemned and left. */
export async function condemnPacks(
  context: LeaseContext,
  { session, packs, seenSnapshots }: Condemnation,
): Promise<readonly PackId[]> {
  const { rows, memberId } = context;
  const living = await livingSessions(context);
  const own = living.find((other) => other.sessionId === session);
  if (own?.kind !== 'prune') throw new KuraError('refused', 'only a prune may condemn packs');
  const others = living.filter((other) => other.sessionId !== session);
  const unseen = await unseenCommits(context, seenSnapshots);
  const horizon = Math.min(...others.map((other) => other.beganAt), ...unseen);
  const changedAt = await nextTick(context);
  const condemned: PackId[] = [];
  for (const batch of batches(packs)) {
    let doomed = rows
      .updateTable('packs')
      .set({ state: 'destroying', changed_at: changedAt })
      .where('member_id', '=', memberId)
      .where('pack_id', 'in', batch)
      .where('state', '=', 'marked');
    // A copy that is being made has no row yet that an order to destroy could name: next time.
    doomed = doomed.where((of) =>
      of.not(
        of.exists(
          of
            .selectFrom('move_packs')
            .select('move_packs.pack_id')
            .whereRef('move_packs.pack_id', '=', 'packs.pack_id')
            .where('move_packs.member_id', '=', memberId)
            .where('move_packs.step', '=', 'carry'),
        ),
      ),
    );
    if (horizon !== Number.POSITIVE_INFINITY) doomed = doomed.where('marked_at', '<', horizon);
    await doomed.execute();
    const destroying = await rows
      .selectFrom('packs')
      .select('pack_id')
      .where('member_id', '=', memberId)
      .where('pack_id', 'in', batch)
      .where('state', '=', 'destroying')
      .execute();
    condemned.push(...destroying.map((row) => row.pack_id));
  }
  return condemned;
}

async function unseenCommits(
  { rows, memberId }: MemberRows,
  seen: readonly SnapshotId[],
): Promise<readonly number[]> {
  const seenIds = new Set(seen);
  const all = await rows
    .selectFrom('snapshots')
    .select(['snapshot_id', 'committed_at'])
    .where('member_id', '=', memberId)
    .execute();
  return all.filter((row) => !seenIds.has(row.snapshot_id)).map((row) => row.committed_at);
}
