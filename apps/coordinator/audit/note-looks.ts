// What a batch of packs has shown becomes rows: answers counted by store, each copy accepted, asked again or reported,
// pairs for its next full reads, and what its store did not come to.
import type { Rows } from '../db/tables.ts';
import type { Pass } from './auditor-parts.ts';
import { mayBeRemoved } from './awaited-copies.ts';
import type { LookedAt, PutOff, TurnOutcome } from './look-at-pack.ts';
import { dropWait, noteAnswers, noteOutcome, putWait, report } from './note-outcomes.ts';
import { givePairsBack, keepPairs } from './pair-rows.ts';
import { isFault, nextStep } from './plan/classes.ts';
import type { BatchAudit } from './turns.ts';

export async function noteLooks(
  rows: Rows,
  looks: readonly LookedAt[],
  audit: BatchAudit,
): Promise<void> {
  const all = looks.flatMap(({ outcomes }) => outcomes);
  const removed = await mayBeRemoved(rows, all);
  for (const { copy, turn } of all.filter((one) => removed.has(one))) {
    audit.pass.figures.waiting++;
    const why = 'its member is awaited, and may have removed it';
    await putWait(rows, copy, { ...turn, nextMs: audit.nextDayMs, why });
  }
  const answered = all.filter((one) => !removed.has(one));
  for (const outcomes of Map.groupBy(answered, ({ copy }) => copy.storeId).values()) {
    await noteStore(rows, outcomes, audit);
  }
  for (const one of looks.flatMap(({ putOff }) => putOff)) await notePutOff(rows, one, audit.pass);
}

/** All of one store. */
async function noteStore(
  rows: Rows,
  outcomes: readonly TurnOutcome[],
  { day, pass }: BatchAudit,
): Promise<void> {
  const [first] = outcomes;
  if (first === undefined) return;
  const answers = outcomes.map((outcome) => ({
    seen: outcome.class,
    figures: {
      compare_bytes: outcome.lineBytes,
      full_read_bytes: outcome.readBytes,
      copies_proved: isProved(outcome) ? 1 : 0,
    },
  }));
  const tooMuch = await noteAnswers(rows, first.copy.storeId, { answers, day });
  for (const [index, outcome] of outcomes.entries()) {
    const { copy, pairs } = outcome;
    await noteStep(rows, outcome, { isTooMuch: tooMuch[index] === true, pass });
    if (pairs.length > 0) await keepPairs(rows, copy, { pairs, nowMs: pass.nowMs });
    count(outcome, pass);
  }
}

interface Step {
  /** With this answer the store's excuses have become too many. */
  readonly isTooMuch: boolean;
  readonly pass: Pass;
}

async function noteStep(
  rows: Rows,
  outcome: TurnOutcome,
  { isTooMuch, pass: { nowMs } }: Step,
): Promise<void> {
  const { turn, class: seen } = outcome;
  const { step } = nextStep(seen, turn.excuses);
  if (step === 'accept') {
    if (turn.hasWaited) await dropWait(rows, turn.copy);
  } else if (isTooMuch && step === 'again' && isFault(seen)) {
    await report(rows, outcome, { fault: seen, nowMs });
  } else {
    await noteOutcome(rows, outcome, { excuses: turn.excuses, nowMs });
  }
}

function isProved({ class: seen, isWhole }: TurnOutcome): boolean {
  return seen === 'ok' && isWhole;
}

function count(outcome: TurnOutcome, { figures, parts }: Pass): void {
  figures.lineBytes += outcome.lineBytes;
  if (!isProved(outcome)) {
    figures.faults++;
    parts.onFault?.(outcome.copy.storeId, outcome.why);
  } else if (outcome.isCompared) figures.compared++;
  else figures.readInFull++;
}

/** Due at once: what a store did not come to in this pass it may come to in the next one. */
async function notePutOff(
  rows: Rows,
  { turn, pairs, isNew }: PutOff,
  { figures, nowMs }: Pass,
): Promise<void> {
  figures.waiting++;
  const { copy, excuses } = turn;
  const kind = pairs.length > 0 ? 'full-read' : turn.kind;
  const why = 'its store takes long for what it was asked before';
  await putWait(rows, copy, { kind, excuses, nextMs: nowMs, why });
  if (isNew) await keepPairs(rows, copy, { pairs, nowMs });
  else if (pairs.length > 0) await givePairsBack(rows, copy, { pairs, nowMs });
}
