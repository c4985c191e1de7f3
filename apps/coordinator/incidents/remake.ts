// A copy that is at fault is made anew, in its own place if its store may have it: as a move like any other, so
// that the planner counts it as coming.
import type { MemberId, PackId, Random, StoreId } from '@kura/base';
import type { Rows } from '../db/tables.ts';
import { readLevel } from '../members/contract.ts';
import { noteDecisions } from '../moves/decisions.ts';
import { insertPackRows } from '../moves/move-rows.ts';
import { ownMove } from '../moves/write-plan.ts';

export interface CopyToRemake {
  readonly memberId: MemberId;
  readonly packId: PackId;
  readonly storeId: StoreId;
  readonly sizeBytes: number;
  /** "damaged", "lost". */
  readonly state: string;
}

export async function remakeCopy(
  rows: Rows,
  { memberId, packId, storeId, sizeBytes, state }: CopyToRemake,
  { nowMs, random }: { readonly nowMs: number; readonly random: Random },
): Promise<void> {
  const level = await readLevel({ rows, memberId }, nowMs);
  const reason = `the copy is ${state}: made anew from another one`;
  const copies_left = await goodCopies(rows, { memberId, packId });
  const decided = { member_id: memberId, kind: 'add', cause: 'fault', level, packs: 1 } as const;
  const move = ownMove(
    { ...decided, bytes: sizeBytes, reason },
    { nowMs, random, at: { to_store: storeId, leave_store: storeId, copies_left } },
  );
  await rows.insertInto('moves').values(move).execute();
  const pack = { pack_id: packId, store_id: storeId, move_id: move.move_id, size_bytes: sizeBytes };
  const waiting = { step: 'wait', tries: 0, next_ms: nowMs, why: '', warrant_id: null } as const;
  await insertPackRows(rows, [{ member_id: memberId, ...pack, ...waiting }]);
  const about = { memberId, moveId: move.move_id, storeId };
  await noteDecisions(rows, [{ what: 'add', reason, ...about }], nowMs);
}

async function goodCopies(
  rows: Rows,
  { memberId, packId }: Pick<CopyToRemake, 'memberId' | 'packId'>,
): Promise<number> {
  const { count } = await rows
    .selectFrom('copies')
    .select((all) => all.fn.countAll().as('count'))
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('state', '=', 'held')
    .executeTakeFirstOrThrow();
  return Number(count);
}
