// What an answer to an audit was, and what is remembered of it. A wrong answer is never averaged away; an excuse is
// believed three times; who is merely away has not failed an audit.
import { assert, MINUTE_MS } from '@kura/base';

/**
 * ok: what was asked for, in time · wrong: bytes that are not those of the root · missing: the store says it has
 * none ·
 * unreadable: it says that its medium fails · refused: it would not · late: right, after the deadline · unknown: none
 * of these · offline: not connected.
 */
export const AUDIT_CLASSES = [
  'ok',
  'wrong',
  'missing',
  'unreadable',
  'refused',
  'late',
  'unknown',
  'offline',
] as const;
export type AuditClass = (typeof AUDIT_CLASSES)[number];

/** Those that an incident is made of. */
export type FaultClass = Exclude<AuditClass, 'ok' | 'offline'>;

export function isFault(seen: AuditClass): seen is FaultClass {
  return seen !== 'ok' && seen !== 'offline';
}

/** Waits after the first, second and third excuse; the one after that is believed no more. */
const EXCUSE_WAITS_MS = [MINUTE_MS, 10 * MINUTE_MS, 60 * MINUTE_MS] as const;
const OFFLINE_WAIT_MS = 15 * MINUTE_MS;

/** accept: it is proved · again: asked once more after `waitMs` · report: somebody has to look. */
export type NextStep =
  | { readonly step: 'accept' }
  | { readonly step: 'again'; readonly waitMs: number }
  | { readonly step: 'report'; readonly fault: FaultClass };

/** `excuses`: how often in a row this copy was refused, late or unknown before. */
export function nextStep(seen: AuditClass, excuses: number): NextStep {
  switch (seen) {
    case 'ok':
      return { step: 'accept' };
    case 'offline':
      return { step: 'again', waitMs: OFFLINE_WAIT_MS };
    case 'wrong':
    case 'missing':
    case 'unreadable':
      return { step: 'report', fault: seen };
    case 'refused':
    case 'late':
    case 'unknown': {
      const waitMs = EXCUSE_WAITS_MS[excuses];
      return waitMs === undefined ? { step: 'report', fault: seen } : { step: 'again', waitMs };
    }
  }
}

// ── Memory ────────────────────────────────────────────────────────────────────────────────────────

/** Each lies between 0 and 1: the share of such answers among the last ones. */
export interface Memory {
  /** About the last thousand. */
  readonly wrong: number;
  /** Refused, late, unknown: about the last twenty. */
  readonly excuses: number;
}

export const NEW_MEMORY: Memory = { wrong: 0, excuses: 0 };

/** Storj's: 0.999 forgets in about a thousand answers, 0.95 in about twenty. */
const WRONG_LAMBDA = 0.999;
const EXCUSES_LAMBDA = 0.95;
/** Six excuses in a row, or a third of all answers for a while. */
export const WATCHED_ABOVE = 0.25;
/**
 * One wrong answer counts 0.001, and is below this after 2,300 right ones: more than a day and a half of
 * questions.
 */
const FAILED_ABOVE = 0.0001;

/** good · watched: too many excuses · failed: it answered wrongly not long ago. */
export type StandingState = 'good' | 'watched' | 'failed';

/** `count` answers of one class, one after the other. Who is away has not answered. */
export function remember(memory: Memory, seen: AuditClass, count = 1): Memory {
  assert(count >= 1, 'something was answered');
  if (seen === 'offline') return memory;
  const isExcuse = seen === 'refused' || seen === 'late' || seen === 'unknown';
  return {
    wrong: fade(memory.wrong, WRONG_LAMBDA ** count, seen === 'wrong'),
    excuses: fade(memory.excuses, EXCUSES_LAMBDA ** count, isExcuse),
  };
}

export function standingOf({ wrong, excuses }: Memory): StandingState {
  if (wrong > FAILED_ABOVE) return 'failed';
  return excuses > WATCHED_ABOVE ? 'watched' : 'good';
}

/** With this answer the excuses have become too many: somebody has to look, although no question was given up. */
export function isTooMuch(before: Memory, now: Memory): boolean {
  return before.excuses <= WATCHED_ABOVE && now.excuses > WATCHED_ABOVE;
}

function fade(before: number, kept: number, isSeen: boolean): number {
  return kept * before + (isSeen ? 1 - kept : 0);
}
