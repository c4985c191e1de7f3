// Which of these packs have a row, whatever their state.
import type { PackId } from '@kura/base';
import { batches } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';

export async function knownPacks(
  { rows, memberId }: MemberRows,
  packs: readonly PackId[],
): Promise<ReadonlySet<PackId>> {
  const known = new Set<PackId>();
  for (const batch of batches(packs)) {
    const found = await rows
      .selectFrom('packs')
      .select('pack_id')
      .where('member_id', '=', memberId)
      .where('pack_id', 'in', batch)
      .execute();
    for (const row of found) known.add(row.pack_id);
  }
  return known;
}
