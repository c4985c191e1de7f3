// Uploads that nobody asks for any more: their member has no living session, and a day has passed. What was stored
// of them is garbage; the row goes, and with it the room that it counted for.
import { DAY_MS, type MemberId, type PackId } from '@kura/base';
import type { Rows } from '../db/tables.ts';
import { countClaimed } from '../members/usage.ts';

/** Longer: garbage counts as room in use. Shorter: a laptop that slept over night sends its packs again. */
const KEPT_MS = DAY_MS;
/** Rows of one step: a transaction stays short. */
const MAX_ROWS = 500;

/** Resolves to the number of rows that went. */
export async function forgetOldUploads(rows: Rows, nowMs: number): Promise<number> {
  const old = await rows
    .selectFrom('uploads')
    .leftJoin('sessions', 'sessions.member_id', 'uploads.member_id')
    .select([
      'uploads.member_id as memberId',
      'uploads.pack_id as packId',
      'uploads.leaf_count as leafCount',
    ])
    .where('uploads.claimed_ms', '<', nowMs - KEPT_MS)
    .where('sessions.session_id', 'is', null)
    .limit(MAX_ROWS)
    .execute();
  for (const upload of old) await forget(rows, upload);
  return old.length;
}

interface OldUpload {
  readonly memberId: MemberId;
  readonly packId: PackId;
  readonly leafCount: number;
}

async function forget(rows: Rows, { memberId, packId, leafCount }: OldUpload): Promise<void> {
  await rows
    .deleteFrom('uploads')
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .execute();
  await countClaimed({ rows, memberId }, -leafCount);
}
