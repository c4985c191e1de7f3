// A device found something wrong with a copy: it is noted once, and the carrier of moves looks for itself. What a
// device says changes no row of custody.
import { HOUR_MS, KuraError, type PackId, type Random, type StoreId, toHex } from '@kura/base';
import { readPack } from '../custody/read-packs.ts';
import type { MemberRows } from '../db/tables.ts';

const FAULT_ID_BYTES = 16;
/** Reports of one member that wait; more would be a device that makes work. */
const MAX_WAITING = 1000;

export interface FaultReport {
  readonly packId: PackId;
  readonly storeId: StoreId;
  readonly why: string;
}

/** Throws `not_found` for a copy that is not this member's, `busy` for too many reports. */
export async function reportFault(
  { rows, memberId }: MemberRows,
  { packId, storeId, why }: FaultReport,
  { nowMs, random }: { readonly nowMs: number; readonly random: Random },
): Promise<void> {
  const pack = await readPack({ rows, memberId }, packId);
  if (pack?.copies.some((copy) => copy.storeId === storeId) !== true) {
    throw new KuraError('not_found', `no copy of pack ${packId} is known on store ${storeId}`);
  }
  const waiting = await rows
    .selectFrom('faults')
    .select(['pack_id', 'store_id'])
    .where('member_id', '=', memberId)
    .limit(MAX_WAITING)
    .execute();
  if (waiting.some((fault) => fault.pack_id === packId && fault.store_id === storeId)) return;
  if (waiting.length === MAX_WAITING) {
    throw new KuraError('busy', `${MAX_WAITING} faults of this member wait to be looked at`, {
      guidance: 'Report again later.',
      context: { retryMs: HOUR_MS },
    });
  }
  await rows
    .insertInto('faults')
    .values({
      fault_id: toHex(random.bytes(FAULT_ID_BYTES)),
      member_id: memberId,
      pack_id: packId,
      store_id: storeId,
      why,
      tries: 0,
      next_ms: nowMs,
    })
    .execute();
}
