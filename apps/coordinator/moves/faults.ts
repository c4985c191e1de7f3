// A device found something wrong with a copy: it is noted once, and the work of moves looks for itself. What a
// device says changes no row of custody.
import { HOUR_MS, KuraError, type PackId, type Random, type StoreId, toHex } from '@kura/base';
import { readPack } from '../custody/read-packs.ts';
import type { MemberRows } from '../db/tables.ts';

const MOVE_ID_BYTES = 16;
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
    .selectFrom('moves')
    .select(['pack_id', 'from_store'])
    .where('member_id', '=', memberId)
    .limit(MAX_WAITING)
    .execute();
  if (waiting.some((move) => move.pack_id === packId && move.from_store === storeId)) return;
  if (waiting.length === MAX_WAITING) {
    throw new KuraError('busy', `${MAX_WAITING} faults of this member wait to be looked at`, {
      guidance: 'Report again later.',
      context: { retryMs: HOUR_MS },
    });
  }
  await rows
    .insertInto('moves')
    .values({
      move_id: toHex(random.bytes(MOVE_ID_BYTES)),
      member_id: memberId,
      pack_id: packId,
      from_store: storeId,
      to_store: null,
      step: 'look',
      why,
      tries: 0,
      next_ms: nowMs,
    })
    .execute();
}
