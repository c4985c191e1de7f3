// What stores say of their own power, in its table: written when a heartbeat says something new, read by
// whoever watches.
import type { StoreId } from '@kura/base';
import type { Rows } from '../../db/tables.ts';
import type { Report } from '../events/report.ts';
import type { JsonObject } from '../feeds/formats/json.ts';
import { readStoreHeartbeat } from '../feeds/sources/store-heartbeat.ts';

/** As a store's heartbeat carries it. */
export interface StorePower {
  readonly hasUtilityPower: boolean;
  /** "ups", "generator". */
  readonly supply?: string | undefined;
  readonly fuelHours?: number | undefined;
}

/** Notes a change; the same word again changes nothing. */
export async function notePower(
  rows: Rows,
  storeId: StoreId,
  { power, nowMs }: { readonly power: StorePower; readonly nowMs: number },
): Promise<void> {
  const { hasUtilityPower, supply, fuelHours } = power;
  const body = JSON.stringify({
    utility_power: hasUtilityPower,
    ...(supply === undefined ? {} : { on: supply }),
    ...(fuelHours === undefined ? {} : { fuel_hours: fuelHours }),
  });
  const known = await rows
    .selectFrom('store_power')
    .select('body')
    .where('store_id', '=', storeId)
    .executeTakeFirst();
  if (known?.body === body) return;
  const row = { store_id: storeId, since_ms: nowMs, body };
  await rows
    .insertInto('store_power')
    .values(row)
    .onConflict((conflict) => conflict.column('store_id').doUpdateSet(row))
    .execute();
}

/** One report of every store that has ever said anything: an outage, or that power is there. */
export async function readPowerReports(rows: Rows): Promise<readonly Report[]> {
  const all = await rows
    .selectFrom('store_power')
    .innerJoin('stores', 'stores.store_id', 'store_power.store_id')
    .select(['stores.store_id', 'since_ms', 'body', 'lat', 'lon'])
    .orderBy('since_ms')
    .execute();
  return all.map(({ store_id, since_ms, body, lat, lon }) => {
    const heartbeat = { ...(JSON.parse(body) as JsonObject), site: store_id };
    return readStoreHeartbeat(heartbeat, since_ms, { lat, lon });
  });
}
