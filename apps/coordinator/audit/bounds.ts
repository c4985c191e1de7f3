// What an operator allows to go over a store's line, and what went over it today.
import { KuraError, type StoreId } from '@kura/base';
import type { Rows } from '../db/tables.ts';
import { leavesAtStore } from './copies-to-audit.ts';
import { mayCompare, type SpentToday } from './plan/budget.ts';

export interface Bound {
  /** A day; undefined: no bound. */
  readonly boundBytes: number | undefined;
  readonly spent: SpentToday;
}

export async function readBound(rows: Rows, storeId: StoreId, day: number): Promise<Bound> {
  const standing = await rows
    .selectFrom('audit_standings')
    .select('bound_bytes')
    .where('store_id', '=', storeId)
    .executeTakeFirst();
  const today = await rows
    .selectFrom('audit_days')
    .select(['leaf_bytes', 'compare_bytes'])
    .where('store_id', '=', storeId)
    .where('day', '=', day)
    .executeTakeFirst();
  return {
    boundBytes: standing?.bound_bytes ?? undefined,
    spent: { leafBytes: today?.leaf_bytes ?? 0, compareBytes: today?.compare_bytes ?? 0 },
  };
}

/** What may still be fetched today, for one transaction that decides about several packs. */
export class LineBudget {
  readonly #rows: Rows;
  readonly #day: number;
  readonly #leafBytes: number;
  readonly #lines = new Map<StoreId, Bound & { readonly storedBytes: number }>();

  constructor(
    rows: Rows,
    { day, leafBytes }: { readonly day: number; readonly leafBytes: number },
  ) {
    this.#rows = rows;
    this.#day = day;
    this.#leafBytes = leafBytes;
  }

  /** False if the store's line has no room for them; else they count as spent. */
  async take(storeId: StoreId, sizeBytes: number): Promise<boolean> {
    const line = this.#lines.get(storeId) ?? (await this.#read(storeId));
    const { boundBytes, spent, storedBytes } = line;
    const need = { storedBytes, leafBytes: this.#leafBytes };
    if (!mayCompare(sizeBytes, { spent, need, boundBytes })) return false;
    const compareBytes = spent.compareBytes + sizeBytes;
    this.#lines.set(storeId, { ...line, spent: { ...spent, compareBytes } });
    return true;
  }

  async #read(storeId: StoreId): Promise<Bound & { readonly storedBytes: number }> {
    const bound = await readBound(this.#rows, storeId, this.#day);
    // To sum up all copies of a store takes long: only where there is a bound.
    const leaves = bound.boundBytes === undefined ? 0 : await leavesAtStore(this.#rows, storeId);
    const line = { ...bound, storedBytes: leaves * this.#leafBytes };
    this.#lines.set(storeId, line);
    return line;
  }
}

/** `boundBytes`: a day; undefined takes the bound away. Throws `not_found`. */
export async function setBound(
  rows: Rows,
  storeId: StoreId,
  boundBytes: number | undefined,
): Promise<void> {
  const store = await rows
    .selectFrom('stores')
    .select('store_id')
    .where('store_id', '=', storeId)
    .executeTakeFirst();
  if (store === undefined) throw new KuraError('not_found', `no store ${storeId} is known here`);
  const columns = { bound_bytes: boundBytes ?? null };
  await rows
    .insertInto('audit_standings')
    .values({ store_id: storeId, wrong_memory: 0, excuse_memory: 0, ...columns })
    .onConflict((same) => same.column('store_id').doUpdateSet(columns))
    .execute();
}
