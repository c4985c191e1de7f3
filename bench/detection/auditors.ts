// Auditors of the simulation: the shipped schedule, and three broken ones that must be found out by the same
// judge, or it judges nothing.
import { hash } from 'node:crypto';
import { type StoreId, toHex, utf8 } from '@kura/base';
import { type DrawnPart, drawDay } from '@kura/coordinator/audit/plan/days.ts';
import { slotOrder } from '@kura/coordinator/audit/plan/rounds.ts';
import { daySecrets, daySeed } from '@kura/coordinator/audit/plan/seeds.ts';

export type AuditorKind = 'shipped' | 'repeats' | 'predictable' | 'patient';

/** One network's auditor, for so many days. */
export class SimulatedAuditor {
  readonly kind: AuditorKind;
  readonly #seeds: readonly Uint8Array[];

  constructor(kind: AuditorKind, { auditSecret, days }: { auditSecret: Uint8Array; days: number }) {
    this.kind = kind;
    const secrets = daySecrets(auditSecret, days);
    this.#seeds = secrets.map((secret, day) => daySeed(secret, day, checkpointOf(secret, day)));
  }

  /** What a store is asked on a day. */
  questions(day: number, storeId: StoreId, leafCount: number): readonly DrawnPart[] {
    return drawDay(this.#seedOf(day), storeId, leafCount);
  }

  /** What a store can know of a day's questions before the day begins; undefined: nothing. */
  foreseen(day: number, storeId: StoreId, leafCount: number): ReadonlySet<number> | undefined {
    if (this.kind === 'shipped' || this.kind === 'patient') return undefined;
    if (this.kind === 'repeats' && day === 0) return undefined;
    return new Set(this.questions(day, storeId, leafCount).flatMap(({ leaves }) => leaves));
  }

  /** Answers are late after so much time; a patient auditor waits for ever. */
  withinMs(shippedMs: number): number {
    return this.kind === 'patient' ? Number.POSITIVE_INFINITY : shippedMs;
  }

  slots(round: number, day: number): readonly number[] {
    return slotOrder(this.#seedOf(day), round);
  }

  #seedOf(day: number): Uint8Array {
    if (this.kind === 'predictable') return sha256(utf8(`day ${day}`));
    return this.#seeds[this.kind === 'repeats' ? 0 : day] ?? sha256(utf8('beyond'));
  }
}

/** As if witnesses had signed it: nobody knows it before. */
function checkpointOf(secret: Uint8Array, day: number): string {
  return `log.example\n${day}\n${toHex(sha256(secret))}\n`;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}
