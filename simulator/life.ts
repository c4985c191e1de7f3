// One process of the simulated machine: it can die at any call that it makes, and nothing it tries afterwards
// has an effect, whoever catches the signal on the way. Disks and tables ask it before every call.
import type { Clock, Random } from '@kura/base';
import { CrashSignal, systemError } from '@kura/testing';
import type { Coverage } from './coverage.ts';
import type { EventLog } from './event-log.ts';

/**
 * crash: the process ends at this call · error: the call fails once · act: something happens to the world
 * (a store loses its power, a folder is unmounted) and the process goes on.
 */
export type Fault = FaultPoint &
  (
    | { readonly kind: 'crash' }
    | { readonly kind: 'error'; readonly errno: string }
    | { readonly kind: 'act'; readonly act: () => void }
  );

/** The `at`-th call, from 1; or of those that change something, where the order of writes is at stake. */
export interface FaultPoint {
  readonly among: 'calls' | 'changes';
  readonly at: number;
}

/** Most calls only look: a point drawn among all of them seldom falls on one of these. */
const CHANGES: ReadonlySet<string> = new Set([
  'create',
  'write',
  'truncate',
  'sync',
  'link',
  'unlink',
  'rename',
  'syncFolder',
  'begin of a transaction',
  'end of a transaction',
]);

/** No step of a schedule makes so many: one that does would go on for ever. */
export const MAX_CALLS = 200_000;

export interface LifeOptions {
  readonly pid: number;
  readonly log: EventLog;
  readonly coverage: Coverage;
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly fault: Fault | undefined;
}

export class Life {
  readonly pid: number;
  isDead = false;
  /** The fault has happened. */
  isStruck = false;
  calls = 0;
  changes = 0;
  readonly #options: LifeOptions;

  constructor(options: LifeOptions) {
    this.pid = options.pid;
    this.#options = options;
  }

  /** Before every call: throws if the process is dead, dies now, or if this call fails. */
  step(call: string, path: string): void {
    this.check();
    const { log, clock, fault, coverage } = this.#options;
    this.calls++;
    const isChange = CHANGES.has(call);
    if (isChange) this.changes++;
    if (this.calls > MAX_CALLS) this.isDead = true;
    log.note(call, path);
    clock.tick();
    if (fault === undefined || this[fault.among] !== fault.at) return;
    if (fault.among === 'changes' && !isChange) return;
    this.isStruck = true;
    log.note('fault', fault.kind);
    if (fault.kind === 'act') fault.act();
    if (fault.kind === 'error') {
      coverage.noteIfKnown(`error at ${call}`);
      throw systemError(fault.errno, call, path);
    }
    if (fault.kind === 'crash') {
      coverage.noteIfKnown(`killed at ${call}`);
      this.isDead = true;
      throw new CrashSignal();
    }
  }

  check(): void {
    if (this.isDead) throw new CrashSignal();
  }

  die(): void {
    this.isDead = true;
  }

  /** Lets others go first, for a while that chance decides: so that interleavings differ. */
  async yield(): Promise<void> {
    for (let turns = this.#options.random.below(6); turns > 0; turns--) await undefined;
  }
}

const SECOND_MS = 1000;

/** Passes a little with every call, and sometimes much: leases and notes depend on it. */
export class SimulatedClock implements Clock {
  #wallMs = Date.UTC(2026, 10, 21);
  #elapsedMs = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  elapsedMs(): number {
    return this.#elapsedMs;
  }

  advance(durationMs: number): void {
    this.#wallMs += durationMs;
    this.#elapsedMs += durationMs;
  }

  tick(): void {
    const draw = this.#random.below(200);
    this.advance(draw === 0 ? 12 * SECOND_MS : draw & 7);
  }
}
