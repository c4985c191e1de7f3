// Audits as people and scripts see them: how far, how each store answers, what it reads, what was found and where.
import type { MemberId, StoreId } from '@kura/base';
import type {
  AuditAnswers,
  AuditedStoreView,
  AuditFindingView,
  AuditSeedView,
  AuditStatusView,
} from '@kura/contract/wire/endpoints/audit.ts';
import type { AuditDaysTable } from '../db/audit-tables.ts';
import type { Rows } from '../db/tables.ts';
import { type AuditState, calendarOf, readState, roundMsOf } from './calendar.ts';
import { leavesAtStore, ledLeavesAtStore } from './copies-to-audit.ts';
import { ratesOf } from './plan/budget.ts';
import { NEW_MEMORY, standingOf } from './plan/classes.ts';
import { dayAt } from './plan/days.ts';
import { SLOTS } from './plan/rounds.ts';
import { daySecret } from './plan/seeds.ts';

const MONTH_DAYS = 30;
const NONE: AuditAnswers = {
  ...{ ok: 0, wrong: 0, missing: 0, unreadable: 0, refused: 0, late: 0, unknown: 0, offline: 0 },
  ...{ leafBytes: 0, compareBytes: 0, fullReadBytes: 0, copiesProved: 0 },
};

export interface Looking {
  readonly nowMs: number;
  readonly leafBytes: number;
}

export async function viewAudits(rows: Rows, looking: Looking): Promise<AuditStatusView> {
  const state = await readState(rows);
  const stores = await rows
    .selectFrom('stores')
    .leftJoin('audit_standings as standing', 'standing.store_id', 'stores.store_id')
    .select(['stores.store_id', 'stores.city', 'wrong_memory', 'excuse_memory', 'bound_bytes'])
    .where('stores.state', '!=', 'lost')
    .orderBy('stores.number')
    .execute();
  const views: AuditedStoreView[] = [];
  for (const store of stores) {
    const { store_id: storeId, city, wrong_memory: wrong, excuse_memory: excuses } = store;
    const boundBytes = store.bound_bytes ?? undefined;
    const storedBytes = (await leavesAtStore(rows, storeId)) * looking.leafBytes;
    const ledBytes = (await ledLeavesAtStore(rows, storeId)) * looking.leafBytes;
    const rates = ratesOf({ storedBytes, ledBytes, leafBytes: looking.leafBytes }, boundBytes);
    const memory = wrong === null || excuses === null ? NEW_MEMORY : { wrong, excuses };
    views.push({
      ...{ storeId, city, standing: standingOf(memory), storedBytes, boundBytes },
      leafBytesPerDay: rates.leafBytes,
      compareBytesPerDay: rates.compareBytes,
      readBytesPerDay: rates.readBytes,
      ...{ roundDays: rates.roundDays, isSwift: rates.isSwift },
      ...(await answersOf(rows, storeId, state, looking)),
      waiting: await waitingAt(rows, storeId),
    });
  }
  return {
    schedule: state === undefined ? undefined : scheduleOf(state, looking),
    stores: views,
  };
}

function scheduleOf(state: AuditState, { nowMs }: Looking) {
  return {
    day: dayAt(calendarOf(state), nowMs),
    dayMs: state.day_ms,
    round: state.round,
    roundBeganMs: state.round_began_ms,
    roundEndsMs: state.round_began_ms + roundMsOf(state),
    slotsDone: state.slot,
    slots: SLOTS,
  };
}

async function answersOf(
  rows: Rows,
  storeId: StoreId,
  state: AuditState | undefined,
  { nowMs }: Looking,
): Promise<Pick<AuditedStoreView, 'today' | 'lastThirtyDays'>> {
  if (state === undefined) return { today: NONE, lastThirtyDays: NONE };
  const today = dayAt(calendarOf(state), nowMs);
  const days = await rows
    .selectFrom('audit_days')
    .selectAll()
    .where('store_id', '=', storeId)
    .where('day', '>', today - MONTH_DAYS)
    .execute();
  return {
    today: sum(days.filter(({ day }) => day === today)),
    lastThirtyDays: sum(days),
  };
}

function sum(days: readonly AuditDaysTable[]): AuditAnswers {
  return days.reduce(
    (total, day): AuditAnswers => ({
      ok: total.ok + day.ok,
      wrong: total.wrong + day.wrong,
      missing: total.missing + day.missing,
      unreadable: total.unreadable + day.unreadable,
      refused: total.refused + day.refused,
      late: total.late + day.late,
      unknown: total.unknown + day.unknown,
      offline: total.offline + day.offline,
      leafBytes: total.leafBytes + day.leaf_bytes,
      compareBytes: total.compareBytes + day.compare_bytes,
      fullReadBytes: total.fullReadBytes + day.full_read_bytes,
      copiesProved: total.copiesProved + day.copies_proved,
    }),
    NONE,
  );
}

async function waitingAt(rows: Rows, storeId: StoreId): Promise<number> {
  const { waiting } = await rows
    .selectFrom('audit_waits')
    .select((all) => all.fn.countAll<number>().as('waiting'))
    .where('store_id', '=', storeId)
    .executeTakeFirstOrThrow();
  return Number(waiting);
}

/** The newest first. `memberId`: undefined of an operator, who may see all. */
export async function viewFindings(
  rows: Rows,
  { memberId, limit }: { readonly memberId: MemberId | undefined; readonly limit: number },
): Promise<readonly AuditFindingView[]> {
  let query = rows.selectFrom('audit_findings').selectAll().orderBy('number', 'desc').limit(limit);
  if (memberId !== undefined) query = query.where('member_id', '=', memberId);
  return (await query.execute()).map((row) => ({
    ...{ number: row.number, timeMs: row.time_ms, memberId: row.member_id, packId: row.pack_id },
    ...{ storeId: row.store_id, copyId: row.copy_id, class: row.class, source: row.source },
    leaf: row.leaf ?? undefined,
    firstBit: row.first_bit ?? undefined,
    bits: row.bits ?? undefined,
    blocks: row.blocks ?? undefined,
  }));
}

/** Of days that are over, the newest first: each secret hashes to the one of the day before. */
export async function viewSeeds(
  rows: Rows,
  auditSecret: Uint8Array,
  { nowMs, limit }: { readonly nowMs: number; readonly limit: number },
): Promise<readonly AuditSeedView[]> {
  const state = await readState(rows);
  if (state === undefined) return [];
  const today = dayAt(calendarOf(state), nowMs);
  const seeds = await rows
    .selectFrom('audit_seeds')
    .selectAll()
    .where('day', '<', today)
    .orderBy('day', 'desc')
    .limit(limit)
    .execute();
  return seeds.map(({ day, checkpoint }) => ({
    ...{ day, checkpoint },
    secret: daySecret(auditSecret, day),
  }));
}
