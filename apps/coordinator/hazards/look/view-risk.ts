// Risk tables, feeds and predictions as people and scripts see them.
import { type MemberId, must, type StoreId } from '@kura/base';
import type { BrierView, FeedView, RiskTableView } from '@kura/contract/wire/endpoints/hazards.ts';
import type { Rows } from '../../db/tables.ts';
import { readLevel } from '../../members/contract.ts';
import { readBrier } from '../history/prediction-rows.ts';
import { readTablesAt } from '../history/read-tables.ts';

export interface RiskQuery {
  readonly level?: number | undefined;
  /** The table of this member's level. */
  readonly member?: MemberId | undefined;
  /** A moment of the past. */
  readonly atMs?: number | undefined;
  readonly nowMs: number;
}

export async function viewRisk(
  rows: Rows,
  { level, member, atMs, nowMs }: RiskQuery,
): Promise<readonly RiskTableView[]> {
  const own = member === undefined ? level : await readLevel({ rows, memberId: member }, nowMs);
  const tables = await readTablesAt(rows, { atMs, level: own });
  const stores = new Map(
    (await rows.selectFrom('stores').selectAll().execute()).map((row) => [row.store_id, row]),
  );
  return tables.map((table) => ({
    level: table.level,
    atMs: table.atMs,
    rows: table.rows.map((row) => {
      const storeId = row.storeId as StoreId;
      const { city, lat, lon, power_area: powerArea, state } = must(stores.get(storeId), 'a store');
      const { stance, sinceMs, lost, unreachable, lostPerYear, usableBytes, causes } = row;
      return {
        ...{ storeId, city, lat, lon, powerArea, state, stance, sinceMs, lost, unreachable },
        ...{ lostPerYear, usableBytes, causes },
      };
    }),
  }));
}

/** Feeds that are asked, and the stores' own words. */
export async function viewFeeds(rows: Rows, nowMs: number): Promise<readonly FeedView[]> {
  const all = await rows.selectFrom('hazard_feeds').selectAll().orderBy('name').execute();
  const feeds = all.map((row) => ({
    name: row.name,
    outcome: row.outcome,
    askedMs: row.asked_ms,
    goodMs: row.good_ms ?? undefined,
    nextMs: row.next_ms,
    reports: row.reports,
    problems: row.problems,
    problem: row.problem ?? undefined,
  }));
  return [...feeds, ...(await storeFeed(rows, nowMs))];
}

/** One line for all stores: when the last one was heard, and how many say how they live. */
async function storeFeed(rows: Rows, nowMs: number): Promise<readonly FeedView[]> {
  const stores = await rows
    .selectFrom('stores')
    .leftJoin('store_power', 'store_power.store_id', 'stores.store_id')
    .select(['stores.state', 'seen_ms', 'body'])
    .where('seen_ms', 'is not', null)
    .execute();
  if (stores.length === 0) return [];
  const heardMs = Math.max(...stores.map(({ seen_ms }) => seen_ms ?? 0));
  const silent = stores.filter(({ state }) => state === 'unreachable').length;
  return [
    {
      name: 'store',
      outcome: 'pushed',
      askedMs: nowMs,
      goodMs: heardMs,
      nextMs: undefined,
      reports: stores.filter(({ body }) => body !== null).length,
      problems: silent,
      problem: silent === 0 ? undefined : `${silent} of ${stores.length} stores are silent`,
    },
  ];
}

export async function viewPredictions(
  rows: Rows,
): Promise<{ readonly open: number; readonly rows: readonly BrierView[] }> {
  const { open } = await rows
    .selectFrom('predictions')
    .select((all) => all.fn.countAll<number>().as('open'))
    .where('happened', 'is', null)
    .executeTakeFirstOrThrow();
  return { open: Number(open), rows: await readBrier(rows) };
}
