// What the tables say of a member's custody, as one digest a table: rows in the order of their keys, columns that have
// to come back as they were. When and by whom a copy was acknowledged is not among them: its store has it again.
import { createHash } from 'node:crypto';
import { toHex } from '@kura/base';
import type { Rows } from '@kura/coordinator/db/tables.ts';

export interface TableDigest {
  readonly table: string;
  readonly rows: number;
  readonly digest: string;
}

const TABLES = {
  packs: ['pack_id', 'leaf_count', 'state'],
  copies: ['pack_id', 'store_id', 'copy_id', 'root', 'state'],
  snapshots: ['snapshot_id', 'pack_id', 'predecessor', 'time_ms', 'leaf_index', 'logged_ms'],
  receipts: ['snapshot_id', 'leaf_index', 'body'],
  usage: ['packs', 'leaves', 'snapshots'],
} as const;

/** Larger: more memory. Smaller: the database passes by the same rows more often. */
const PAGE = 20_000;

export async function digestsOf(rows: Rows): Promise<readonly TableDigest[]> {
  const digests: TableDigest[] = [];
  for (const [table, columns] of Object.entries(TABLES)) {
    digests.push(await digestOf(rows, table as keyof typeof TABLES, columns));
  }
  return digests;
}

async function digestOf(
  rows: Rows,
  table: keyof typeof TABLES,
  columns: readonly string[],
): Promise<TableDigest> {
  const hash = createHash('sha256');
  const { ref } = rows.dynamic;
  let count = 0;
  for (;;) {
    let query = rows.selectFrom(table).select(columns.map((column) => ref<string>(column)));
    for (const column of columns) query = query.orderBy(ref(column));
    const page: readonly Readonly<Record<string, unknown>>[] = await query
      .limit(PAGE)
      .offset(count)
      .execute();
    for (const row of page) hash.update(`${columns.map((name) => textOf(row[name])).join(' ')}\n`);
    count += page.length;
    if (page.length < PAGE) return { table, rows: count, digest: hash.digest('hex') };
  }
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? toHex(value) : String(value);
}
