// Stores as placement wants them: with what the newest risk table of a level says of each (rows A4, A6).
import type { StoreDescription } from '@kura/contract';
import type { Rows } from '../db/tables.ts';
import { readTablesAt } from '../hazards/history/read-tables.ts';

/** Without a table, as where nobody watches, the stores as they are. */
export async function withRisk(
  rows: Rows,
  stores: readonly StoreDescription[],
  level: number,
): Promise<readonly StoreDescription[]> {
  const [table] = await readTablesAt(rows, { level });
  if (table === undefined) return stores;
  const byId = new Map(table.rows.map((row) => [row.storeId, row]));
  return stores.map((store) => {
    const row = byId.get(store.identity.storeId);
    if (row === undefined) return store;
    const { stance, lostPerYear, causes } = row;
    const danger = causes[0]?.title ?? 'it was in danger a short while ago';
    return { ...store, riskNow: lostPerYear, ...(stance === 'calm' ? {} : { danger }) };
  });
}
