// One pack whose turn has come: its copies are compared, or read in full by their stores. Nothing here writes.
import { must } from '@kura/base';
import { askFullRead } from './ask-full-read.ts';
import type { Pass } from './auditor-parts.ts';
import { type ComparedByTag, compareByTag } from './compare-by-tag.ts';
import { type ComparedCopy, compareCopies } from './compare-copies.ts';
import type { CompareMemory } from './compare-memory.ts';
import { copiesOfPack } from './copies-to-audit.ts';
import type { Lanes } from './lanes.ts';
import type { ReadyPack } from './make-ready.ts';
import type { CopyToAudit, Outcome } from './outcome.ts';
import type { MadePair } from './pairs.ts';
import type { Turn } from './turns.ts';

export interface TurnOutcome extends ComparedCopy {
  readonly turn: Turn;
  /** With another copy of the pack: fetched, or by a tag that was made of it just now. */
  readonly isCompared: boolean;
}

/** Its store did not come to it in time. */
export interface PutOff {
  readonly turn: Turn;
  /** Not sent; `isNew`: made just now, in place of older ones. */
  readonly pairs: readonly MadePair[];
  readonly isNew: boolean;
}

export interface LookedAt {
  readonly outcomes: readonly TurnOutcome[];
  readonly putOff: readonly PutOff[];
}

export interface Looking {
  readonly pass: Pass;
  readonly lanes: Lanes;
}

/** A full read that is to be asked for. */
interface Reading {
  readonly turn: Turn;
  readonly pair: MadePair;
  readonly isCompared: boolean;
  /** For the next ones. */
  readonly pairs: readonly MadePair[];
}

export async function lookAtPack(ready: ReadyPack, looking: Looking): Promise<LookedAt> {
  const paired = ready.toRead.map((one) => ({ ...one, isCompared: false, pairs: [] }));
  const [compared, ...read] = await Promise.all([
    compare(ready.toCompare, looking),
    ...paired.map((one) => readInFull(one, looking)),
  ]);
  const looked = [compared, ...read];
  const outcomes = looked.flatMap((one) => one.outcomes);
  return {
    outcomes: await withPlaces(outcomes, looking.pass),
    putOff: looked.flatMap((one) => one.putOff),
  };
}

/** The first one of `turns` is fetched; the others answer what is made of it. */
async function compare(turns: readonly Turn[], looking: Looking): Promise<LookedAt> {
  const [lead] = turns;
  if (lead === undefined) return { outcomes: [], putOff: [] };
  const { pass, lanes } = looking;
  const context = await pass.contextOf(lead.copy.memberId);
  const copies = turns.map(({ copy }) => copy);
  const fetched: ComparedByTag | undefined = await lanes.run(lead.copy.storeId, () =>
    pass.rooms.run((memory) => compareByTag(context, copies, compareParts(pass, memory))),
  );
  if (fetched === undefined) {
    return { outcomes: [], putOff: turns.map((turn) => ({ turn, pairs: [], isNew: false })) };
  }
  const turnOf = (copy: CopyToAudit): Turn =>
    must(
      turns.find((turn) => turn.copy === copy),
      'its turn',
    );
  const read = await Promise.all(
    fetched.questions.map(({ copy, ...question }) =>
      readInFull({ ...question, turn: turnOf(copy), isCompared: true }, looking),
    ),
  );
  const outcomes = fetched.outcomes.map((one) => {
    return { ...one, turn: turnOf(one.copy), isCompared: true };
  });
  return {
    outcomes: [...outcomes, ...read.flatMap((one) => one.outcomes)],
    putOff: read.flatMap((one) => one.putOff),
  };
}

function compareParts({ parts }: Pass, memory: CompareMemory) {
  return { auditSecret: parts.auditSecret, random: parts.network.random, memory };
}

async function readInFull(
  { turn, pair, pairs, isCompared }: Reading,
  { pass, lanes }: Looking,
): Promise<LookedAt> {
  const { copy } = turn;
  const { auditSecret, audited } = pass.parts;
  const store = await pass.askedStore(copy.storeId);
  const seen = await lanes.run(copy.storeId, async () => {
    const port = audited(copy.storeId);
    if (port === undefined) return goneMeanwhile(copy);
    return askFullRead({ copy, pair, auditSecret }, store, pass.askParts(port));
  });
  if (seen === undefined) {
    return { outcomes: [], putOff: [{ turn, pairs: [pair, ...pairs], isNew: isCompared }] };
  }
  // A tag that differs: nobody knows yet which of the two copies the pack is.
  const kept = seen.class === 'wrong' ? [] : pairs;
  return { outcomes: [{ ...seen, turn, isCompared, pairs: kept }], putOff: [] };
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
  const compared = await pass.rooms.run((memory) =>
    compareCopies(context, copies, compareParts(pass, memory)),
  );
  const unlike = compared.filter(({ isUnlike }) => isUnlike);
  const isOf = (one: Outcome) => (other: Outcome) => one.copy.storeId === other.copy.storeId;
  const kept = outcomes.filter((one) => !unlike.some(isOf(one)));
  const told = compared.filter((one) => one.isUnlike || wrong.some(isOf(one)));
  const places = told.map((one): TurnOutcome => {
    const turn: Turn = { copy: one.copy, kind: 'compare', excuses: 0, hasWaited: false };
    return { ...one, turn, isCompared: true };
  });
  return [...kept, ...places];
}
