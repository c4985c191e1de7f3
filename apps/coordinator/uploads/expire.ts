// Uploads that nobody asks for any more: their member has no living session, and a day has passed. What stores keep of
// them becomes a pack that is being destroyed: it is room in use, nothing may use it, and the owner's next prune
// orders its removal like that of any other. So no room is given back before an order to remove the bytes
// stands, nobody but the owner can give one, and an id that was claimed never meets other bytes.
import { DAY_MS, type MemberId, type PackId } from '@kura/base';
import { copyColumns } from '../custody/record-packs.ts';
import { batches, nextTick } from '../db/batches.ts';
import type { CopiesTable, MemberRows, Rows } from '../db/tables.ts';
import { countClaimed, countPacks } from '../members/usage.ts';
import { readRecord } from './record-text.ts';

/** Longer: the owner learns later of room to be had. Shorter: a laptop that slept over night sends its packs again. */
const KEPT_MS = DAY_MS;
/** Rows of one step: a transaction stays short. */
const MAX_ROWS = 500;

export interface ExpiredUpload {
  readonly memberId: MemberId;
  readonly packId: PackId;
  readonly leafCount: number;
  /** Of one whose copies are known; null: stores have to be asked (`find-orphans.ts`). */
  readonly record: string | null;
}

export function expiredUploads(
  rows: Rows,
  { isStored, nowMs }: { readonly isStored: boolean; readonly nowMs: number },
): Promise<readonly ExpiredUpload[]> {
  return rows
    .selectFrom('uploads')
    .leftJoin('sessions', 'sessions.member_id', 'uploads.member_id')
    .select([
      'uploads.member_id as memberId',
      'uploads.pack_id as packId',
      'uploads.leaf_count as leafCount',
      'uploads.record as record',
    ])
    .where('uploads.claimed_ms', '<', nowMs - KEPT_MS)
    .where('uploads.record', isStored ? 'is not' : 'is', null)
    .where('sessions.session_id', 'is', null)
    .limit(MAX_ROWS)
    .execute();
}

/** One step over those whose copies are known. Resolves to the number of rows that went. */
export async function expireStoredUploads(rows: Rows, nowMs: number): Promise<number> {
  const old = await expiredUploads(rows, { isStored: true, nowMs });
  for (const upload of old) {
    const { memberId, packId } = upload;
    const stored = upload.record === null ? [] : readRecord(upload.record).copies;
    const copies = stored.map((copy) => copyColumns({ memberId, packId }, copy));
    await giveUpUpload(rows, { upload, copies, nowMs });
  }
  return old.length;
}

/** `copies`: all that there are, at any store. Does nothing if somebody has gone on with the upload meanwhile. */
export async function giveUpUpload(
  rows: Rows,
  given: {
    readonly upload: ExpiredUpload;
    readonly copies: readonly CopiesTable[];
    readonly nowMs: number;
  },
): Promise<void> {
  const { upload, copies, nowMs } = given;
  const { memberId, packId, leafCount, record } = upload;
  const of = { rows, memberId };
  if (await isAtWork(of)) return;
  const { numDeletedRows } = await rows
    .deleteFrom('uploads')
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('record', record === null ? 'is' : 'is not', null)
    .where('claimed_ms', '<', nowMs - KEPT_MS)
    .executeTakeFirstOrThrow();
  if (numDeletedRows === 0n) return;
  await countClaimed(of, -leafCount);
  if (copies.length === 0) await noteUsed(of, packId, nowMs);
  else await condemnStray(of, { packId, leafCount, copies, nowMs });
}

/** A session began since stores were asked: it may send the same pack again. */
async function isAtWork({ rows, memberId }: MemberRows): Promise<boolean> {
  const session = await rows
    .selectFrom('sessions')
    .select('session_id')
    .where('member_id', '=', memberId)
    .limit(1)
    .executeTakeFirst();
  return session !== undefined;
}

/** Nothing is left of it but its name, which is never used again. */
async function noteUsed(of: MemberRows, packId: PackId, nowMs: number): Promise<void> {
  const row = { member_id: of.memberId, pack_id: packId, dropped_ms: nowMs };
  await of.rows
    .insertInto('dropped_packs')
    .values({ ...row, dropped_at: await nextTick(of) })
    .execute();
}

export interface StrayPack {
  readonly packId: PackId;
  readonly leafCount: number;
  /** All that there are. */
  readonly copies: readonly CopiesTable[];
  readonly nowMs: number;
}

/** Copies without a row become a pack that is being destroyed: the owner's next prune orders their removal. */
export async function condemnStray(
  of: MemberRows,
  { packId, leafCount, copies, nowMs }: StrayPack,
): Promise<void> {
  const tick = await nextTick(of);
  await of.rows
    .insertInto('packs')
    .values({
      ...{ member_id: of.memberId, pack_id: packId, leaf_count: leafCount, state: 'destroying' },
      ...{ marked_at: tick, marked_ms: nowMs, recorded_ms: nowMs, changed_at: tick },
    })
    .execute();
  for (const batch of batches(copies)) await of.rows.insertInto('copies').values(batch).execute();
  await countPacks(of, { packs: 1, leaves: leafCount });
}
