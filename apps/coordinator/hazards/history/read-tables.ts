// Risk tables (row A20) as they were written, of now or of any moment of the last three months. Every upload asks for
// one, so this loads nothing of how they are made.
import { batches } from '../../db/batches.ts';
import type { RiskRowsTable } from '../../db/hazard-tables.ts';
import type { Rows } from '../../db/tables.ts';
import { HIGHEST_LEVEL, LOWEST_LEVEL } from '../../members/level.ts';
import type { EventKind } from '../events/hazard-event.ts';
import type { Outcomes } from '../risk/earthquake.ts';
import type { RiskRow } from '../risk/table.ts';

/** A cause that explains itself after its event was forgotten. */
export interface NamedCause extends Outcomes {
  readonly eventId: string;
  readonly kind: EventKind;
  readonly title: string;
}

/** A row as it was written. */
export interface KeptRiskRow extends Omit<RiskRow, 'causes'> {
  readonly level: number;
  /** Since when it says so. */
  readonly sinceMs: number;
  readonly causes: readonly NamedCause[];
}

export interface KeptRiskTable {
  readonly level: number;
  /** Of its newest row; 0 if there is none. */
  readonly atMs: number;
  /** The lowest risk per year first. */
  readonly rows: readonly KeptRiskRow[];
}

/** The tables of that moment, by level; of now if none is named. Levels without a row are left out. */
export async function readTablesAt(
  rows: Rows,
  { atMs, level }: { readonly atMs?: number | undefined; readonly level?: number | undefined } = {},
): Promise<readonly KeptRiskTable[]> {
  const tables: KeptRiskTable[] = [];
  for (let one = LOWEST_LEVEL; one <= HIGHEST_LEVEL; one++) {
    if (level !== undefined && level !== one) continue;
    const found = await readLevelAt(rows, one, atMs ?? Number.MAX_SAFE_INTEGER);
    if (found.length > 0) tables.push(tableOf(one, found));
  }
  return tables;
}

/** One look into the index per store: every upload asks, and there may be a million rows. */
async function readLevelAt(
  rows: Rows,
  level: number,
  atMs: number,
): Promise<readonly RiskRowsTable[]> {
  const newest = await rows
    .selectFrom('stores')
    .select(({ selectFrom }) => [
      'store_id',
      selectFrom('risk_rows')
        .select(({ fn }) => fn.max('at_ms').as('at_ms'))
        .where('level', '=', level)
        .whereRef('risk_rows.store_id', '=', 'stores.store_id')
        .where('at_ms', '<=', atMs)
        .as('at_ms'),
    ])
    .execute();
  const times = new Map(newest.map(({ store_id, at_ms }) => [store_id, at_ms ?? -1]));
  const found: RiskRowsTable[] = [];
  for (const batch of batches([...times])) {
    const some = await rows
      .selectFrom('risk_rows')
      .selectAll()
      .where('level', '=', level)
      .where(
        'store_id',
        'in',
        batch.map(([storeId]) => storeId),
      )
      .where('at_ms', 'in', [...new Set(batch.map(([, time]) => time))])
      .execute();
    // Another store's time may be a time of this one as well.
    found.push(...some.filter(({ store_id, at_ms }) => times.get(store_id) === at_ms));
  }
  return found;
}

function tableOf(level: number, found: readonly RiskRowsTable[]): KeptRiskTable {
  const rows = found.flatMap(keptRow);
  rows.sort((a, b) => a.lostPerYear - b.lostPerYear || (a.storeId < b.storeId ? -1 : 1));
  return { level, atMs: found.reduce((latest, { at_ms }) => Math.max(latest, at_ms), 0), rows };
}

function keptRow(row: RiskRowsTable): readonly KeptRiskRow[] {
  if (row.stance === 'gone') return [];
  return [
    {
      level: row.level,
      storeId: row.store_id,
      sinceMs: row.at_ms,
      stance: row.stance,
      lost: row.lost,
      unreachable: row.unreachable,
      lostPerYear: row.lost_per_year,
      usableBytes: row.usable_bytes,
      causes: JSON.parse(row.causes) as NamedCause[],
    },
  ];
}
