// What a true history is, and what a rule should keep of it: snapshots of one member's devices with the times at which
// they were really made, drawn from a seed.

import type { Guarded } from '@kura/agent/retention/guarded-policy.ts';
import { NO_POLICY, type RetentionPolicy } from '@kura/agent/retention/policy.ts';
import { DAY_MS, type DeviceId, deviceId, HOUR_MS, MINUTE_MS } from '@kura/base';
import type { SeededRandom } from '@kura/testing';

export interface Snapshot extends Guarded {
  readonly deviceId: DeviceId;
  readonly hostname: string;
  readonly paths: readonly string[];
  /** When it was really made. */
  readonly trueMs: number;
  /** Made by an attacker. */
  readonly isFake: boolean;
}

export interface History {
  readonly snapshots: readonly Snapshot[];
  readonly policy: RetentionPolicy;
  /** The moment at which the rule is applied. */
  readonly nowMs: number;
  readonly delayMs: number;
}

const NEW_YEAR_MS = Date.parse('2026-01-01T00:00Z');
const DEVICES = ['a', 'b', 'c'].map((letter) => deviceId(letter.repeat(32)));
/** A device that the owner lost, or never had. */
export const THIEF = deviceId('e'.repeat(32));
const DELAYS = [3, 7, 14].map((days) => days * DAY_MS);
const EVERY = [6 * HOUR_MS, DAY_MS, 3 * DAY_MS];

/** Both ends included. */
export function between(random: SeededRandom, least: number, most: number): number {
  return least + random.below(most - least + 1);
}

export function drawHistory(random: SeededRandom): History {
  const delayMs = random.pick(DELAYS);
  const days = between(random, 20, 220);
  const snapshots = DEVICES.slice(0, between(random, 1, 3)).flatMap((device, number) => {
    const everyMs = random.pick(EVERY);
    const made: Snapshot[] = [];
    for (let atMs = 0; atMs < days * DAY_MS; atMs += everyMs) {
      if (random.chance(0.1)) continue; // a day off
      const trueMs = NEW_YEAR_MS + atMs + random.below(HOUR_MS);
      made.push(trueSnapshot(device, `host${number}`, trueMs));
    }
    return made;
  });
  const nowMs = NEW_YEAR_MS + days * DAY_MS + 2 * HOUR_MS;
  return { snapshots: inLog(snapshots), policy: drawPolicy(random), nowMs, delayMs };
}

function trueSnapshot(device: DeviceId, hostname: string, trueMs: number): Snapshot {
  return {
    ...{ deviceId: device, hostname, paths: ['/home'], tags: [], isFake: false, trueMs },
    ...{ timeMs: trueMs, loggedMs: trueMs + 5 * MINUTE_MS, leafIndex: 0 },
  };
}

/** Leaves in the order in which they really came. */
export function inLog(snapshots: readonly Snapshot[]): Snapshot[] {
  return [...snapshots]
    .sort((a, b) => a.trueMs - b.trueMs)
    .map((snapshot, leafIndex) => ({ ...snapshot, leafIndex }));
}

function drawPolicy(random: SeededRandom): RetentionPolicy {
  const count = (most: number): number => (random.chance(0.5) ? between(random, 1, most) : 0);
  const daysWithin = between(random, 2, 60);
  const duration = { years: 0, months: 0, days: daysWithin, hours: 0 };
  const within = random.chance(0.3) ? { text: `${daysWithin}d`, duration } : undefined;
  const drawn = {
    ...NO_POLICY,
    ...{ last: count(10), hourly: count(24), daily: count(14), weekly: count(8) },
    ...{ monthly: count(6), yearly: count(2), within },
  };
  return drawn.last + drawn.daily + drawn.weekly === 0 ? { ...drawn, daily: 7 } : drawn;
}
