// What audits read, what it costs a store's line, and how an operator's bound changes it. All sizes in bytes, all
// rates per day.
import { MIB, SECOND_MS } from '@kura/base';
import { LEAVES_PER_DAY } from './days.ts';
import { ROUND_DAYS, ROUNDS_PER_FETCH } from './rounds.ts';

export interface AuditNeed {
  /** Of all copies at the store. */
  readonly storedBytes: number;
  /** Of them, what is fetched when every pack is fetched once, from one of its stores. */
  readonly ledBytes: number;
  readonly leafBytes: number;
}

export interface AuditRates {
  /** Over the line. */
  readonly leafBytes: number;
  readonly compareBytes: number;
  /** From the store's own medium, without its scrub. */
  readonly readBytes: number;
  readonly roundDays: number;
  /** The leaves that find a loss of 1 % within 24 hours are affordable. */
  readonly isSwift: boolean;
}

/** What a day of audits takes of a store. `boundBytes`: over its line; undefined: no bound. */
export function ratesOf(
  { storedBytes, ledBytes, leafBytes }: AuditNeed,
  boundBytes?: number,
): AuditRates {
  const perRound = ledBytes / ROUNDS_PER_FETCH;
  const wantedLeaves = Math.min(LEAVES_PER_DAY * leafBytes, storedBytes);
  const wantedCompare = perRound / ROUND_DAYS;
  const bound = boundBytes ?? Number.POSITIVE_INFINITY;
  const leaves = Math.min(wantedLeaves, bound);
  const compare = Math.min(wantedCompare, bound - leaves);
  const isFree = wantedCompare === 0 || compare === wantedCompare;
  const roundDays = isFree ? ROUND_DAYS : perRound / compare;
  return {
    leafBytes: leaves,
    compareBytes: compare,
    readBytes: leaves + storedBytes / roundDays,
    roundDays,
    isSwift: leaves === wantedLeaves,
  };
}

export interface SpentToday {
  readonly leafBytes: number;
  readonly compareBytes: number;
}

/** Whether `sizeBytes` more may go over a store's line today. What leaves still need of the day is kept for them. */
export function mayCompare(
  sizeBytes: number,
  { spent, need, boundBytes }: CompareQuestion,
): boolean {
  if (boundBytes === undefined) return true;
  const forLeaves = Math.min(LEAVES_PER_DAY * need.leafBytes, need.storedBytes);
  const kept = Math.max(0, forLeaves - spent.leafBytes);
  return spent.leafBytes + spent.compareBytes + kept + sizeBytes <= boundBytes;
}

export function mayAskLeaves(
  sizeBytes: number,
  { spent, boundBytes }: Pick<CompareQuestion, 'spent' | 'boundBytes'>,
): boolean {
  return boundBytes === undefined || spent.leafBytes + spent.compareBytes + sizeBytes <= boundBytes;
}

export interface CompareQuestion {
  readonly spent: SpentToday;
  readonly need: Pick<AuditNeed, 'storedBytes' | 'leafBytes'>;
  readonly boundBytes: number | undefined;
}

// ── Deadlines ─────────────────────────────────────────────────────────────────────────────────────

const ANSWER_MS = 10 * SECOND_MS;
const READ_MS = 30 * SECOND_MS;
/** A line is not a store's alone. */
const LINE_SHARE = 0.25;
const UNSTATED_MBIT = 8;
const BYTES_PER_MBIT = 125_000;
const SLOWEST_READ_PER_S = 8 * MIB;

/** How long a store has for an answer of so many bytes. */
export function answerWithinMs(sizeBytes: number, lineMbit: number | undefined): number {
  const perSecond = (lineMbit ?? UNSTATED_MBIT) * BYTES_PER_MBIT * LINE_SHARE;
  return ANSWER_MS + Math.ceil((SECOND_MS * sizeBytes) / perSecond);
}

/** How long a store has to read so many bytes of its own. */
export function readWithinMs(sizeBytes: number): number {
  return READ_MS + Math.ceil((SECOND_MS * sizeBytes) / SLOWEST_READ_PER_S);
}
