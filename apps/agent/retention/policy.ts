// Which snapshots a retention rule keeps: restic's rules, so that a policy can be taken over as it is. Pure:
// snapshots in, verdicts out. It never decides what is deleted; `forget` does, and shows it first.
import { type DeviceId, KuraError } from '@kura/base';
import { type Calendar, type CivilTime, calendarAt } from './calendar.ts';
import { beforeDuration, type RetentionDuration } from './duration.ts';

export interface RetentionPolicy {
  /** How many to keep; Infinity keeps all of a kind. */
  readonly last: number;
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  /** Everything that is not older, counted back from the newest snapshot. */
  readonly within: RetentionDuration | undefined;
  /** Each a list of tags that a snapshot must have all of. */
  readonly tags: readonly (readonly string[])[];
}

export const NO_POLICY: RetentionPolicy = {
  last: 0,
  hourly: 0,
  daily: 0,
  weekly: 0,
  monthly: 0,
  yearly: 0,
  within: undefined,
  tags: [],
};

/** What the policy needs to know of a snapshot. */
export interface Retainable {
  readonly timeMs: number;
  readonly tags: readonly string[];
}

export interface Verdict<T extends Retainable> {
  readonly snapshot: T;
  readonly keep: boolean;
  /** Why it is kept: "daily snapshot", "has tags paper, tax". Empty if it is not. */
  readonly reasons: readonly string[];
}

export function isEmptyPolicy(policy: RetentionPolicy): boolean {
  const { last, hourly, daily, weekly, monthly, yearly, within, tags } = policy;
  const counts = last + hourly + daily + weekly + monthly + yearly;
  return counts === 0 && within === undefined && tags.length === 0;
}

interface Bucket {
  left: number;
  readonly reason: string;
  /** Snapshots with the same name are in one hour, day, … */
  readonly nameOf: (time: CivilTime, index: number) => string;
  previous: string | undefined;
}

function bucketsOf(policy: RetentionPolicy): Bucket[] {
  const bucket = (left: number, reason: string, nameOf: Bucket['nameOf']): Bucket => ({
    left,
    reason,
    nameOf,
    previous: undefined,
  });
  return [
    bucket(policy.last, 'last snapshot', (_, index) => `${index}`),
    bucket(policy.hourly, 'hourly snapshot', (time) => `${time.day} ${time.hour}`),
    bucket(policy.daily, 'daily snapshot', (time) => time.day),
    bucket(policy.weekly, 'weekly snapshot', (time) => time.week),
    bucket(policy.monthly, 'monthly snapshot', (time) => time.month),
    bucket(policy.yearly, 'yearly snapshot', (time) => time.year),
  ].filter(({ left }) => left > 0);
}

export interface Span {
  /** As it ends the reason of whatever a rule keeps for it. */
  readonly reason: string;
  readonly nameOf: (timeMs: number) => string;
}

/** The hours, days, … that the policy counts in. */
export function spansOf(policy: RetentionPolicy, calendar: Calendar): readonly Span[] {
  return bucketsOf({ ...policy, last: 0 }).map(({ reason, nameOf }) => ({
    reason,
    nameOf: (timeMs) => nameOf(calendarAt(timeMs, calendar), 0),
  }));
}

/** Takes one from the bucket if this snapshot is the first of its hour, day, … */
function claim(bucket: Bucket, name: string, isOldest: boolean): string | undefined {
  if (bucket.left <= 0) return undefined;
  const isNew = name !== bucket.previous;
  // With counts left, the oldest is kept as well: history reaches as far back as it can.
  if (!isNew && !isOldest) return undefined;
  bucket.previous = name;
  bucket.left--;
  return isNew ? bucket.reason : `oldest ${bucket.reason}`;
}

/** Verdicts, the newest first. `calendar` says where days begin. */
export function applyPolicy<T extends Retainable>(
  snapshots: readonly T[],
  policy: RetentionPolicy,
  calendar: Calendar,
): Verdict<T>[] {
  const newestFirst = [...snapshots].sort((a, b) => b.timeMs - a.timeMs);
  const buckets = bucketsOf(policy);
  const newestMs = newestFirst[0]?.timeMs ?? 0;
  const { within } = policy;
  const sinceMs = within && beforeDuration(newestMs, within.duration, calendar);
  return newestFirst.map((snapshot, index) => {
    const reasons: string[] = [];
    for (const list of policy.tags) {
      if (list.every((tag) => snapshot.tags.includes(tag)))
        reasons.push(`has tags ${list.join(', ')}`);
    }
    if (within && sinceMs !== undefined && snapshot.timeMs > sinceMs) {
      reasons.push(`within ${within.text}`);
    }
    const time = calendarAt(snapshot.timeMs, calendar);
    const isOldest = index === newestFirst.length - 1;
    for (const bucket of buckets) {
      const reason = claim(bucket, bucket.nameOf(time, index), isOldest);
      if (reason !== undefined) reasons.push(reason);
    }
    return { snapshot, keep: reasons.length > 0, reasons };
  });
}

export const GROUP_KEYS = ['host', 'paths', 'tags'] as const;
export type GroupKey = (typeof GROUP_KEYS)[number];

export interface Groupable {
  /** Who signed it: never of one group with what another device signed, whatever both say of themselves. */
  readonly deviceId: DeviceId;
  readonly hostname: string;
  readonly paths: readonly string[];
  readonly tags: readonly string[];
}

/** "host,paths" → keys; "" groups nothing. Throws `usage`. */
export function parseGroupKeys(text: string): GroupKey[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.map((name) => {
    const key = GROUP_KEYS.find((one) => one === name || `${one}s` === name || one === `${name}s`);
    if (key !== undefined) return key;
    throw new KuraError('usage', `snapshots cannot be grouped by "${name}"`, {
      guidance: `Group by any of ${GROUP_KEYS.join(', ')}, with commas between, or by "".`,
    });
  });
}

/** Snapshots that a policy looks at together, in the order in which the groups first appear. */
export function groupSnapshots<T extends Groupable>(
  snapshots: readonly T[],
  keys: readonly GroupKey[],
): T[][] {
  const groups = new Map<string, T[]>();
  for (const snapshot of snapshots) {
    const name = JSON.stringify([
      snapshot.deviceId,
      keys.includes('host') ? snapshot.hostname : '',
      keys.includes('paths') ? [...snapshot.paths].sort() : [],
      keys.includes('tags') ? [...snapshot.tags].sort() : [],
    ]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [snapshot]);
    else group.push(snapshot);
  }
  return [...groups.values()];
}
