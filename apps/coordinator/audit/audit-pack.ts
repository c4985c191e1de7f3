// One pack whose turn has come: its copies are compared, or read in full by their stores, as the turn says and as pairs and
// bounds allow; what cannot be looked at now waits. Kinds are of copies, so that one store that is away, bounded or
// new holds up no other.
import { MINUTE_MS } from '@kura/base';
import type { Rows } from '../db/tables.ts';
import type { Lease } from '../leases/leases.ts';
import { askFullRead } from './ask-full-read.ts';
import type { Pass } from './auditor-parts.ts';
import { readBound } from './bounds.ts';
import { type ComparedCopy, compareCopies } from './compare-copies.ts';
import { leavesAtStore } from './copies-to-audit.ts';
import { keepPair, noteAnswer, noteOutcome, putWait, takePair } from './note-outcomes.ts';
import type { CopyToAudit } from './outcome.ts';
import type { MadePair } from './pairs.ts';
import { mayCompare } from './plan/budget.ts';
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
  const fullReads = ready.filter(({ pair }) => pair !== undefined);
  const compares = ready.filter(({ pair }) => pair === undefined);
  const outcomes: (ComparedCopy & { readonly turn: Turn })[] = [];
  const [first] = compares;
  if (first !== undefined) {
    const context = await pass.contextOf(first.turn.copy.memberId);
    const copies = compares.map(({ turn }) => turn.copy);
    const { auditSecret, network } = pass.parts;
    const parts = { auditSecret, random: network.random, memory: pass.memory };
    const compared = await compareCopies(context, copies, parts);
    for (const [index, { turn }] of compares.entries()) {
      const one = compared[index];
      if (one !== undefined) outcomes.push({ ...one, turn });
    }
  }
  await Promise.all(
    fullReads.map(async ({ turn, pair }) => {
      const { copy } = turn;
      const port = pass.parts.audited(copy.storeId);
      if (port === undefined || pair === undefined) return;
      const question = { copy, pair, auditSecret: pass.parts.auditSecret };
      const store = await pass.askedStore(copy.storeId);
      outcomes.push({ ...(await askFullRead(question, store, pass.askParts(port))), turn });
    }),
  );
  await lease.transact((rows) => note(rows, outcomes, audit));
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
  outcomes: readonly (ComparedCopy & { readonly turn: Turn })[],
  { day, pass }: PackAudit,
): Promise<void> {
  const { nowMs, figures, parts } = pass;
  for (const outcome of outcomes) {
    const { copy, turn, pair, class: seen, lineBytes, readBytes, isWhole } = outcome;
    const { storeId } = copy;
    const isProved = seen === 'ok' && isWhole;
    await noteAnswer(
      rows,
      {
        ...{ storeId, seen },
        figures: {
          compare_bytes: lineBytes,
          full_read_bytes: readBytes,
          copies_proved: isProved ? 1 : 0,
        },
      },
      { day, nowMs },
    );
    await noteOutcome(rows, outcome, { excuses: turn.excuses, nowMs });
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
