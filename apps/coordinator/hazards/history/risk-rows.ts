// Stances and risk tables (row A20) are written. Of a risk table only the rows that changed, each with its time, so
// that `read-tables.ts` can put together the table of any moment of the last three months.
import { DAY_MS, type StoreId } from '@kura/base';
import { batches } from '../../db/batches.ts';
import type { RiskRowsTable } from '../../db/hazard-tables.ts';
import type { Rows } from '../../db/tables.ts';
import type { HazardEvent } from '../events/hazard-event.ts';
import {
  changesBetween,
  type RiskRow,
  type RiskTable,
  type Stance,
  type StanceState,
} from '../risk/table.ts';
import type { KeptRiskTable, NamedCause } from './read-tables.ts';

/** So long every row is kept; of older ones the newest of each store, which still holds. */
export const KEEP_RISK_MS = 90 * DAY_MS;
/** Beyond this the oldest go, whatever their age: 1,000 stores that change ten times a day for a month. */
const MAX_RISK_ROWS = 1_000_000;
/** Causes of one row that are written; the others add next to nothing. */
const MAX_CAUSES = 8;

// ── Stances ───────────────────────────────────────────────────────────────────────────────────────

export async function readStances(rows: Rows): Promise<ReadonlyMap<StoreId, StanceState>> {
  const all = await rows.selectFrom('store_stances').selectAll().execute();
  return new Map(
    all.map(({ store_id, stance, calm_since_ms: calm }) => {
      const calmSinceMs =
        calm === null ? Number.POSITIVE_INFINITY : calm === 0 ? Number.NEGATIVE_INFINITY : calm;
      return [store_id, { stance, calmSinceMs }];
    }),
  );
}

/** All of them: a store that is not named any more is calm when it comes back. */
export async function writeStances(
  rows: Rows,
  stances: ReadonlyMap<StoreId, StanceState>,
): Promise<void> {
  await rows.deleteFrom('store_stances').execute();
  for (const batch of batches([...stances])) {
    const values = batch.map(([store_id, { stance, calmSinceMs }]) => ({
      ...{ store_id, stance },
      calm_since_ms: calmSinceMs === Number.POSITIVE_INFINITY ? null : Math.max(0, calmSinceMs),
    }));
    await rows.insertInto('store_stances').values(values).execute();
  }
}

// ── Tables ────────────────────────────────────────────────────────────────────────────────────────

/** Rows that are news since the tables that were written last. */
export interface RiskNews {
  readonly rows: readonly RiskRowsTable[];
  /** Stores whose stance changed in any level's table. */
  readonly stances: readonly { readonly storeId: StoreId; readonly stance: Stance | 'gone' }[];
}

export function newsBetween(
  before: readonly KeptRiskTable[],
  after: readonly RiskTable[],
  events: readonly HazardEvent[],
): RiskNews {
  const named = new Map(events.map(({ id, kind, title }) => [id, { kind, title }]));
  const rows: RiskRowsTable[] = [];
  const stances = new Map<StoreId, Stance | 'gone'>();
  for (const table of after) {
    const was = before.find(({ level }) => level === table.level);
    const old = { level: table.level, atMs: was?.atMs ?? 0, rows: was?.rows ?? [] };
    for (const change of changesBetween(old, table)) {
      const storeId = change.storeId as StoreId;
      const stance = change.after?.stance ?? 'gone';
      if (change.before?.stance !== stance) stances.set(storeId, stance);
      rows.push(rowOf(table, { storeId, row: change.after, named }));
    }
  }
  return { rows, stances: [...stances].map(([storeId, stance]) => ({ storeId, stance })) };
}

interface RowInput {
  readonly storeId: StoreId;
  readonly row: RiskRow | undefined;
  readonly named: ReadonlyMap<string, Pick<NamedCause, 'kind' | 'title'>>;
}

function rowOf({ level, atMs }: RiskTable, { storeId, row, named }: RowInput): RiskRowsTable {
  const common = { level, store_id: storeId, at_ms: atMs };
  if (row === undefined) {
    const nothing = { lost: 0, unreachable: 0, lost_per_year: 0, usable_bytes: 0 };
    return { ...common, ...nothing, stance: 'gone', causes: '[]' };
  }
  const causes: NamedCause[] = row.causes.slice(0, MAX_CAUSES).map((cause) => ({
    ...cause,
    ...(named.get(cause.eventId) ?? { kind: 'other', title: cause.eventId }),
  }));
  return {
    ...common,
    stance: row.stance,
    lost: row.lost,
    unreachable: row.unreachable,
    lost_per_year: row.lostPerYear,
    usable_bytes: Math.floor(row.usableBytes),
    causes: JSON.stringify(causes),
  };
}

export async function writeRiskRows(
  rows: Rows,
  { rows: news }: Pick<RiskNews, 'rows'>,
): Promise<void> {
  for (const batch of batches(news)) {
    await rows
      .insertInto('risk_rows')
      .values(batch)
      .onConflict((conflict) =>
        // Two tables of one millisecond: the later one holds.
        conflict.columns(['level', 'store_id', 'at_ms']).doUpdateSet(({ ref }) => ({
          stance: ref('excluded.stance'),
          lost: ref('excluded.lost'),
          unreachable: ref('excluded.unreachable'),
          lost_per_year: ref('excluded.lost_per_year'),
          usable_bytes: ref('excluded.usable_bytes'),
          causes: ref('excluded.causes'),
        })),
      )
      .execute();
  }
}

/** Bounded growth: old rows go, but never the newest of a store and level. */
export async function forgetOldRisk(rows: Rows, nowMs: number): Promise<void> {
  const { count } = await rows
    .selectFrom('risk_rows')
    .select((all) => all.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  const surplus = Number(count) - MAX_RISK_ROWS;
  const cut =
    surplus <= 0
      ? undefined
      : await rows
          .selectFrom('risk_rows')
          .select('at_ms')
          .orderBy('at_ms')
          .offset(surplus)
          .limit(1)
          .executeTakeFirst();
  const beforeMs = Math.max(nowMs - KEEP_RISK_MS, cut?.at_ms ?? 0);
  await rows
    .deleteFrom('risk_rows')
    .where('at_ms', '<', beforeMs)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('risk_rows as later')
          .select('later.at_ms')
          .whereRef('later.level', '=', 'risk_rows.level')
          .whereRef('later.store_id', '=', 'risk_rows.store_id')
          .whereRef('later.at_ms', '>', 'risk_rows.at_ms')
          .where('later.at_ms', '<=', beforeMs),
      ),
    )
    .execute();
}
