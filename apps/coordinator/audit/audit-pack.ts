// One pack whose turn has come: its copies are compared, or read in full by their stores, as the turn says and as
// pairs and bounds allow; what cannot be looked at now waits. Kinds are of copies, so that one store that is away,
// bounded or new holds up no other.
import { MINUTE_MS, must } from '@kura/base';
import type { Rows } from '../db/tables.ts';
import type { Lease } from '../leases/leases.ts';
import { askFullRead } from './ask-full-read.ts';
import type { Pass } from './auditor-parts.ts';
import { readBound } from './bounds.ts';
import { compareByTag } from './compare-by-tag.ts';
import { type ComparedCopy, type CompareParts, compareCopies } from './compare-copies.ts';
import { copiesOfPack, leavesAtStore } from './copies-to-audit.ts';
import { noteAnswer, noteOutcome, putWait, report } from './note-outcomes.ts';
import type { CopyToAudit, Outcome } from './outcome.ts';
import { keepPairs, takePair } from './pair-rows.ts';
import type { MadePair } from './pairs.ts';
import { mayCompare } from './plan/budget.ts';
import { isFault, nextStep } from './plan/classes.ts';
import { leadOf, type TurnKind } from './plan/rounds.ts';

const OFFLINE_WAIT_MS = 15 * MINUTE_MS;

export interface Turn {
  readonly copy: CopyToAudit;
  readonly kind: TurnKind;
  /** How often in a row it was excused before. */
  readonly excuses: number;
}

export interface PackAudit {
  readonly day: number;
  readonly round: number;
  /** When a bound allows more. */
  readonly nextDayMs: number;
  readonly pass: Pass;
}

interface Ready {
  readonly turn: Turn;
  /** Undefined: it has to be compared. */
  readonly pair?: MadePair;
}

/** A full read that is to be asked for. */
interface Reading {
  readonly turn: Turn;
  readonly pair: MadePair;
  /** It was made of another copy of the pack just now: its answer compares the two. */
  readonly isCompared: boolean;
  /** For the next ones. */
  readonly pairs: readonly MadePair[];
}

interface TurnOutcome extends ComparedCopy {
  readonly turn: Turn;
  readonly isCompared: boolean;
}

/** All of one pack. Resolves when what was seen is written; throws `interrupted` if the lease went to another. */
export async function auditCopies(
  lease: Lease,
  turns: readonly Turn[],
  audit: PackAudit,
): Promise<void> {
  const { pass } = audit;
  const ready = await lease.transact((rows) => makeReady(rows, turns, audit));
  const { fetched, readings } = await compare(
    ready.flatMap(({ turn, pair }) => (pair === undefined ? [turn] : [])),
    pass,
  );
  const paired = ready.flatMap(({ turn, pair }): readonly Reading[] =>
    pair === undefined ? [] : [{ turn, pair, isCompared: false, pairs: [] }],
  );
  const read = await readInFull([...paired, ...readings], pass);
  const outcomes = await withPlaces([...fetched, ...read], pass);
  await lease.transact((rows) => note(rows, outcomes, audit));
}

/** The first one of `turns` is fetched. */
async function compare(
  turns: readonly Turn[],
  pass: Pass,
): Promise<{ readonly fetched: readonly TurnOutcome[]; readonly readings: readonly Reading[] }> {
  const [first] = turns;
  if (first === undefined) return { fetched: [], readings: [] };
  const context = await pass.contextOf(first.copy.memberId);
  const copies = turns.map(({ copy }) => copy);
  const { outcomes, questions } = await compareByTag(context, copies, compareParts(pass));
  const turnOf = (copy: CopyToAudit): Turn =>
    must(
      turns.find((turn) => turn.copy === copy),
      'its turn',
    );
  return {
    fetched: outcomes.map((one) => ({ ...one, turn: turnOf(one.copy), isCompared: true })),
    readings: questions.map(({ copy, pair, pairs }) => {
      return { turn: turnOf(copy), pair, pairs, isCompared: true };
    }),
  };
}

function compareParts({ parts, memory }: Pass): CompareParts {
  return { auditSecret: parts.auditSecret, random: parts.network.random, memory };
}

async function readInFull(
  readings: readonly Reading[],
  pass: Pass,
): Promise<readonly TurnOutcome[]> {
  const { auditSecret, audited } = pass.parts;
  const outcomes = readings.map(async ({ turn, pair, pairs, isCompared }): Promise<TurnOutcome> => {
    const { copy } = turn;
    const port = audited(copy.storeId);
    if (port === undefined) return { ...goneMeanwhile(copy), turn, pairs, isCompared };
    const store = await pass.askedStore(copy.storeId);
    const seen = await askFullRead({ copy, pair, auditSecret }, store, pass.askParts(port));
    // A tag that differs: nobody knows yet which of the two copies the pack is.
    return { ...seen, turn, isCompared, pairs: seen.class === 'wrong' ? [] : pairs };
  });
  return Promise.all(outcomes);
}

function goneMeanwhile(copy: CopyToAudit): Outcome {
  return {
    ...{ copy, source: 'full-read', class: 'offline', why: 'its store does not answer' },
    ...{ findings: [], lineBytes: 0, readBytes: 0, isWhole: false },
  };
}

