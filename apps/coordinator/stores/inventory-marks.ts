// Is the shelf that speaks the one that spoke last? A coordinator gives each store a number every hour, which lies
// among its copies. A store that tells an older one was put back from an image; one that tells none was emptied.
// Neither is silently taken in: its copies count as lost, and an operator decides (threat R36).
import { HOUR_MS, type StoreId } from '@kura/base';
import type { Rows } from '../db/tables.ts';

/** An image that is younger than this passes; audits find what it lacks. */
const GIVEN_EVERY_MS = HOUR_MS;

export interface ToldMark {
  /** 0: none. */
  readonly told: number;
  readonly nowMs: number;
}

export interface JudgedMark {
  /** The newest that this store has shown. */
  readonly known: number;
  readonly isOlder: boolean;
  /** What it keeps from now on; undefined: what it has. */
  readonly give: number | undefined;
}

export async function judgeMark(
  rows: Rows,
  storeId: StoreId,
  { told, nowMs }: ToldMark,
): Promise<JudgedMark> {
  const row = await rows
    .selectFrom('store_marks')
    .selectAll()
    .where('store_id', '=', storeId)
    .executeTakeFirst();
  const { given, known, given_ms: givenMs } = row ?? { given: 0, known: 0, given_ms: 0 };
  if (told < known) {
    // The next mark is above all that were given: an older shelf cannot come back a second time.
    await write(rows, storeId, { given: given + 1, known: 0, given_ms: nowMs });
    return { known, isOlder: true, give: given + 1 };
  }
  // What was never given is no mark of this network.
  const shown = Math.max(known, Math.min(told, given));
  const isDue = Math.abs(nowMs - givenMs) >= GIVEN_EVERY_MS || given === 0;
  const next = isDue ? given + 1 : given;
  if (shown !== known || isDue) {
    await write(rows, storeId, {
      ...{ given: next, known: shown },
      given_ms: isDue ? nowMs : givenMs,
    });
  }
  return { known: shown, isOlder: false, give: told === next ? undefined : next };
}

async function write(
  rows: Rows,
  storeId: StoreId,
  columns: { readonly given: number; readonly known: number; readonly given_ms: number },
): Promise<void> {
  await rows
    .insertInto('store_marks')
    .values({ store_id: storeId, ...columns })
    .onConflict((conflict) => conflict.column('store_id').doUpdateSet(columns))
    .execute();
}
