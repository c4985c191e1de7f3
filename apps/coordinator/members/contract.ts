// Row C4: what a member's contract allows, judged in one place. Every refusal names its reason, as data and as a
// sentence; nothing else of the coordinator asks what somebody has paid for.
import { DAY_MS, formatBytes, isoTime, KuraError } from '@kura/base';
import type { SessionKind } from '@kura/contract';
import { OPEN_CLOSINGS } from '../db/closing-tables.ts';
import type { ContractsTable, MemberRows, MemberState, Rows } from '../db/tables.ts';
import { levelOf, type Standing } from './level.ts';
import { type Plan, readPlan } from './plans.ts';
import { readUsage } from './usage.ts';
import { parseWeekHours, weekHourOf } from './week-hours.ts';

export const CONTRACT_REASONS = [
  'no_contract',
  'suspended',
  'closed',
  'unpaid',
  'out_of_period',
  'over_capacity',
  'over_archives',
  'out_of_hours',
  'over_uses',
  'level_differs',
] as const;
export type ContractReason = (typeof CONTRACT_REASONS)[number];

/** How long a member whose contract has ended may still restore. */
export const RESTORE_AFTER_END_MS = 30 * DAY_MS;

/** What a member is about to do. */
export type Act =
  /** `cardLevel`: what the card says (A14). */
  | { readonly act: 'session'; readonly kind: SessionKind; readonly cardLevel?: number }
  /** `kind`: of the session that it belongs to. */
  | ({ readonly act: 'claim'; readonly kind: SessionKind } & ClaimedRoom)
  | { readonly act: 'commit' }
  | { readonly act: 'read' };

interface ClaimedRoom {
  readonly leafCount: number;
  readonly leafBytes: number;
  /** Of the network's largest pack. */
  readonly largestLeaves: number;
}

export interface ContractTerms {
  readonly fromMs: number;
  /** Undefined: it has no end; so below. */
  readonly toMs: number | undefined;
  readonly paidUntilMs: number | undefined;
  readonly plan: Plan;
}

/** saving: what is paid for · caring: it gives capacity back, or strength · reading: what is theirs. */
type Purpose = 'saving' | 'caring' | 'reading';

const PURPOSE_OF: Readonly<Record<SessionKind, Purpose>> = {
  backup: 'saving',
  prune: 'caring',
  repair: 'caring',
  restore: 'reading',
  check: 'reading',
};

function purposeOf(act: Act): Purpose {
  if (act.act === 'session' || act.act === 'claim') return PURPOSE_OF[act.kind];
  return act.act === 'read' ? 'reading' : 'saving';
}

function refuse(reason: ContractReason, message: string, guidance: string, context = {}): never {
  throw new KuraError('refused', message, { guidance, context: { reason, ...context } });
}

const ASK = 'Ask whoever runs the network.';

/** From `contract.fromMs` on; one that begins at the same time is replaced. Throws `usage`, `not_found`. */
export async function setContract(
  { rows, memberId }: MemberRows,
  contract: Omit<ContractTerms, 'plan'> & { readonly planId: string },
): Promise<void> {
  const { fromMs, toMs, paidUntilMs, planId } = contract;
  if (toMs !== undefined && toMs <= fromMs) {
    throw new KuraError('usage', 'a contract ends after it begins');
  }
  await readPlan(rows, planId);
  const terms = { plan_id: planId, to_ms: toMs ?? null, paid_until_ms: paidUntilMs ?? null };
  await rows
    .insertInto('contracts')
    .values({ member_id: memberId, from_ms: fromMs, ...terms })
    .onConflict((of) => of.columns(['member_id', 'from_ms']).doUpdateSet(terms))
    .execute();
}