/**
 * A full read says that something is wrong, and not where: then all copies of the pack are fetched and compared at
 * once, whatever the bound is. If each store turns out to have what it acknowledged, none of them is accused.
 */
async function withPlaces(
  outcomes: readonly TurnOutcome[],
  pass: Pass,
): Promise<readonly TurnOutcome[]> {
  const wrong = outcomes.filter(
    (outcome) => outcome.source === 'full-read' && outcome.class === 'wrong',
  );
  const [first] = wrong;
  if (first === undefined) return outcomes;
  const context = await pass.contextOf(first.copy.memberId);
  const copies = await copiesOfPack(pass.rows, first.copy);
  const compared = await compareCopies(context, copies, compareParts(pass));
  const unlike = compared.filter(({ isUnlike }) => isUnlike);
  const isOf = (one: Outcome) => (other: Outcome) => one.copy.storeId === other.copy.storeId;
  const kept = outcomes.filter((one) => !unlike.some(isOf(one)));
  const told = compared.filter((one) => one.isUnlike || wrong.some(isOf(one)));
  const places = told.map((one): TurnOutcome => {
    const turn: Turn = { copy: one.copy, kind: 'compare', excuses: 0 };
    return { ...one, turn, isCompared: true };
  });
  return [...kept, ...places];
}

/** Which copies are looked at now, and how; of the others it is noted why they wait. */
async function makeReady(
  rows: Rows,
  turns: readonly Turn[],
  audit: PackAudit,
): Promise<readonly Ready[]> {
  const { pass, nextDayMs } = audit;
  const ready: Ready[] = [];
  const wait = async ({ copy, kind, excuses }: Turn, nextMs: number, why: string) => {
    pass.figures.waiting++;
    await putWait(rows, copy, { kind, excuses, nextMs, why });
  };
  const toCompare: Turn[] = [];
  for (const turn of turns) {
    if (pass.parts.audited(turn.copy.storeId) === undefined) {
      await wait(turn, pass.nowMs + OFFLINE_WAIT_MS, 'its store does not answer');
      continue;
    }
    const pair = turn.kind === 'full-read' ? await takePair(rows, turn.copy) : undefined;
    if (pair === undefined) toCompare.push(turn);
    else ready.push({ turn, pair });
  }
  const lead = await chooseLead(rows, toCompare, audit);
  if (lead !== undefined) {
    const others = toCompare.filter((turn) => turn !== lead);
    return [...ready, ...[lead, ...others].map((turn) => ({ turn }))];
  }
  for (const turn of toCompare) {
    const pair = turn.kind === 'compare' ? await takePair(rows, turn.copy) : undefined;
    if (pair !== undefined) ready.push({ turn, pair });
    else await wait(turn, nextDayMs, 'what may go over the line in a day is spent');
  }
  return ready;
}

/** The next one in turn whose store's line has room for it today. */
async function chooseLead(
  rows: Rows,
  turns: readonly Turn[],
  audit: PackAudit,
): Promise<Turn | undefined> {
  const [any] = turns;
  if (any === undefined) return undefined;
  const { auditSecret } = audit.pass.parts;
  const first = leadOf(auditSecret, any.copy.packId, { round: audit.round, copies: turns.length });
  for (const turn of [...turns.slice(first), ...turns.slice(0, first)]) {
    if (await mayBeFetched(rows, turn.copy, audit)) return turn;
  }
  return undefined;
}

async function mayBeFetched(
  rows: Rows,
  { storeId, leafCount }: CopyToAudit,
  { day, pass }: PackAudit,
): Promise<boolean> {
  const { boundBytes, spent } = await readBound(rows, storeId, day);
  if (boundBytes === undefined) return true;
  const { leafBytes } = pass;
  const storedBytes = (await leavesAtStore(rows, storeId)) * leafBytes;
  const need = { storedBytes, leafBytes };
  return mayCompare(leafCount * leafBytes, { spent, need, boundBytes });
}

async function note(
  rows: Rows,
  outcomes: readonly TurnOutcome[],
  { day, pass }: PackAudit,
): Promise<void> {
  const { nowMs, figures, parts } = pass;
  for (const outcome of outcomes) {
    const { copy, turn, pairs, class: seen, lineBytes, readBytes, isWhole, isCompared } = outcome;
    const { storeId } = copy;
    const isProved = seen === 'ok' && isWhole;
    const isTooMuch = await noteAnswer(
      rows,
      {
        ...{ storeId, seen },
        figures: {
          compare_bytes: lineBytes,
          full_read_bytes: readBytes,
          copies_proved: isProved ? 1 : 0,
        },
      },
      { day },
    );
    const { excuses } = turn;
    const isAskedAgain = nextStep(seen, excuses).step === 'again';
    if (isTooMuch && isAskedAgain && isFault(seen)) {
      await report(rows, outcome, { fault: seen, nowMs });
    } else {
      await noteOutcome(rows, outcome, { excuses, nowMs });
    }
    if (pairs.length > 0) await keepPairs(rows, copy, { pairs, nowMs });
    figures.lineBytes += lineBytes;
    if (isProved && isCompared) figures.compared++;
    if (isProved && !isCompared) figures.readInFull++;
    if (!isProved) {
      figures.faults++;
      parts.onFault?.(storeId, outcome.why);
    }
  }
}
