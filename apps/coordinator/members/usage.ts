// What a member has, counted as it changes: a contract is judged from these numbers, never by counting rows.
import type { MemberRows } from '../db/tables.ts';

export interface PackCount {
  readonly packs: number;
  /** Of the packs, not times copies. */
  readonly leaves: number;
}

/** Negative for what went. In the transaction that changes the rows. */
export async function countPacks(
  { rows, memberId }: MemberRows,
  { packs, leaves }: PackCount,
): Promise<void> {
  await rows
    .updateTable('usage')
    .set((all) => ({ packs: all('packs', '+', packs), leaves: all('leaves', '+', leaves) }))
    .where('member_id', '=', memberId)
    .execute();
}

export async function countSnapshots(
  { rows, memberId }: MemberRows,
  snapshots: number,
): Promise<void> {
  await rows
    .updateTable('usage')
    .set((all) => ({ snapshots: all('snapshots', '+', snapshots) }))
    .where('member_id', '=', memberId)
    .execute();
}

/** Packs on their way count as if they were there, or many at once would go over any bound. */
export async function countClaimed({ rows, memberId }: MemberRows, leaves: number): Promise<void> {
  await rows
    .updateTable('usage')
    .set((all) => ({ claimed_leaves: all('claimed_leaves', '+', leaves) }))
    .where('member_id', '=', memberId)
    .execute();
}

/** After rows were adopted, of which some may have been there. */
export async function recountUsage({ rows, memberId }: MemberRows): Promise<void> {
  const found = await rows
    .selectFrom('packs')
    .select((all) => [all.fn.countAll().as('packs'), all.fn.sum('leaf_count').as('leaves')])
    .where('member_id', '=', memberId)
    .executeTakeFirstOrThrow();
  await rows
    .updateTable('usage')
    .set({ packs: Number(found.packs), leaves: Number(found.leaves ?? 0) })
    .where('member_id', '=', memberId)
    .execute();
}

export interface Usage extends PackCount {
  readonly claimedLeaves: number;
  readonly snapshots: number;
}

export async function readUsage({ rows, memberId }: MemberRows): Promise<Usage> {
  const row = await rows
    .selectFrom('usage')
    .selectAll()
    .where('member_id', '=', memberId)
    .executeTakeFirstOrThrow();
  const { packs, leaves, claimed_leaves: claimedLeaves, snapshots } = row;
  return { packs, leaves, claimedLeaves, snapshots };
}
