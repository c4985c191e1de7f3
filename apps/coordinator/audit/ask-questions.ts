// Questions for leaves whose moment has come: one store after the other's answer is not waited for, the questions
// to one store are asked one by one.
import { HOUR_MS, MINUTE_MS, type StoreId } from '@kura/base';
import type { AuditQuestionsTable } from '../db/audit-tables.ts';
import type { Lease } from '../leases/leases.ts';
import { askLeaves, type LeafOfCopy, type LeavesAsked, worstOf } from './ask-leaves.ts';
import type { Pass } from './auditor-parts.ts';
import { mayBeRemoved } from './awaited-copies.ts';
import { readBound } from './bounds.ts';
import { copiesOfPacks } from './copies-to-audit.ts';
import type { LeafOfPack } from './draw-questions.ts';
import { noteAnswers, noteOutcome, report } from './note-outcomes.ts';
import { mayAskLeaves } from './plan/budget.ts';
import { isFault, nextStep } from './plan/classes.ts';

/** Of one pass and store: what was missed is asked soon, and not all at once. */
const MAX_PER_STORE = 8;
const MAX_DUE = 1000;
const OFFLINE_WAIT_MS = 15 * MINUTE_MS;

/** True if some that are due are left. */
export async function askDueQuestions(lease: Lease, day: number, pass: Pass): Promise<boolean> {
  const due = await pass.rows
    .selectFrom('audit_questions')
    .selectAll()
    .where('due_ms', '<=', pass.nowMs)
    .orderBy('due_ms')
    .limit(MAX_DUE)
    .execute();
  const byStore = Map.groupBy(due, (row) => row.store_id);
  await Promise.all(
    [...byStore.values()].map(async (questions) => {
      for (const question of questions.slice(0, MAX_PER_STORE)) {
        await askQuestion(lease, question, { day, pass });
      }
    }),
  );
  return [...byStore.values()].some(({ length }) => length > MAX_PER_STORE);
}

interface Asking {
  readonly day: number;
  readonly pass: Pass;
}

async function askQuestion(
  lease: Lease,
  question: AuditQuestionsTable,
  { day, pass }: Asking,
): Promise<void> {
  const { store_id: storeId } = question;
  const asked = await copiesAsked(question, pass);
  if (asked.length === 0) return lease.transact((rows) => drop(rows, question));
  const port = pass.parts.audited(storeId);
  if (port === undefined || !(await isAffordable(storeId, asked.length, { day, pass }))) {
    const nextMs = pass.nowMs + (port === undefined ? OFFLINE_WAIT_MS : HOUR_MS);
    pass.figures.waiting++;
    return lease.transact((rows) => putOff(rows, question, { nextMs, excuses: question.excuses }));
  }
  const answered = await askLeaves(asked, await pass.askedStore(storeId), pass.askParts(port));
  await lease.transact((rows) => note(rows, { question, asked, answered, day, pass }));
}

/** Leaves of copies that are still there. */
async function copiesAsked(
  { store_id: storeId, leaves }: AuditQuestionsTable,
  { rows }: Pass,
): Promise<readonly LeafOfCopy[]> {
  const wanted = (JSON.parse(leaves) as readonly LeafOfPack[]).map(([memberId, packId, leaf]) => {
    return { memberId, packId, leaf };
  });
  const copies = await copiesOfPacks(rows, wanted);
  return wanted.flatMap(({ leaf }, index) => {
    const copy = copies[index]?.find((one) => one.storeId === storeId);
    return copy !== undefined && leaf < copy.leafCount ? [{ copy, leaf }] : [];
  });
}

async function isAffordable(storeId: StoreId, leaves: number, { day, pass }: Asking) {
  const { boundBytes, spent } = await readBound(pass.rows, storeId, day);
  return mayAskLeaves(leaves * pass.leafBytes, { spent, boundBytes });
}

interface Answered {
  readonly question: AuditQuestionsTable;
  readonly asked: readonly LeafOfCopy[];
  readonly answered: LeavesAsked;
  readonly day: number;
  readonly pass: Pass;
}

type Rows = Pass['rows'];

async function note(rows: Rows, { question, asked, day, pass, ...got }: Answered): Promise<void> {
  const { store_id: storeId, excuses } = question;
  const answered = await withoutRemoved(rows, got.answered);
  const { class: seen, why, lineBytes, outcomes } = answered;
  const { figures, nowMs, parts } = pass;
  figures.lineBytes += lineBytes;
  const answers = [{ seen, figures: { leaf_bytes: lineBytes } }];
  const isTooMuch =
    seen !== 'offline' && (await noteAnswers(rows, storeId, { answers, day })).includes(true);
  for (const outcome of outcomes) {
    figures.faults++;
    parts.onFault?.(storeId, outcome.why);
    await noteOutcome(rows, outcome, { excuses: 0, nowMs });
  }
  const next = nextStep(seen, excuses);
  const [first] = asked;
  if (isTooMuch && next.step === 'again' && first !== undefined && isFault(seen)) {
    figures.faults++;
    parts.onFault?.(storeId, `too many excuses: ${why}`);
    await report(rows, wholeQuestion(first, answered), { fault: seen, nowMs });
  }
  if (outcomes.length === 0 && next.step === 'again') {
    figures.waiting++;
    const waited = seen === 'offline' ? excuses : excuses + 1;
    return putOff(rows, question, { nextMs: nowMs + next.waitMs, excuses: waited });
  }
  if (outcomes.length === 0 && next.step === 'report' && first !== undefined) {
    figures.faults++;
    parts.onFault?.(storeId, why);
    await report(rows, wholeQuestion(first, answered), { fault: next.fault, nowMs });
  }
  if (seen === 'ok') {
    figures.questions++;
    figures.leaves += asked.length;
  }
  await drop(rows, question);
}

/** What may have been removed is not held against the store. */
async function withoutRemoved(rows: Rows, answered: LeavesAsked): Promise<LeavesAsked> {
  const removed = await mayBeRemoved(rows, answered.outcomes);
  if (removed.size === 0) return answered;
  const outcomes = answered.outcomes.filter((outcome) => !removed.has(outcome));
  return { ...answered, ...worstOf(outcomes), outcomes };
}

/** An excuse is of the store, and not of a copy: the first one that was asked for stands for all. */
function wholeQuestion({ copy, leaf }: LeafOfCopy, { class: seen, why }: LeavesAsked) {
  return {
    ...{ copy, source: 'leaves' as const, class: seen, why, findings: [{ leaf }] },
    ...{ lineBytes: 0, readBytes: 0, isWhole: false },
  };
}

async function drop(rows: Rows, { store_id, day, part }: AuditQuestionsTable): Promise<void> {
  await rows
    .deleteFrom('audit_questions')
    .where('store_id', '=', store_id)
    .where('day', '=', day)
    .where('part', '=', part)
    .execute();
}

async function putOff(
  rows: Rows,
  { store_id, day, part }: AuditQuestionsTable,
  { nextMs, excuses }: { readonly nextMs: number; readonly excuses: number },
): Promise<void> {
  await rows
    .updateTable('audit_questions')
    .set({ due_ms: nextMs, excuses })
    .where('store_id', '=', store_id)
    .where('day', '=', day)
    .where('part', '=', part)
    .execute();
}
