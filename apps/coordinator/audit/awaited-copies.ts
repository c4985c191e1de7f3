// Copies that may be gone because they were removed, and the tables do not know it: those of members who are awaited
// after a rebuild from a kit (docs/design/rebuild.md). That one of them is missing says nothing about its store until
// the member has given back what it knows. Other bytes than those of the root are wrong all the same.
import type { Rows } from '../db/tables.ts';
import { awaitedMembers } from '../returns/awaited.ts';
import type { Outcome } from './outcome.ts';

/** Those of `outcomes` that are nobody's fault for now. */
export async function mayBeRemoved<Seen extends Outcome>(
  rows: Rows,
  outcomes: readonly Seen[],
): Promise<ReadonlySet<Seen>> {
  const missing = outcomes.filter((outcome) => outcome.class === 'missing');
  if (missing.length === 0) return new Set();
  const members = missing.map(({ copy }) => copy.memberId);
  const found = await awaitedMembers(rows).where('member_id', 'in', members).execute();
  const awaited = new Set(found.map((row) => row.member_id));
  return new Set(missing.filter(({ copy }) => awaited.has(copy.memberId)));
}
