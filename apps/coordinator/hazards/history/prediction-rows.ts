// Predictions in their table: each probability that a decision rests on, and what became of it. A store that an event
// keeps in danger is predicted for once a day, and whenever its stance changes; outcomes come from its state.
import { DAY_MS, type StoreId } from '@kura/base';
import { batches } from '../../db/batches.ts';
import type { PredictionsTable } from '../../db/hazard-tables.ts';
import type { Rows, StoresTable } from '../../db/tables.ts';
import { type BrierRow, brierReport, type Incident, type Prediction } from '../risk/predictions.ts';

/** A year and a month: every season has been seen once. */
const KEEP_PREDICTIONS_MS = 400 * DAY_MS;
const MAX_PREDICTIONS = 500_000;
/** Below the least risk that any decision looks at, nothing is predicted. */
const LEAST_PROBABILITY = 1e-7;

const keyOf = ({ siteId, outcome, kind }: Pick<Prediction, 'siteId' | 'outcome' | 'kind'>) =>
  `${siteId} ${outcome} ${kind}`;

/** Those of `made` that are worth a row: the first of a kind within a day, or of a store that changed its stance. */
export async function choosePredictions(
  rows: Rows,
  made: readonly Prediction[],
  changed: ReadonlySet<string>,
): Promise<readonly PredictionsTable[]> {
  const worth = made.filter(({ probability }) => probability >= LEAST_PROBABILITY);
  const madeMs = worth[0]?.madeMs;
  if (madeMs === undefined) return [];
  const recent = await rows
    .selectFrom('predictions')
    .select(['store_id', 'outcome', 'kind'])
    .where('made_ms', '>', madeMs - DAY_MS)
    .execute();
  const known = new Set(
    recent.map(({ store_id, ...rest }) => keyOf({ siteId: store_id, ...rest })),
  );
  return worth
    .filter((one) => changed.has(one.siteId) || !known.has(keyOf(one)))
    .map(({ siteId, outcome, kind, madeMs: atMs, untilMs, probability }) => ({
      store_id: siteId as StoreId,
      ...{ outcome, kind, probability },
      made_ms: atMs,
      until_ms: untilMs,
      happened: null,
    }));
}

export async function writePredictions(
  rows: Rows,
  predictions: readonly PredictionsTable[],
): Promise<void> {
  for (const batch of batches(predictions)) {
    await rows
      .insertInto('predictions')
      .values(batch)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** What became of the stores: gone, or away for a day and more. */
export function incidentsOf(
  stores: readonly Pick<StoresTable, 'store_id' | 'state' | 'away_since_ms'>[],
  nowMs: number,
): readonly Incident[] {
  return stores.flatMap(({ store_id: siteId, state, away_since_ms: awayMs }): Incident[] => {
    if (state === 'lost') return [{ siteId, outcome: 'lost', atMs: nowMs }];
    if (awayMs === null || nowMs - awayMs < DAY_MS) return [];
    return [{ siteId, outcome: 'unreachable', atMs: awayMs }];
  });
}

/** One that came true is settled at once, the others when their time is over and a day has passed to see it. */
export async function settlePredictions(
  rows: Rows,
  incidents: readonly Incident[],
  nowMs: number,
): Promise<void> {
  for (const { siteId, outcome, atMs } of incidents) {
    await rows
      .updateTable('predictions')
      .set({ happened: 1 })
      .where('happened', 'is', null)
      .where('store_id', '=', siteId as StoreId)
      .where('outcome', '=', outcome)
      .where('made_ms', '<=', atMs)
      .where('until_ms', '>=', atMs)
      .execute();
  }
  await rows
    .updateTable('predictions')
    .set({ happened: 0 })
    .where('happened', 'is', null)
    .where('until_ms', '<', nowMs - DAY_MS)
    .execute();
}

/** The Brier report over all that is settled. */
export async function readBrier(rows: Rows): Promise<readonly BrierRow[]> {
  const settled = await rows
    .selectFrom('predictions')
    .selectAll()
    .where('happened', 'is not', null)
    .orderBy('made_ms', 'desc')
    .limit(MAX_PREDICTIONS)
    .execute();
  return brierReport(
    settled.map((row) => ({
      siteId: row.store_id,
      outcome: row.outcome,
      kind: row.kind,
      madeMs: row.made_ms,
      untilMs: row.until_ms,
      probability: row.probability,
      happened: row.happened === 1,
    })),
  );
}

export async function forgetOldPredictions(rows: Rows, nowMs: number): Promise<void> {
  const first = await rows
    .selectFrom('predictions')
    .select('made_ms')
    .orderBy('made_ms', 'desc')
    .offset(MAX_PREDICTIONS)
    .limit(1)
    .executeTakeFirst();
  const beforeMs = Math.max(nowMs - KEEP_PREDICTIONS_MS, first?.made_ms ?? 0);
  await rows.deleteFrom('predictions').where('made_ms', '<', beforeMs).execute();
}