/** The contract in force, or the last that was; undefined if none has begun. */
export async function readContract(
  { rows, memberId }: MemberRows,
  nowMs: number,
): Promise<ContractTerms | undefined> {
  const row = await rows
    .selectFrom('contracts')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('from_ms', '<=', nowMs)
    .orderBy('from_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : withPlan(rows, row);
}

async function withPlan(rows: Rows, row: ContractsTable): Promise<ContractTerms> {
  return {
    fromMs: row.from_ms,
    toMs: row.to_ms ?? undefined,
    paidUntilMs: row.paid_until_ms ?? undefined,
    plan: await readPlan(rows, row.plan_id),
  };
}

interface MemberStanding extends Omit<Standing, 'steps'> {
  readonly state: MemberState;
  readonly stateSinceMs: number;
  /** Of a closing that can be taken back: until then what is theirs can be read. */
  readonly isUnderNotice: boolean;
}

async function readStanding({ rows, memberId }: MemberRows): Promise<MemberStanding> {
  const closing = await rows
    .selectFrom('closings')
    .select('closing_id')
    .where('member_id', '=', memberId)
    .where('state', 'in', OPEN_CLOSINGS)
    .limit(1)
    .executeTakeFirst();
  const row = await rows
    .selectFrom('members')
    .select(['state', 'state_since_ms', 'member_since_ms', 'own_level'])
    .where('member_id', '=', memberId)
    .executeTakeFirst();
  if (row === undefined) return refuse('no_contract', 'this member is not known here', ASK);
  return {
    state: row.state,
    stateSinceMs: row.state_since_ms,
    memberSinceMs: row.member_since_ms,
    ownLevel: row.own_level,
    isUnderNotice: closing !== undefined,
  };
}

/** Row A1. Without a contract the lowest. */
export async function readLevel(of: MemberRows, nowMs: number): Promise<number> {
  const contract = await readContract(of, nowMs);
  const standing = await readStanding(of);
  return levelOf({ ...standing, steps: contract?.plan.levels }, nowMs);
}

/**
 * Throws `refused` with `context.reason`, one of `CONTRACT_REASONS`, unless the member's contract allows `act` now.
 * In the transaction that does it, so that two at once cannot both pass under one bound.
 */
export async function judgeContract(of: MemberRows, act: Act, nowMs: number): Promise<void> {
  const standing = await readStanding(of);
  const contract = await readContract(of, nowMs);
  const purpose = purposeOf(act);
  const { isUnderNotice } = standing;
  const moment = { isReading: purpose === 'reading', isUnderNotice, nowMs };
  judgeState(standing, moment);
  if (contract === undefined) return judgeAbsence(of);
  judgePeriod(contract, moment);
  if (purpose === 'saving') judgePayment(contract, nowMs);
  if (act.act === 'claim') await judgeCapacity(of, contract.plan, { ...act, purpose });
  if (purpose !== 'saving') return;
  if (act.act === 'session') {
    judgeLevel({ ...standing, steps: contract.plan.levels }, act.cardLevel, nowMs);
    judgeHours(contract.plan, nowMs);
    await judgeUses(of, contract.plan, nowMs);
  }
  if (act.act === 'commit') await judgeArchives(of, contract.plan);
}

interface Moment {
  readonly isReading: boolean;
  readonly isUnderNotice: boolean;
  readonly nowMs: number;
}

function judgeState({ state, stateSinceMs }: MemberStanding, moment: Moment): void {
  if (state === 'suspended') refuse('suspended', 'the membership is suspended', ASK);
  if (state !== 'closed') return;
  const endMs = stateSinceMs + RESTORE_AFTER_END_MS;
  if (mayRead(endMs, moment)) return;
  refuse('closed', `the membership was closed at ${isoTime(stateSinceMs)}`, restoreUntil(endMs), {
    restoreUntilMs: endMs,
  });
}

function mayRead(endMs: number, { isReading, isUnderNotice, nowMs }: Moment): boolean {
  return isReading && (nowMs < endMs || isUnderNotice);
}

const restoreUntil = (endMs: number): string => `Restoring is possible until ${isoTime(endMs)}.`;

/** Not one that has begun: either there is none, or it is yet to come. */
async function judgeAbsence({ rows, memberId }: MemberRows): Promise<void> {
  const next = await rows
    .selectFrom('contracts')
    .select('from_ms')
    .where('member_id', '=', memberId)
    .orderBy('from_ms')
    .limit(1)
    .executeTakeFirst();
  if (next === undefined) return refuse('no_contract', 'there is no contract', ASK);
  refuse('out_of_period', `the contract begins at ${isoTime(next.from_ms)}`, 'Wait until then.', {
    fromMs: next.from_ms,
  });
}

function judgePeriod({ toMs }: ContractTerms, moment: Moment): void {
  if (toMs === undefined || moment.nowMs < toMs) return;
  const endMs = toMs + RESTORE_AFTER_END_MS;
  if (mayRead(endMs, moment)) return;
  refuse('out_of_period', `the contract ended at ${isoTime(toMs)}`, restoreUntil(endMs), {
    toMs,
    restoreUntilMs: endMs,
  });
}

function judgePayment({ paidUntilMs }: ContractTerms, nowMs: number): void {
  if (paidUntilMs === undefined || nowMs < paidUntilMs) return;
  const since = `the contract is unpaid since ${isoTime(paidUntilMs)}`;
  refuse('unpaid', since, 'Pay the fee; restoring stays possible.', { paidUntilMs });
}

/** Row A14. */
function judgeLevel(standing: Standing, cardLevel: number | undefined, nowMs: number): void {
  const level = levelOf(standing, nowMs);
  if (cardLevel === undefined || cardLevel === level) return;
  refuse(
    'level_differs',
    `the card says level ${cardLevel}, the contract level ${level}`,
    'If that is what was agreed, let the card take it over: kura card accept',
    { level, cardLevel },
  );
}

function judgeHours({ hours }: Plan, nowMs: number): void {
  if (hours === undefined || parseWeekHours(hours).has(weekHourOf(nowMs))) return;
  refuse('out_of_hours', `the plan may be used at these hours only: ${hours} (UTC)`, 'Wait.', {
    hours,
  });
}

async function judgeUses(
  { rows, memberId }: MemberRows,
  { usesPerDay }: Plan,
  nowMs: number,
): Promise<void> {
  if (usesPerDay === undefined) return;
  const newest = await rows
    .selectFrom('journal')
    .select('began_ms')
    .where('member_id', '=', memberId)
    .where('kind', '=', 'backup')
    .orderBy('began_at', 'desc')
    .limit(usesPerDay)
    .execute();
  const dayMs = nowMs - (nowMs % DAY_MS);
  const today = newest.filter(({ began_ms }) => began_ms >= dayMs).length;
  if (today < usesPerDay) return;
  refuse(
    'over_uses',
    `the plan allows ${usesPerDay} backups a day`,
    'The next day begins at 0 h UTC.',
    {
      usesPerDay,
    },
  );
}

/**
 * Beyond a full plan, for a prune or repair that has to write anew before it can give back. Larger: room for which
 * nobody pays. Smaller: a pack of each size, written at once, would not fit.
 */
const CARING_PACKS = 3;

async function judgeCapacity(
  of: MemberRows,
  { capacityBytes }: Plan,
  { leafCount, leafBytes, largestLeaves, purpose }: ClaimedRoom & { readonly purpose: Purpose },
): Promise<void> {
  if (capacityBytes === undefined) return;
  const { leaves, claimedLeaves } = await readUsage(of);
  const usedBytes = (leaves + claimedLeaves) * leafBytes;
  const moreBytes = purpose === 'caring' ? CARING_PACKS * largestLeaves * leafBytes : 0;
  if (usedBytes + leafCount * leafBytes <= capacityBytes + moreBytes) return;
  refuse(
    'over_capacity',
    `the plan holds ${formatBytes(capacityBytes)}, of which ${formatBytes(usedBytes)} are used`,
    'Forget snapshots and prune, or take a larger plan.',
    { capacityBytes, usedBytes },
  );
}

async function judgeArchives(of: MemberRows, { archives }: Plan): Promise<void> {
  if (archives === undefined) return;
  const { snapshots } = await readUsage(of);
  if (snapshots < archives) return;
  refuse(
    'over_archives',
    `the plan holds ${archives} snapshots`,
    'Forget some, or take a larger plan.',
    {
      archives,
    },
  );
}
