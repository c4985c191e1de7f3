// The questions of a day become rows: which leaves of which copies each store is asked for, and when. Copies that
// come later the same day are asked for from the next one on.
import type { MemberId, PackId, StoreId } from '@kura/base';
import type { Rows } from '../db/tables.ts';
import type { Lease } from '../leases/leases.ts';
import { type AuditState, calendarOf, seedOfDay } from './calendar.ts';
import { copiesAtStore, leavesAtStore } from './copies-to-audit.ts';
import { NO_ANSWERS } from './note-outcomes.ts';
import { type DrawnPart, dayAt, dayBeginsMs, drawDay } from './plan/days.ts';

/** One leaf of a question, as its row has it. */
export type LeafOfPack = readonly [MemberId, PackId, number];

/** Questions of the days before that nobody could ask any more are dropped. */
const KEPT_DAYS = 1;

export interface DrawParts {
  readonly rows: () => Rows;
  readonly auditSecret: Uint8Array;
  readonly nowMs: () => number;
}

/** Once a day and store; a store that joined meanwhile is drawn when it is seen. */
export async function drawQuestions(
  lease: Lease,
  state: AuditState,
  { rows, auditSecret, nowMs }: DrawParts,
): Promise<void> {
  const calendar = calendarOf(state);
  const day = dayAt(calendar, nowMs());
  const stores = await storesToDraw(rows(), day);
  if (stores.length === 0) return;
  await lease.transact((rows) => dropOld(rows, day - KEPT_DAYS));
  const seed = await seedOfDay(rows(), auditSecret, day);
  const beganMs = dayBeginsMs(calendar, day);
  for (const storeId of stores) {
    const parts = drawDay(seed, storeId, await leavesAtStore(rows(), storeId));
    const leaves = await findLeaves(rows(), storeId, parts);
    await lease.transact(async (rows) => {
      await rows
        .insertInto('audit_days')
        .values({ store_id: storeId, day, ...NO_ANSWERS })
        .onConflict((same) => same.columns(['store_id', 'day']).doNothing())
        .execute();
      for (const [part, { moment }] of parts.entries()) {
        const asked = leaves[part] ?? [];
        if (asked.length === 0) continue;
        const dueMs = Math.floor(beganMs + moment * calendar.dayMs);
        const question = { store_id: storeId, day, part, due_ms: dueMs, excuses: 0 };
        await rows
          .insertInto('audit_questions')
          .values({ ...question, leaves: JSON.stringify(asked) })
          .execute();
      }
    });
  }
}

/** Nobody could ask: the store was away for all of a day and the next one. */
async function dropOld(rows: Rows, beforeDay: number): Promise<void> {
  const old = await rows
    .selectFrom('audit_questions')
    .select(['store_id', 'day'])
    .where('day', '<', beforeDay)
    .execute();
  for (const { store_id: storeId, day } of old) {
    await rows
      .updateTable('audit_days')
      .set((row) => ({ offline: row('offline', '+', 1) }))
      .where('store_id', '=', storeId)
      .where('day', '=', day)
      .execute();
  }
  await rows.deleteFrom('audit_questions').where('day', '<', beforeDay).execute();
}

async function storesToDraw(rows: Rows, day: number): Promise<readonly StoreId[]> {
  const stores = await rows
    .selectFrom('stores')
    .leftJoin('audit_days', (join) =>
      join.onRef('audit_days.store_id', '=', 'stores.store_id').on('audit_days.day', '=', day),
    )
    .select('stores.store_id')
    .where('stores.state', '!=', 'lost')
    .where('audit_days.day', 'is', null)
    .orderBy('stores.store_id')
    .execute();
  return stores.map((row) => row.store_id);
}

/** Of each part the leaves that were drawn by number, as leaves of packs. */
async function findLeaves(
  rows: Rows,
  storeId: StoreId,
  parts: readonly DrawnPart[],
): Promise<readonly (readonly LeafOfPack[])[]> {
  const wanted = parts
    .flatMap(({ leaves }, part) => leaves.map((leaf) => ({ leaf, part })))
    .sort((a, b) => a.leaf - b.leaf);
  const found: LeafOfPack[][] = parts.map(() => []);
  let next = 0;
  let before = 0;
  for await (const page of copiesAtStore(rows, storeId)) {
    for (const { memberId, packId, leafCount } of page) {
      for (; next < wanted.length; next++) {
        const one = wanted[next];
        if (one === undefined || one.leaf >= before + leafCount) break;
        found[one.part]?.push([memberId, packId, one.leaf - before]);
      }
      before += leafCount;
    }
    if (next === wanted.length) break;
  }
  return found;
}
