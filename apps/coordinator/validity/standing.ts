// How far the audit of one member is, and what a statement says of it: read in one moment, written by `conclude.ts`.
import type { StoreId } from '@kura/base';
import { sql } from 'kysely';
import type { MemberRows } from '../db/tables.ts';
import type { ValidityAuditsTable } from '../db/validity-tables.ts';

/** Named in a statement. */
export const MAX_INCIDENTS = 200;

export const RESULTS = ['valid', 'restored', 'unproved', 'short'] as const;
export type ValidityResult = (typeof RESULTS)[number];

export interface Standing {
  readonly result: ValidityResult;
  readonly packs: number;
  readonly copies: number;
  /** Copies that nobody could look at. */
  readonly unproved: number;
  /** Packs with fewer copies than the network keeps. */
  readonly short: number;
  readonly tampered: boolean;
  readonly stores: readonly StoreOfStatement[];
  readonly incidents: readonly IncidentOfStatement[];
  readonly incidentCount: number;
}

export interface StoreOfStatement {
  readonly storeId: StoreId;
  readonly city: string;
  readonly operator: string | null;
  readonly cipher: string;
  readonly copies: number;
}

export interface IncidentOfStatement {
  readonly incidentId: string;
  readonly storeId: StoreId | null;
  readonly openedMs: number;
  readonly verdict: string | null;
  readonly evidence: string | null;
}

export interface Judging {
  readonly minimumCopies: number;
  readonly nowMs: number;
}

/** Undefined while it has to go on. */
export async function standingOf(
  of: MemberRows,
  audit: ValidityAuditsTable,
  { minimumCopies, nowMs }: Judging,
): Promise<Standing | undefined> {
  const unproved = await countWaits(of);
  const { packs, short } = await countPacks(of, minimumCopies);
  const isLate = nowMs >= audit.deadline_ms;
  if (!isLate && (unproved > 0 || short > 0)) return undefined;
  const stores = await storesOf(of);
  const incidents = await incidentsOf(of, audit.from_ms);
  const result = short > 0 ? 'short' : unproved > 0 ? 'unproved' : await wholeResult(of, audit);
  return {
    ...{ result, packs, short, unproved, stores, incidentCount: incidents.length },
    copies: stores.reduce((sum, { copies }) => sum + copies, 0),
    tampered: incidents.some(({ verdict }) => verdict === 'tampering' || verdict === 'rogue'),
    incidents: incidents.slice(0, MAX_INCIDENTS),
  };
}

/** Copies that have still to be looked at; one that is known to be damaged counts as none, and its pack as short. */
export async function countWaits({ rows, memberId }: MemberRows): Promise<number> {
  const { waits } = await rows
    .selectFrom('audit_waits as wait')
    .innerJoin('copies as copy', (join) =>
      join
        .onRef('copy.member_id', '=', 'wait.member_id')
        .onRef('copy.pack_id', '=', 'wait.pack_id')
        .onRef('copy.store_id', '=', 'wait.store_id'),
    )
    .innerJoin('stores', 'stores.store_id', 'copy.store_id')
    .select((all) => all.fn.countAll<number | string>().as('waits'))
    .where('wait.member_id', '=', memberId)
    .where('copy.state', '=', 'held')
    .where('stores.state', '!=', 'lost')
    .executeTakeFirstOrThrow();
  return Number(waits);
}

async function countPacks({ rows, memberId }: MemberRows, minimumCopies: number) {
  const held = sql<number>`(select count(*) from copies join stores on stores.store_id = copies.store_id
    where copies.member_id = packs.member_id and copies.pack_id = packs.pack_id
      and copies.state = 'held' and stores.state != 'lost')`;
  const counted = await rows
    .selectFrom('packs')
    .select((all) => all.fn.countAll<number | string>().as('packs'))
    .select(
      sql<number | string | null>`sum(case when ${held} < ${minimumCopies} then 1 else 0 end)`.as(
        'short',
      ),
    )
    .where('member_id', '=', memberId)
    .where('state', '=', 'standing')
    .executeTakeFirstOrThrow();
  return { packs: Number(counted.packs), short: Number(counted.short ?? 0) };
}

async function storesOf({ rows, memberId }: MemberRows): Promise<readonly StoreOfStatement[]> {
  const found = await rows
    .selectFrom('copies')
    .innerJoin('stores', 'stores.store_id', 'copies.store_id')
    .select(['stores.store_id', 'stores.city', 'stores.operator', 'stores.suite'])
    .select((all) => all.fn.countAll<number | string>().as('copies'))
    .where('copies.member_id', '=', memberId)
    .where('copies.state', '=', 'held')
    .groupBy(['stores.store_id', 'stores.city', 'stores.operator', 'stores.suite'])
    .orderBy('stores.store_id')
    .execute();
  return found.map(({ store_id: storeId, city, operator, suite, copies }) => ({
    ...{ storeId, city, operator, cipher: suite, copies: Number(copies) },
  }));
}

/** The newest first. */
async function incidentsOf(
  { rows, memberId }: MemberRows,
  fromMs: number,
): Promise<readonly IncidentOfStatement[]> {
  const found = await rows
    .selectFrom('incidents')
    .select(['incident_id', 'store_id', 'opened_ms', 'verdict', 'evidence_hash'])
    .where('member_id', '=', memberId)
    .where('opened_ms', '>=', fromMs)
    .orderBy('opened_ms', 'desc')
    .orderBy('incident_id')
    .execute();
  return found.map((row) => ({
    ...{ incidentId: row.incident_id, storeId: row.store_id, openedMs: row.opened_ms },
    ...{ verdict: row.verdict, evidence: row.evidence_hash },
  }));
}

/** Whether anything had to be made anew since this attempt began. */
async function wholeResult(
  { rows, memberId }: MemberRows,
  { began_ms: beganMs }: ValidityAuditsTable,
): Promise<'valid' | 'restored'> {
  const repaired = await rows
    .selectFrom('custody_events')
    .select('number')
    .where('member_id', '=', memberId)
    .where('event', '=', 'repaired')
    .where('made_ms', '>=', beganMs)
    .limit(1)
    .executeTakeFirst();
  return repaired === undefined ? 'valid' : 'restored';
}
