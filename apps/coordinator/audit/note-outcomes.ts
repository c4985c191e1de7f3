// What audits have shown becomes rows, in one transaction of the lease: counts of the day, the memory of the
// store, where something lies that should not, what is asked again, and an incident where somebody has to look.
// The state of a copy is not touched: that follows from a verdict.
import { HOUR_MS, type StoreId } from '@kura/base';
import type { AuditDaysTable } from '../db/audit-tables.ts';
import type { Rows } from '../db/tables.ts';
import { noteFailure } from '../gateway/scores.ts';
import { openIncident } from '../incidents/open-incident.ts';
import type { CopyToAudit, Finding, Outcome } from './outcome.ts';
import {
  type AuditClass,
  type FaultClass,
  isTooMuch,
  NEW_MEMORY,
  nextStep,
  remember,
} from './plan/classes.ts';

/** Of one copy; a copy that is wrong all over is told by its first leaves. */
const MAX_FINDINGS = 256;
/** A copy that was reported is looked at again until it is right, or gone. */
const AFTER_REPORT_MS = HOUR_MS;

const DAY_FIGURES = ['leaf_bytes', 'compare_bytes', 'full_read_bytes', 'copies_proved'] as const;
export type DayFigures = Partial<Pick<AuditDaysTable, (typeof DAY_FIGURES)[number]>>;

/** Of a store and a day on which it was not asked yet. */
export const NO_ANSWERS = {
  ...{ ok: 0, wrong: 0, missing: 0, unreadable: 0, refused: 0, late: 0, unknown: 0, offline: 0 },
  ...{ leaf_bytes: 0, compare_bytes: 0, full_read_bytes: 0, copies_proved: 0 },
};

export interface Answer {
  readonly seen: AuditClass;
  readonly figures: DayFigures;
}

/**
 * Answers of one store, in the order in which they came, whatever it was asked: counted, and remembered. Of each: true
 * if with it the store's excuses have become too many.
 */
export async function noteAnswers(
  rows: Rows,
  storeId: StoreId,
  { answers, day }: { readonly answers: readonly Answer[]; readonly day: number },
): Promise<readonly boolean[]> {
  const before = await rows
    .selectFrom('audit_days')
    .selectAll()
    .where('store_id', '=', storeId)
    .where('day', '=', day)
    .executeTakeFirst();
  const counted = { ...NO_ANSWERS, ...before, store_id: storeId, day };
  for (const { seen, figures } of answers) {
    counted[seen]++;
    for (const name of DAY_FIGURES) counted[name] += figures[name] ?? 0;
  }
  await rows
    .insertInto('audit_days')
    .values(counted)
    .onConflict((same) => same.columns(['store_id', 'day']).doUpdateSet(counted))
    .execute();
  const seen = answers.map((answer) => answer.seen);
  return rememberAnswers(rows, storeId, seen);
}

async function rememberAnswers(
  rows: Rows,
  storeId: StoreId,
  answers: readonly AuditClass[],
): Promise<readonly boolean[]> {
  const row = await rows
    .selectFrom('audit_standings')
    .select(['wrong_memory', 'excuse_memory'])
    .where('store_id', '=', storeId)
    .executeTakeFirst();
  let memory =
    row === undefined ? NEW_MEMORY : { wrong: row.wrong_memory, excuses: row.excuse_memory };
  const tooMuch = answers.map((seen) => {
    const before = memory;
    memory = remember(before, seen);
    return isTooMuch(before, memory);
  });
  const columns = { wrong_memory: memory.wrong, excuse_memory: memory.excuses };
  await rows
    .insertInto('audit_standings')
    .values({ store_id: storeId, bound_bytes: null, ...columns })
    .onConflict((same) => same.column('store_id').doUpdateSet(columns))
    .execute();
  return tooMuch;
}

/**
 * What was seen of one copy: accepted, asked again, or reported. `excuses`: how often in a row it was excused
 * before.
 */
