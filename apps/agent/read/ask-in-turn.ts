// Leaves of a store that does not give its table and leaves in one answer: one is asked for after the other.
import type { LeafTaker, LeavesWanted, StoreReader } from '@kura/contract';

export async function askInTurn(
  reader: Pick<StoreReader, 'stat' | 'fetch'>,
  { copyId, first, count, into, withTable, signal }: LeavesWanted,
  taker: LeafTaker,
): Promise<void> {
  if (withTable) taker.onTable(await reader.stat(copyId));
  await reader.fetch(copyId, first, count, into, signal);
  taker.onPart(into);
}
