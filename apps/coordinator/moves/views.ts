// Moves as people see them: how far a store is emptied, and what was decided. The list of moves is shown with the
// hazards that cause them (`hazards/look`).
import type { StoreId } from '@kura/base';
import type { DecisionView, DrainageView } from '@kura/contract/wire/endpoints/moves.ts';
import { sql } from 'kysely';
import type { Rows } from '../db/tables.ts';
import { mustKnow, readStores } from '../stores/stores.ts';

/** Throws `refused` for a store that is not of the network. */
export async function viewDrainage(
  rows: Rows,
  storeId: StoreId,
  leafBytes: number,
): Promise<DrainageView> {
  const { state, isHeld = false } = mustKnow(await readStores(rows), storeId);
  const { rows: held } = await sql<{ readonly copies: number; readonly leaves: number | null }>`
    select count(*) as copies, sum(p.leaf_count) as leaves from copies c
    join packs p on p.member_id = c.member_id and p.pack_id = c.pack_id
    where c.store_id = ${storeId} and c.state <> 'lost'`.execute(rows);
  const { removals } = await rows
    .selectFrom('warrants')
    .select((all) => all.fn.countAll().as('removals'))
    .where('store_id', '=', storeId)
    .where('state', '=', 'waiting')
    .executeTakeFirstOrThrow();
  const copies = Number(held[0]?.copies ?? 0);
  const why = copies === 0 ? undefined : await whyStuck(rows);
  return {
    state,
    copies,
    bytes: Number(held[0]?.leaves ?? 0) * leafBytes,
    removals: Number(removals),
    isHeld,
    why,
  };
}

/** What the planner said last, if it was that something can go nowhere. */
async function whyStuck(rows: Rows): Promise<string | undefined> {
  const open = await rows.selectFrom('move_packs').select('pack_id').limit(1).executeTakeFirst();
  if (open !== undefined) return undefined;
  const last = await rows
    .selectFrom('decisions')
    .select('reason')
    .where('what', '=', 'nowhere')
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.reason;
}

/** The newest first. */
export async function viewDecisions(rows: Rows, limit: number): Promise<readonly DecisionView[]> {
  const all = await rows
    .selectFrom('decisions')
    .selectAll()
    .orderBy('number', 'desc')
    .limit(limit)
    .execute();
  return all.map((row) => ({
    number: row.number,
    timeMs: row.time_ms,
    what: row.what,
    reason: row.reason,
    memberId: row.member_id ?? undefined,
    moveId: row.move_id ?? undefined,
    storeId: row.store_id ?? undefined,
  }));
}
