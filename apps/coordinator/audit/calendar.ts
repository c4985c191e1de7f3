// How far the schedule is, in the tables: when days began, what the log's head was then, and where the round is.
// Whoever holds the lease goes on from here.
import { DAY_MS, type MemberId, must, type PackId } from '@kura/base';
import type { AuditStateTable } from '../db/audit-tables.ts';
import type { Rows } from '../db/tables.ts';
import { readHeads } from '../log/prove-entry.ts';
import { type AuditCalendar, dayAt } from './plan/days.ts';
import { ROUND_DAYS, SLOTS } from './plan/rounds.ts';
import { daySecret, daySeed } from './plan/seeds.ts';

export type AuditState = AuditStateTable;

/** Seeds are kept for whoever wants to draw again what was asked. */
const SEEDS_KEPT_DAYS = 400;
/** A round that ended this late does not make up for it in the next one. */
const LATE_SHARE = 0.1;

export function calendarOf({ began_ms: beganMs, day_ms: dayMs }: AuditState): AuditCalendar {
  return { beganMs, dayMs };
}

export function roundMsOf({ day_ms: dayMs }: AuditState): number {
  return ROUND_DAYS * dayMs;
}

export async function readState(rows: Rows): Promise<AuditState | undefined> {
  return rows.selectFrom('audit_state').selectAll().executeTakeFirst();
}

/** The state as it is, or as it begins now. `dayMs`: another one than before begins anew. */
export async function openState(
  rows: Rows,
  { nowMs, dayMs = DAY_MS }: { readonly nowMs: number; readonly dayMs?: number | undefined },
): Promise<AuditState> {
  const known = await readState(rows);
  if (known?.day_ms === dayMs) return known;
  const state: AuditState = {
    ...{ number: 1, began_ms: nowMs, day_ms: dayMs },
    ...{ round: (known?.round ?? -1) + 1, round_began_ms: nowMs, round_day: 0 },
    ...{ slot: 0, after_member: null, after_pack: null },
  };
  if (known !== undefined) {
    for (const table of ['audit_seeds', 'audit_questions', 'audit_days'] as const) {
      await rows.deleteFrom(table).execute();
    }
    await rows.deleteFrom('audit_state').execute();
  }
  await rows.insertInto('audit_state').values(state).execute();
  return state;
}

/**
 * The checkpoint of a day is noted when its first audit is drawn, and never changes: the newest that witnesses have
 * cosigned, of a log without any the newest of its own.
 */
export async function noteDay(rows: Rows, day: number): Promise<void> {
  const known = await rows
    .selectFrom('audit_seeds')
    .select('day')
    .where('day', '=', day)
    .executeTakeFirst();
  if (known !== undefined) return;
  const { newest, witnessed } = await readHeads(rows);
  await rows
    .insertInto('audit_seeds')
    .values({ day, checkpoint: (witnessed ?? newest)?.checkpoint ?? '' })
    .execute();
  await rows
    .deleteFrom('audit_seeds')
    .where('day', '<', day - SEEDS_KEPT_DAYS)
    .execute();
}

/** 32 bytes; of a day that `noteDay` was called for. */
export async function seedOfDay(
  rows: Rows,
  auditSecret: Uint8Array,
  day: number,
): Promise<Uint8Array> {
  const row = await rows
    .selectFrom('audit_seeds')
    .select('checkpoint')
    .where('day', '=', day)
    .executeTakeFirst();
  const { checkpoint } = must(row, `day ${day} was noted`);
  return daySeed(daySecret(auditSecret, day), day, checkpoint);
}

export interface SlotPlace {
  readonly slot: number;
  /** The last pack of the slot that is done; undefined: none. */
  readonly after: { readonly memberId: MemberId; readonly packId: PackId } | undefined;
}

export function placeOf({
  slot,
  after_member: memberId,
  after_pack: packId,
}: AuditState): SlotPlace {
  if (memberId === null || packId === null) return { slot, after: undefined };
  return { slot, after: { memberId, packId } };
}

/** Behind the last slot the next round begins. */
export async function moveTo(
  rows: Rows,
  state: AuditState,
  { slot, after }: SlotPlace,
  nowMs: number,
): Promise<void> {
  const place = {
    slot,
    after_member: after?.memberId ?? null,
    after_pack: after?.packId ?? null,
  };
  const change = slot < SLOTS ? place : { ...place, slot: 0, ...nextRound(state, nowMs) };
  await rows.updateTable('audit_state').set(change).execute();
}

function nextRound(state: AuditState, nowMs: number) {
  const endMs = state.round_began_ms + roundMsOf(state);
  const isLate = nowMs - endMs > LATE_SHARE * roundMsOf(state);
  return {
    round: state.round + 1,
    round_began_ms: isLate ? nowMs : Math.min(endMs, nowMs),
    round_day: dayAt(calendarOf(state), nowMs),
  };
}

/** What is left of the round is due now. */
export async function hasten(rows: Rows, nowMs: number): Promise<void> {
  const state = await readState(rows);
  if (state === undefined) return;
  await rows
    .updateTable('audit_state')
    .set({ round_began_ms: Math.min(state.round_began_ms, nowMs - roundMsOf(state)) })
    .execute();
}
