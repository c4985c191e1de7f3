// Gives up notices that are overtaken: each becomes a pack that is being destroyed, and the prune whose device asks
// for it orders the removal. The network itself cannot: a store obeys nobody's order but the owner's, and could not
// tell a notice from a pack.
import type { StoreId } from '@kura/base';
import { copyColumns } from '../custody/record-packs.ts';
import type { MemberRows } from '../db/tables.ts';
import { readStores } from '../stores/stores.ts';
import { condemnStray } from '../uploads/expire.ts';
import { readRecord } from '../uploads/record-text.ts';
import { overtakenNotices } from './overtaken.ts';

/** Of one call: a transaction stays short, and the next prune asks again. */
const MAX_NOTICES = 500;

export interface Release {
  /** Up to this number the member's catalogues tell what notices tell, as its device says. */
  readonly covered: number;
  readonly nowMs: number;
}

export async function releaseNotices(of: MemberRows, { covered, nowMs }: Release): Promise<void> {
  const { rows, memberId } = of;
  const lying = await rows
    .selectFrom('notices')
    .select(['number', 'record'])
    .where('member_id', '=', memberId)
    .where('state', '=', 'stored')
    .where('record', 'is not', null)
    .orderBy('number')
    .limit(MAX_NOTICES)
    .execute();
  const records = new Map(
    lying.flatMap(({ number, record }) =>
      record === null ? [] : [[number, readRecord(record)] as const],
    ),
  );
  const known = await readStores(rows);
  const hasLeft = (storeId: StoreId): boolean =>
    ['retired', 'lost'].includes(known.get(storeId)?.state ?? 'retired');
  const notices = [...records].map(([number, { copies }]) => {
    const stores = copies.map(({ acknowledgement }) => acknowledgement.storeId);
    return { number, stores: stores.filter((storeId) => !hasLeft(storeId)) };
  });
  for (const number of overtakenNotices(notices, covered)) {
    const record = records.get(number);
    if (record === undefined) continue;
    const { packId, leafCount, copies } = record;
    const columns = copies.map((copy) => copyColumns({ memberId, packId }, copy));
    await condemnStray(of, { packId, leafCount, copies: columns, nowMs });
    await rows
      .updateTable('notices')
      .set({ state: 'overtaken', record: null })
      .where('member_id', '=', memberId)
      .where('number', '=', number)
      .execute();
  }
}
