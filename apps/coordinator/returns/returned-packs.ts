// Rows of packs that a member's card has given back, once the stores have confirmed them. What the tables know better
// stays as it is: a pack that was dropped is not brought back, unless its removal had been taken back.
import { KuraError, type PackId } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { type AdoptedPack, adoptPacks } from '../custody/adopt.ts';
import { deleteCopy, noteChange } from '../custody/copies.ts';
import { eachPack } from '../custody/read-packs.ts';
import { batches, nextTick } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';
import { dropPacks } from '../prune/drop.ts';
import { revokeRemoval } from '../removal/revoke.ts';
import type { PlacedCopy } from './confirm-copies.ts';

export interface Taking {
  readonly packLeaves: readonly number[];
  readonly nowMs: number;
}

/**
 * Resolves to those that have their row now. Throws `refused` for a size that no pack has.
 */
export async function takePacks(
  of: MemberRows,
  packs: readonly AdoptedPack[],
  { packLeaves, nowMs }: Taking,
): Promise<readonly PackId[]> {
  const odd = packs.find(({ leafCount }) => !packLeaves.includes(leafCount));
  if (odd !== undefined) {
    throw new KuraError('refused', `a pack of ${odd.leafCount} leaves is of no allowed size`);
  }
  const ids = packs.map(({ packId }) => packId);
  await takeRemovalsBack(of, ids, nowMs);
  const dropped = await droppedOf(of, ids);
  const standing = packs.filter(({ packId }) => !dropped.has(packId));
  const fresh = await withoutDestroyed(of, standing);
  if (fresh.length > 0) await adoptPacks(of, fresh, nowMs);
  for (const { packId } of fresh) await noteChange(of, packId);
  return standing.map(({ packId }) => packId);
}

/** A removal that the tables still wait for, of packs that stand at the card: it was revoked after the kit. */
async function takeRemovalsBack(
  of: MemberRows,
  packs: readonly PackId[],
  nowMs: number,
): Promise<void> {
  const { rows, memberId } = of;
  const removals = new Set<string>();
  for (const batch of batches(packs)) {
    const waiting = await rows
      .selectFrom('removed_packs')
      .innerJoin('removals', (join) =>
        join
          .onRef('removals.removal_id', '=', 'removed_packs.removal_id')
          .onRef('removals.member_id', '=', 'removed_packs.member_id'),
      )
      .select('removals.removal_id')
      .where('removed_packs.member_id', '=', memberId)
      .where('removed_packs.pack_id', 'in', batch)
      .where('removals.state', '=', 'waiting')
      .execute();
    for (const row of waiting) removals.add(row.removal_id);
  }
  for (const removal of removals) await revokeRemoval(of, removal, nowMs);
}

async function droppedOf(
  { rows, memberId }: MemberRows,
  packs: readonly PackId[],
): Promise<ReadonlySet<PackId>> {
  const dropped = new Set<PackId>();
  for (const batch of batches(packs)) {
    const found = await rows
      .selectFrom('dropped_packs')
      .select('pack_id')
      .where('member_id', '=', memberId)
      .where('pack_id', 'in', batch)
      .execute();
    for (const row of found) dropped.add(row.pack_id);
  }
  return dropped;
}

/** What is on its way out gets no copies more. */
async function withoutDestroyed(
  of: MemberRows,
  packs: readonly AdoptedPack[],
): Promise<readonly AdoptedPack[]> {
  const doomed = new Set<PackId>();
  const ids = packs.map(({ packId }) => packId);
  for await (const page of eachPack(of, ids)) {
    for (const { packId, state } of page) if (state === 'destroying') doomed.add(packId);
  }
  return packs.filter(({ packId }) => !doomed.has(packId));
}

/**
 * `gone`: copies whose own stores say that they are not there, of packs that the card lists elsewhere or not at all.
 * A pack of which nothing is left is dropped. Resolves to how many packs that were.
 */
export async function dropGone(
  of: MemberRows,
  gone: readonly PlacedCopy[],
  nowMs: number,
): Promise<number> {
  for (const copy of gone) await deleteCopy(of, copy);
  const touched = [...new Set(gone.map(({ packId }) => packId))];
  const empty: PackRow[] = [];
  for await (const page of eachPack(of, touched)) {
    for (const pack of page) {
      if (pack.copies.length === 0) empty.push(pack);
      else await noteChange(of, pack.packId);
    }
  }
  const ids = empty.map(({ packId }) => packId);
  const marked = { marked_at: await nextTick(of), marked_ms: nowMs };
  for (const batch of batches(ids)) {
    await of.rows
      .updateTable('packs')
      .set({ state: 'destroying', ...marked })
      .where('member_id', '=', of.memberId)
      .where('pack_id', 'in', batch)
      .execute();
  }
  await dropPacks(of, ids, nowMs);
  return ids.length;
}
