// Which gateways there are: each says every few seconds that it is there, stores dial all of them, and devices
// are told of them.
import { MINUTE_MS } from '@kura/base';
import type { Rows } from '../db/tables.ts';

/** One that said nothing for so long is not named any more. */
const SILENT_MS = 2 * MINUTE_MS;
/** Stores hold connections to every one of them. */
const MAX_GATEWAYS = 64;

export interface GatewayPresence {
  readonly gatewayId: string;
  /** "host:port", as others reach it. */
  readonly address: string;
}

export async function noteGateway(
  rows: Rows,
  { gatewayId, address }: GatewayPresence,
  nowMs: number,
): Promise<void> {
  const columns = { address, seen_ms: nowMs };
  await rows
    .insertInto('gateways')
    .values({ gateway_id: gatewayId, ...columns })
    .onConflict((same) => same.column('gateway_id').doUpdateSet(columns))
    .execute();
}

export async function forgetGateway(rows: Rows, gatewayId: string): Promise<void> {
  await rows.deleteFrom('gateways').where('gateway_id', '=', gatewayId).execute();
}

/** Addresses, those that were seen last first. */
export async function livingGateways(rows: Rows, nowMs: number): Promise<readonly string[]> {
  const all = await rows
    .selectFrom('gateways')
    .selectAll()
    .orderBy('seen_ms', 'desc')
    .limit(MAX_GATEWAYS)
    .execute();
  const living = all.filter((row) => Math.abs(nowMs - row.seen_ms) <= SILENT_MS);
  return living.map((row) => row.address);
}
