// Where gateways call card-readable stores: the inward listeners of those that belong to the network now.
import type { StoreId } from '@kura/base';
import type { Rows } from '../db/tables.ts';

/** "host:port" by store. A store without one dials out itself. */
export async function inwardAddresses(rows: Rows): Promise<ReadonlyMap<StoreId, string>> {
  const readable = await rows
    .selectFrom('stores')
    .select(['store_id', 'location'])
    .where('kind', '=', 'readable')
    .where('state', 'in', ['candidate', 'active', 'unreachable', 'draining'])
    .execute();
  return new Map(readable.map((row) => [row.store_id, row.location]));
}
