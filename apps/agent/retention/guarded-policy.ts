// A retention rule over snapshots that somebody else may have made as well: by the log's time, with what is young or
// of doubtful time kept and not counted, and with both ends of every span that the rule keeps. The rules, and what
// they stand against: docs/design/removal.md. Pure; `forget` drops, and shows it first.
import { DAY_MS, KuraError } from '@kura/base';
import type { Calendar } from './calendar.ts';
import { type Doubt, type LoggedTimes, MAX_CLOCK_DIFFERENCE_MS, placeInTime } from './log-time.ts';
import { applyPolicy, type RetentionPolicy, spansOf, type Verdict } from './policy.ts';

export interface Guarded extends LoggedTimes {
  readonly tags: readonly string[];
}

export interface Guard {
  readonly calendar: Calendar;
  /** Within this time before the newest leaf nothing is dropped and nothing counts; 0: the owner alone saves here. */
  readonly delayMs: number;
}

/** What the rules see of a snapshot: the time that it counts for. */
interface Counted<T> {
  readonly timeMs: number;
  readonly tags: readonly string[];
  readonly of: T;
}

const DOUBTS: Record<Doubt, string> = {
  'clocks differ': 'its time is in doubt: device and log differ',
  'log out of order': 'its time is in doubt: the log contradicts itself',
  'not in the log': 'its time is in doubt: it is in no log',
};

/** Verdicts on the snapshots of one device, the newest leaf first. */
export function applyGuarded<T extends Guarded>(
  snapshots: readonly T[],
  policy: RetentionPolicy,
  { calendar, delayMs }: Guard,
): Verdict<T>[] {
  const placed = placeInTime(snapshots);
  const newestMs = Math.max(...placed.flatMap(({ atMs, snapshot }) => ownTime(atMs, snapshot)));
  const youngSinceMs = delayMs > 0 ? newestMs - delayMs : Number.POSITIVE_INFINITY;
  const kept = new Map<T, string[]>();
  const counted: Counted<T>[] = [];
  // The newest leaf first: of the same moment, it is the newest.
  for (const { snapshot, atMs, doubt } of placed.toReversed()) {
    const reasons: string[] = [];
    kept.set(snapshot, reasons);
    if (doubt !== undefined || atMs === undefined) reasons.push(DOUBTS[doubt ?? 'not in the log']);
    else if ((snapshot.loggedMs ?? 0) > youngSinceMs)
      reasons.push(`young: within ${days(delayMs)}`);
    else counted.push({ timeMs: atMs, tags: snapshot.tags, of: snapshot });
  }
  const verdicts = applyPolicy(counted, policy, calendar);
  for (const { snapshot, reasons } of verdicts) kept.get(snapshot.of)?.push(...reasons);
  if (delayMs > 0) keepOldest(verdicts, { policy, calendar, kept });
  return placed.toReversed().map(({ snapshot }) => {
    const reasons = kept.get(snapshot) ?? [];
    return { snapshot, keep: reasons.length > 0, reasons };
  });
}

function ownTime(atMs: number | undefined, { loggedMs }: LoggedTimes): number[] {
  return atMs === undefined || loggedMs === undefined ? [] : [loggedMs];
}

interface Keeping<T> {
  readonly policy: RetentionPolicy;
  readonly calendar: Calendar;
  readonly kept: ReadonlyMap<T, string[]>;
}

/** Of each hour, day, … that a rule keeps one of: whoever came in later cannot take its place. */
function keepOldest<T extends Guarded>(
  verdicts: readonly Verdict<Counted<T>>[],
  { policy, calendar, kept }: Keeping<T>,
): void {
  for (const span of spansOf(policy, calendar)) {
    const keptSpans = new Set(
      verdicts
        .filter(({ reasons }) => reasons.some((reason) => reason.endsWith(span.reason)))
        .map(({ snapshot }) => span.nameOf(snapshot.timeMs)),
    );
    const oldest = new Map<string, T>();
    for (const { snapshot } of verdicts) oldest.set(span.nameOf(snapshot.timeMs), snapshot.of);
    for (const [name, snapshot] of oldest) {
      const reasons = kept.get(snapshot);
      if (!keptSpans.has(name) || reasons === undefined) continue;
      if (!reasons.some((reason) => reason.endsWith(span.reason))) {
        reasons.push(`first ${span.reason}`);
      }
    }
  }
}

function days(spanMs: number): string {
  const count = Math.round((spanMs / DAY_MS) * 10) / 10;
  return count === 1 ? 'a day' : `${count} days`;
}

/** Throws `refused` if the log is ahead of this machine: one of both clocks is wrong, and a rule needs none. */
export function refuseFutureLog(snapshots: readonly LoggedTimes[], nowMs: number): void {
  const aheadMs = Math.max(...snapshots.map(({ loggedMs }) => (loggedMs ?? 0) - nowMs), 0);
  if (aheadMs <= MAX_CLOCK_DIFFERENCE_MS) return;
  throw new KuraError('refused', `the log is ${days(aheadMs)} ahead of this machine's clock`, {
    guidance: 'Set the clock, or ask whoever runs the network; name snapshots to drop them anyway.',
    context: { reason: 'clock' },
  });
}
