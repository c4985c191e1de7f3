// Everything that was decided about moves, as sentences that a person can read: what, about what, and why.
import type { MemberId, StoreId } from '@kura/base';
import type { Rows } from '../db/tables.ts';

/** Older ones are forgotten: a month of a busy network. */
const MAX_KEPT = 100_000;
/** Forgetting is done now and then, not with every sentence. */
const FORGET_EVERY = 1000;

export interface Decision {
  /** One word: "add", "late", "retire", "keep", "drop", "fail", "veto", "approve", "pause", "resume", "refuse". */
  readonly what: string;
  readonly reason: string;
  readonly memberId?: MemberId | undefined;
  readonly moveId?: string | undefined;
  readonly storeId?: StoreId | undefined;
}

export async function noteDecisions(
  rows: Rows,
  decisions: readonly Decision[],
  nowMs: number,
): Promise<void> {
  if (decisions.length === 0) return;
  const { last } = await rows
    .selectFrom('decisions')
    .select((all) => all.fn.max('number').as('last'))
    .executeTakeFirstOrThrow();
  let number = last ?? 0;
  for (const { what, reason, memberId, moveId, storeId } of decisions) {
    number++;
    await rows
      .insertInto('decisions')
      .values({
        number,
        time_ms: nowMs,
        what,
        member_id: memberId ?? null,
        move_id: moveId ?? null,
        store_id: storeId ?? null,
        reason,
      })
      .execute();
    if (number % FORGET_EVERY !== 0) continue;
    await rows
      .deleteFrom('decisions')
      .where('number', '<=', number - MAX_KEPT)
      .execute();
  }
}
