// Members of a network that was rebuilt from a kit: what happened after the kit was made is on their cards and at the
// stores, not in the tables. Until a card has given it back, nothing of the member is taken away, and no event gets a
// leaf: it would follow one that the card does not have last (docs/design/rebuild.md).
import { KuraError } from '@kura/base';
import { batches } from '../db/batches.ts';
import type { MemberRows, Rows } from '../db/tables.ts';

/** After the tables came back from a kit: of every member, as far as nobody waits already. */
export async function awaitReturns(rows: Rows, nowMs: number): Promise<void> {
  const members = await rows
    .selectFrom('members')
    .select('member_id')
    .where('owner_key', 'is not', null)
    .where('member_id', 'not in', awaitedMembers(rows))
    .execute();
  for (const batch of batches(members)) {
    await rows
      .insertInto('awaited_returns')
      .values(batch.map((member) => ({ ...member, since_ms: nowMs })))
      .execute();
  }
}

/** Of every member who is waited for: for a `where member_id not in`. */
export function awaitedMembers(rows: Rows) {
  return rows.selectFrom('awaited_returns').select('member_id');
}

export async function isAwaited({ rows, memberId }: MemberRows): Promise<boolean> {
  const row = await rows
    .selectFrom('awaited_returns')
    .select('since_ms')
    .where('member_id', '=', memberId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Throws `refused` as long as rows may be missing that say what is needed. */
export async function refuseWhileAwaited(of: MemberRows): Promise<void> {
  if (!(await isAwaited(of))) return;
  throw new KuraError('refused', 'the network was rebuilt, and does not know all yet', {
    guidance: 'Give back what your card knows first: kura card give-back',
    context: { reason: 'returns' },
  });
}

export async function endAwaiting({ rows, memberId }: MemberRows): Promise<void> {
  await rows.deleteFrom('awaited_returns').where('member_id', '=', memberId).execute();
}
