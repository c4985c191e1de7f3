// Whether anything has happened that a plan should answer at once: numbers that grow, and what people have set. What
// it does not show (homes, contracts, free space) is seen a few minutes later.
import { sql } from 'kysely';
import type { Rows } from '../db/tables.ts';

/** Equal marks: packs, copies, stores, regions and stances are as they were. */
export async function changeMark(rows: Rows): Promise<string> {
  const { rows: found } = await sql<Readonly<Record<string, unknown>>>`
    select (select stores_tick from network) as stores,
      (select sum(ticks) from members) as ticks,
      (select max(number) from decisions) as decisions`.execute(rows);
  const regions = await rows.selectFrom('member_regions').selectAll().orderBy('region').execute();
  const stances = await rows.selectFrom('store_stances').selectAll().orderBy('store_id').execute();
  return JSON.stringify([found[0], regions, stances]);
}
