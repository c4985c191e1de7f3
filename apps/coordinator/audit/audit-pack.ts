// One pack whose turn has come: its copies are compared, or read in full by their stores, as the turn says and as
// pairs and bounds allow; what cannot be looked at now waits. Kinds are of copies, so that one store that is away,
// bounded or new holds up no other.
import { MINUTE_MS, must } from '@kura/base';
import type { Rows } from '../db/tables.ts';
import type { Lease } from '../leases/leases.ts';
import { askFullRead } from './ask-full-read.ts';
import type { Pass } from './auditor-parts.ts';
import { readBound } from './bounds.ts';
import { type ComparedCopy, compareCopies } from './compare-copies.ts';
import { copiesOfPack, leavesAtStore } from './copies-to-audit.ts';
import { keepPair, noteAnswer, noteOutcome, putWait, report, takePair } from './note-outcomes.ts';
import type { CopyToAudit } from './outcome.ts';
import type { MadePair } from './pairs.ts';
import { mayCompare } from './plan/budget.ts';
import { isFault, nextStep } from './plan/classes.ts';
import type { TurnKind } from './plan/rounds.ts';

const OFFLINE_WAIT_MS = 15 * MINUTE_MS;

export interface Turn {
  readonly copy: CopyToAudit;
  readonly kind: TurnKind;
  /** How often in a row it was excused before. */
  readonly excuses: number;
}

export interface PackAudit {
  readonly day: number;
  /** When a bound allows more. */
  readonly nextDayMs: number;
  readonly pass: Pass;
}

interface Ready {
  readonly turn: Turn;
  readonly pair?: MadePair;
}

/** All of one pack. Resolves when what was seen is written; throws `interrupted` if the lease went to another. */
export async function auditCopies(
  lease: Lease,
  turns: readonly Turn[],
  audit: PackAudit,
): Promise<void> {
  const { pass } = audit;
  const ready = await lease.transact((rows) => makeReady(rows, turns, audit));
  const outcomes: TurnOutcome[] = [
    ...(await compare(
      ready.flatMap(({ turn, pair }) => (pair === undefined ? [turn] : [])),
      pass,
    )),
    ...(await readInFull(ready, pass)),
  ];
  outcomes.push(...(await placesOf(outcomes, pass)));
  await lease.transact((rows) => note(rows, outcomes, audit));
}

type TurnOutcome = ComparedCopy & { readonly turn: Turn };

async function compare(turns: readonly Turn[], pass: Pass): Promise<readonly TurnOutcome[]> {
  const [first] = turns;
  if (first === undefined) return [];
  const context = await pass.contextOf(first.copy.memberId);
  const { auditSecret, network } = pass.parts;
  const parts = { auditSecret, random: network.random, memory: pass.memory };
  const copies = turns.map(({ copy }) => copy);
  const compared = await compareCopies(context, copies, parts);
  return compared.map((one, index) => ({ ...one, turn: must(turns[index], 'its turn') }));
}

async function readInFull(ready: readonly Ready[], pass: Pass): Promise<readonly TurnOutcome[]> {
  const { auditSecret, audited } = pass.parts;
  const outcomes = ready.map(async ({ turn, pair }): Promise<readonly TurnOutcome[]> => {
    const port = audited(turn.copy.storeId);
    if (pair === undefined || port === undefined) return [];
    const store = await pass.askedStore(turn.copy.storeId);
    const question = { copy: turn.copy, pair, auditSecret };
    return [{ ...(await askFullRead(question, store, pass.askParts(port))), turn }];
  });
  return (await Promise.all(outcomes)).flat();
}

/**
 * A full read says that something is wrong, and not where: those copies are compared at once, whatever the bound
 * is.
 */
async function placesOf(
  outcomes: readonly TurnOutcome[],
  pass: Pass,
): Promise<readonly TurnOutcome[]> {
  const wrong = outcomes.filter(
    (outcome) => outcome.source === 'full-read' && outcome.class === 'wrong',
  );
  const [first] = wrong;
  if (first === undefined) return [];
  const turns = (await copiesOfPack(pass.rows, first.copy)).map((copy): Turn => {
    return { copy, kind: 'compare', excuses: 0 };
  });
  const compared = await compare(turns, pass);
  return compared.filter(({ copy }) => wrong.some((one) => one.copy.storeId === copy.storeId));
}

/** Which copies are looked at now, and how; of the others it is noted why they wait. */
async function makeReady(
  rows: Rows,
  turns: readonly Turn[],
  audit: PackAudit,
): Promise<readonly Ready[]> {
  const ready: Ready[] = [];
  for (const turn of turns) {
    const { copy, kind, excuses } = turn;
    const wait = async (nextMs: number, why: string): Promise<void> => {
      audit.pass.figures.waiting++;
      await putWait(rows, copy, { kind, excuses, nextMs, why });
    };
    if (audit.pass.parts.audited(copy.storeId) === undefined) {
      await wait(audit.pass.nowMs + OFFLINE_WAIT_MS, 'its store does not answer');
      continue;
    }
    const isAffordable = kind === 'compare' && (await mayBeCompared(rows, copy, audit));
    const pair = isAffordable ? undefined : await takePair(rows, copy);
    if (pair !== undefined) ready.push({ turn, pair });
    else if (isAffordable || (await mayBeCompared(rows, copy, audit))) ready.push({ turn });
    else await wait(audit.nextDayMs, 'what may go over the line in a day is spent');
  }
  return ready;
}

async function mayBeCompared(
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
    const { copy, turn, pair, class: seen, lineBytes, readBytes, isWhole } = outcome;
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
    if (pair !== undefined) await keepPair(rows, copy, { pair, nowMs });
    figures.lineBytes += lineBytes;
    if (isProved && outcome.source === 'compare') figures.compared++;
    if (isProved && outcome.source === 'full-read') figures.readInFull++;
    if (!isProved) {
      figures.faults++;
      parts.onFault?.(storeId, outcome.why);
    }
  }
}
