// The kept tables as lines of text, a page of rows each: for an operator's kit, and back from it. Names of tables and
// columns come from the list and from the database, never from a kit.
import { fromHex, KuraError, toHex } from '@kura/base';
import { sql } from 'kysely';
import { batches } from '../db/batches.ts';
import type { CoordinatorDatabase, Rows } from '../db/tables.ts';
import { damagedKit } from './damaged-kit.ts';
import { KEPT_TABLES, type KeptTable } from './kept-tables.ts';

/** A column of a row as JSON has it: bytes as `{"hex": …}`. */
type Cell = string | number | null | { readonly hex: string };
type Row = Readonly<Record<string, unknown>>;

export interface TablePage {
  readonly table: KeptTable;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Larger: more memory for a page. Smaller: the database passes by the same rows more often. */
const PAGE_ROWS = 10_000;
/** Leading columns that tell rows apart, in every kept table. */
const KEY_COLUMNS = 3;

/** All kept rows, as they are at one moment. */
export async function dumpTables(
  database: CoordinatorDatabase,
  write: (page: TablePage) => Promise<void>,
): Promise<void> {
  await database.read(async (rows) => {
    for (const table of KEPT_TABLES) await dumpTable(rows, table, write);
  });
}

async function dumpTable(
  rows: Rows,
  table: KeptTable,
  write: (page: TablePage) => Promise<void>,
): Promise<void> {
  const columns = await columnsOf(rows, table);
  if (columns.length === 0) return;
  const order = columns.slice(0, KEY_COLUMNS).map((column) => sql.ref(column));
  for (let offset = 0; ; offset += PAGE_ROWS) {
    const page = await sql<Row>`
      select * from ${sql.table(table)} order by ${sql.join(order)}
      limit ${sql.lit(PAGE_ROWS)} offset ${sql.lit(offset)}`.execute(rows);
    const cells = page.rows.map((row) => columns.map((column) => cellOf(row[column])));
    if (cells.length > 0) await write({ table, columns, rows: cells });
    if (cells.length < PAGE_ROWS) return;
  }
}

/** In the order of the table. Of an empty one: none. */
async function columnsOf(rows: Rows, table: KeptTable): Promise<readonly string[]> {
  const { rows: first } = await sql<Row>`select * from ${sql.table(table)} limit 1`.execute(rows);
  return Object.keys(first[0] ?? {});
}

function cellOf(value: unknown): Cell {
  if (value instanceof Uint8Array) return { hex: toHex(value) };
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  throw new KuraError('unsupported', `a column holds a ${typeof value}`);
}

/** What migrations put into tables that are new; the kit has it as it was since. */
export async function clearTables(rows: Rows): Promise<void> {
  for (const table of KEPT_TABLES.toReversed()) {
    await sql`delete from ${sql.table(table)}`.execute(rows);
  }
}

/** Into tables that are new, in the transaction of `rows`. Throws `corrupt` for a page of another form. */
export async function loadPage(rows: Rows, page: TablePage): Promise<void> {
  const { table, columns } = page;
  await checkColumns(rows, table, columns);
  const names = sql.join(columns.map((column) => sql.ref(column)));
  for (const batch of batches(page.rows)) {
    const values = batch.map((cells) => {
      if (cells.length !== columns.length) throw damagedKit(`a row of ${table} is not whole`);
      return sql`(${sql.join(cells.map(columnOf))})`;
    });
    await sql`insert into ${sql.table(table)} (${names}) values ${sql.join(values)}`.execute(rows);
  }
}

/** Throws `unsupported` if the table has not these columns. */
async function checkColumns(
  rows: Rows,
  table: KeptTable,
  columns: readonly string[],
): Promise<void> {
  const found = await rows.introspection.getTables();
  const names = new Set(
    found.find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? [],
  );
  const unknown = columns.find((column) => !names.has(column));
  if (unknown === undefined) return;
  throw new KuraError(
    'unsupported',
    `the kit is of another version of Kura: ${table}, ${unknown}`,
    {
      guidance: 'Use the version that made the kit, or a newer one.',
    },
  );
}

function columnOf(cell: Cell): string | number | null | Uint8Array {
  return cell !== null && typeof cell === 'object' ? fromHex(cell.hex) : cell;
}

/** Throws `corrupt` unless `value` is a page as `dumpTables` wrote it. */
export function readPage(value: unknown): TablePage {
  const { table, columns, rows } = (value ?? {}) as Partial<Record<keyof TablePage, unknown>>;
  const kept = KEPT_TABLES.find((name) => name === table);
  if (kept === undefined) throw damagedKit('it names a table that no kit keeps');
  if (!isList(columns, isText) || !isList(rows, isCells))
    throw damagedKit(`${kept} are not readable`);
  return { table: kept, columns, rows };
}

function isList<T>(value: unknown, isOne: (one: unknown) => one is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isOne);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z_]{1,64}$/.test(value);
}

function isCells(value: unknown): value is readonly Cell[] {
  return isList(value, isCell);
}

function isCell(value: unknown): value is Cell {
  if (value === null || typeof value === 'string' || typeof value === 'number') return true;
  const { hex } = value as { readonly hex?: unknown };
  return typeof hex === 'string' && /^([0-9a-f]{2})*$/.test(hex);
}
