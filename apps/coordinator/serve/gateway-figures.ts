// What a gateway tells of itself now and then, for whoever watches it (docs/design/programs.md): never of a member.
import type { Metrics } from '@kura/daemon/metrics.ts';
import type { UploadState } from '../db/service-tables.ts';
import type { Rows } from '../db/tables.ts';
import type { KnownStores } from '../gateway/known-stores.ts';
import type { ReceiveBuffer } from '../gateway/receive-buffer.ts';
import { showRevocations } from './trust-figures.ts';

const UPLOAD_STATES: readonly UploadState[] = ['claimed', 'received', 'challenged', 'stored'];

export interface GatewayFigures {
  readonly metrics: Metrics;
  readonly gatewayId: string;
  /** Who holds leases for this gateway. */
  readonly holder: string;
  readonly stores: Pick<KnownStores, 'reachable' | 'links'>;
  readonly buffer: Pick<ReceiveBuffer, 'takenBytes'>;
  readonly nowMs: number;
}

export async function showFigures(rows: Rows, figures: GatewayFigures): Promise<void> {
  const { metrics, stores, buffer } = figures;
  metrics.gauge('kura_stores_reachable').set(stores.reachable().size);
  metrics.gauge('kura_receive_buffer_bytes').set(buffer.takenBytes);
  await showStores(rows, figures);
  await showUploads(rows, figures);
  await showLeases(rows, figures);
  await showRevocations(rows, figures);
}

/** Of all stores that the network counts on: one that went away has no connection, and is not forgotten. */
async function showStores(rows: Rows, { metrics, stores }: GatewayFigures): Promise<void> {
  const known = await rows
    .selectFrom('stores')
    .select(['store_id', 'free_bytes'])
    .where('state', 'in', ['active', 'unreachable', 'draining'])
    .execute();
  for (const { store_id: store, free_bytes: freeBytes } of known) {
    metrics.gauge('kura_store_links').set(stores.links(store), { store });
    metrics.gauge('kura_store_free_bytes').set(Number(freeBytes), { store });
  }
}

async function showUploads(rows: Rows, { metrics, gatewayId }: GatewayFigures): Promise<void> {
  const counted = await rows
    .selectFrom('uploads')
    .select(['state', (all) => all.fn.countAll<number | string>().as('count')])
    .where('gateway_id', '=', gatewayId)
    .groupBy('state')
    .execute();
  const counts = new Map(counted.map(({ state, count }) => [state, Number(count)]));
  for (const state of UPLOAD_STATES) {
    metrics.gauge('kura_uploads').set(counts.get(state) ?? 0, { state });
  }
}

async function showLeases(rows: Rows, { metrics, holder, nowMs }: GatewayFigures): Promise<void> {
  // Not those by which programs only say that they are there.
  const leases = await rows
    .selectFrom('leases')
    .selectAll()
    .where('name', 'not like', '%/at/%')
    .execute();
  for (const { name, holder: other, until_ms: untilMs } of leases) {
    const isHeld = other === holder && untilMs > nowMs;
    metrics.gauge('kura_lease_held').set(isHeld ? 1 : 0, { name });
  }
}