export async function noteOutcome(
  rows: Rows,
  outcome: Outcome,
  { excuses, nowMs }: { readonly excuses: number; readonly nowMs: number },
): Promise<void> {
  const next = nextStep(outcome.class, excuses);
  if (next.step === 'accept') return dropWait(rows, outcome.copy);
  if (next.step === 'again') {
    const isExcuse = outcome.class !== 'offline';
    return putWait(rows, outcome.copy, {
      kind: outcome.source === 'full-read' && !isExcuse ? 'full-read' : 'compare',
      excuses: isExcuse ? excuses + 1 : excuses,
      nextMs: nowMs + next.waitMs,
      why: outcome.why,
    });
  }
  await report(rows, outcome, { fault: next.fault, nowMs });
}

/** Somebody has to look: a finding for each place, an incident for the copy, and another look in an hour. */
export async function report(
  rows: Rows,
  outcome: Outcome,
  { fault, nowMs }: { readonly fault: FaultClass; readonly nowMs: number },
): Promise<void> {
  const { copy, source, why } = outcome;
  const findings = outcome.findings.slice(0, MAX_FINDINGS);
  await noteFindings(rows, outcome, { findings, nowMs });
  const { challenge, answer, tagHash } = outcome;
  await openIncident(
    { rows, memberId: copy.memberId },
    {
      ...{ storeId: copy.storeId, packId: copy.packId, copyId: copy.copyId },
      ...{ class: fault, source, timeMs: nowMs },
      leaves: findings.map(({ leaf }) => leaf),
      ...(challenge === undefined ? {} : { challenge }),
      ...(answer === undefined ? {} : { answer }),
      ...(tagHash === undefined ? {} : { tagHash }),
    },
  );
  await noteFailure(rows, copy.storeId, nowMs);
  const nextMs = nowMs + AFTER_REPORT_MS;
  await putWait(rows, copy, { kind: 'compare', excuses: 0, nextMs, why: `${fault}: ${why}` });
}

async function noteFindings(
  rows: Rows,
  { copy, source, class: seen }: Outcome,
  { findings, nowMs }: { readonly findings: readonly Finding[]; readonly nowMs: number },
): Promise<void> {
  const { last } = await rows
    .selectFrom('audit_findings')
    .select((all) => all.fn.max('number').as('last'))
    .executeTakeFirstOrThrow();
  let number = Number(last ?? 0);
  const { memberId, packId, storeId, copyId } = copy;
  for (const { leaf, difference } of findings.length > 0 ? findings : [WHOLE]) {
    number++;
    await rows
      .insertInto('audit_findings')
      .values({
        ...{ number, time_ms: nowMs, member_id: memberId, pack_id: packId, store_id: storeId },
        ...{ copy_id: copyId, class: seen, source, leaf: leaf ?? null },
        first_bit: difference?.firstBit ?? null,
        bits: difference?.bits ?? null,
        blocks: difference?.blocks ?? null,
      })
      .execute();
  }
}

const WHOLE: Partial<Finding> = {};

// ── What waits ────────────────────────────────────────────────────────────────────────────────────

export interface Wait {
  readonly kind: 'compare' | 'full-read';
  readonly excuses: number;
  readonly nextMs: number;
  readonly why: string;
}

export type CopyKey = Pick<CopyToAudit, 'memberId' | 'packId' | 'storeId'>;

export async function putWait(rows: Rows, copy: CopyKey, wait: Wait): Promise<void> {
  const { kind, excuses, nextMs, why } = wait;
  const columns = { kind, excuses, next_ms: nextMs, why };
  await rows
    .insertInto('audit_waits')
    .values({
      ...{ member_id: copy.memberId, pack_id: copy.packId, store_id: copy.storeId },
      ...columns,
    })
    .onConflict((same) => same.columns(['member_id', 'pack_id', 'store_id']).doUpdateSet(columns))
    .execute();
}

export async function dropWait(rows: Rows, { memberId, packId, storeId }: CopyKey): Promise<void> {
  await rows
    .deleteFrom('audit_waits')
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('store_id', '=', storeId)
    .execute();
}
