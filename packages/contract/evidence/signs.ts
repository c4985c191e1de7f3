// What speaks against decay. Each sign stands on statements that the store itself signed; an examination may lie,
// but it has to fit what else the store has signed, and how much devices decay.
import { equalBytes, must } from '@kura/base';
import type { Examination } from '../audit/examination.ts';
import type { Facts, Seen } from './facts.ts';
import { AUDIT_SOURCES } from './observed.ts';
import { leavesOf, runsOf } from './places.ts';
import { hasMediumError } from './rate.ts';
import type { DeviceRate, Sign } from './verdict.ts';

/** Separate places in one copy: fewer happen to devices without an error of their medium. */
const MANY_PLACES = 8;
/** One answer can be wrong by an error that passes. */
const MIN_HOLLOW_ANSWERS = 2;
const MIN_REFUSALS = 3;
/** Answers for one leaf, each with other bytes, and signed to be intact in between. */
const MIN_FABRICATED = 3;
/** So often a memory that errs in one answer of twenty does not hit one leaf: this alone is enough. */
const SURELY_FABRICATED = 5;

export interface Signs {
  readonly signs: readonly Sign[];
  /** Statements of the store that bytes were exchanged and what belongs to them made anew. */
  readonly recomputed: number;
  /** Ways in which the store behaves as if it lied; one that chance cannot have counts as two. */
  readonly conducts: number;
}

interface FoundSign extends Sign {
  readonly weight: number;
}

export function readSigns(facts: Facts, rate: DeviceRate): Signs {
  const recomputed = recomputedStatements(facts);
  const fabricated = fabricatedAnswers(facts);
  const said: (FoundSign | false)[] = [
    recomputed > 0 && {
      ...{ kind: 'recomputed', weight: recomputed },
      says: 'its own table or parity was made anew over other bytes than it acknowledged',
    },
    isScattered(facts) && {
      ...{ kind: 'amount', weight: 1 },
      says: `${MANY_PLACES} or more separate places of one copy are wrong, and its medium is clean`,
    },
    !rate.isPlausible && {
      ...{ kind: 'amount', weight: 1 },
      says: `${rate.places} places are wrong on this device, and no more than ${rate.plausible} are plausible`,
    },
    isContradicted(facts) && {
      ...{ kind: 'conduct', weight: 1 },
      says: 'it signs that the copy is intact, and gives the same wrong bytes before and after',
    },
    fabricated >= MIN_FABRICATED && {
      ...{ kind: 'conduct', weight: fabricated >= SURELY_FABRICATED ? 2 : 1 },
      says: 'it gives other bytes each time for a leaf, and signs in between that it is intact',
    },
    isHollow(facts) && {
      ...{ kind: 'conduct', weight: 1 },
      says: 'it names the right root of bytes that it cannot have read',
    },
    isEvasive(facts) && {
      ...{ kind: 'conduct', weight: 1 },
      says: 'it refuses audits, and answers others in between',
    },
  ];
  const found = said.filter((sign) => sign !== false);
  const conduct = found.filter(({ kind }) => kind === 'conduct');
  return {
    signs: found.map(({ kind, says }) => ({ kind, says })),
    recomputed,
    conducts: conduct.reduce((sum, { weight }) => sum + weight, 0),
  };
}

/**
 * Each examination of its own day that found them exchanged, and a signed answer with other bytes than were
 * entrusted: an examination that repeats what an earlier one found says nothing new.
 */
function recomputedStatements(facts: Facts): number {
  const found = facts.examinations.filter((one) => isRecomputed(one, facts));
  if (found.length === 0) return 0;
  const days = new Set(found.map(({ foundMs }) => foundMs)).size;
  const named = new Set(found.flatMap(leavesOf));
  const isAnswered = facts.seen.some(({ answered }) =>
    answered.some(
      ({ leaf, isRight }) => isRight === false && (named.size === 0 || named.has(leaf)),
    ),
  );
  return days + (isAnswered ? 1 : 0);
}

/** A table, and parity, that agree on other bytes than were acknowledged: both were made, neither has decayed. */
function isRecomputed({ state, root, parity }: Examination, facts: Facts): boolean {
  if (parity === 'changed') return true;
  if (state === 'missing' || root.every((byte) => byte === 0)) return false;
  return !equalBytes(root, facts.root);
}

/** Not of what the store has told by itself: who tells is not hiding anything. */
function isScattered({ examinations }: Facts): boolean {
  const last = examinations.at(-1);
  if (last?.state !== 'damaged' || last.reportedBefore || hasMediumError(last)) return false;
  if (isMostlyForeign(last)) return false;
  return runsOf(leavesOf(last)).length >= MANY_PLACES;
}

/** Whole blocks of other leaves of the shelf: writes that went astray. */
export function isMostlyForeign({ findings }: Examination): boolean {
  const foreign = findings.filter(({ kind }) => kind === 'foreign').length;
  return foreign > 0 && 2 * foreign >= findings.length;
}

function wrongAnswers(seen: readonly Seen[]): ReadonlySet<string> {
  const wrong = seen.flatMap(({ answered }) => answered.filter(({ isRight }) => isRight === false));
  return new Set(wrong.map(({ leaf, hash }) => `${leaf} ${hash}`));
}

/**
 * A reading error that passes has other bytes each time; a mirror with two minds is possible, so this alone is not
 * enough.
 */
function isContradicted({ examinations, seen }: Facts): boolean {
  return examinations.some(({ state, askedMs }) => {
    if (state !== 'intact') return false;
    const before = wrongAnswers(seen.filter((one) => one.timeMs < askedMs));
    const after = wrongAnswers(seen.filter((one) => one.timeMs > askedMs));
    return [...before].some((answer) => after.has(answer));
  });
}

/** For the leaf that was given most often with other bytes each time, how often. */
function fabricatedAnswers({ examinations, seen }: Facts): number {
  const times = new Map<number, Map<string, number>>();
  for (const { answered, timeMs } of seen) {
    for (const { leaf, hash, isRight } of answered) {
      if (isRight !== false || hash === undefined) continue;
      const known = times.get(leaf) ?? new Map<string, number>();
      times.set(leaf, known.set(hash, known.get(hash) ?? timeMs));
    }
  }
  const intact = examinations.filter(({ state }) => state === 'intact').map((one) => one.askedMs);
  const counts = [...times.values()].map((byHash) => {
    const order = [...byHash.values()].sort((a, b) => a - b);
    const parted = order.filter((time, index) => {
      const next = order[index + 1];
      return next === undefined || intact.some((between) => time < between && between < next);
    });
    return parted.length;
  });
  return Math.max(0, ...counts);
}

/** Hashes can be kept without the bytes; the tag of a full read cannot be made from them. */
function isHollow({ seen }: Facts): boolean {
  const hollow = seen.filter(
    ({ fullRead }) =>
      fullRead?.state === 'read' && fullRead.isRootRight && fullRead.isTagRight === false,
  );
  return hollow.length >= MIN_HOLLOW_ANSWERS;
}

function isEvasive({ seen, examinations }: Facts): boolean {
  const refusals = seen.filter(
    (one) => one.class === 'refused' && AUDIT_SOURCES.includes(one.source),
  );
  if (refusals.length < MIN_REFUSALS) return false;
  const [first, last] = [must(refusals[0], 'counted'), must(refusals.at(-1), 'counted')];
  const isBetween = (timeMs: number): boolean => first.timeMs < timeMs && timeMs < last.timeMs;
  const answered = seen.some((one) => one.answered.length > 0 && isBetween(one.timeMs));
  return answered || examinations.some((one) => isBetween(one.askedMs));
}
