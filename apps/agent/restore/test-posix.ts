// For tests: a Posix that counts its calls, fails one of them, or dies at one of them and with it
// everything after, like a process that is killed. It also closes what was left open.
import { loadNative, type Posix } from '@kura/native';
import type { RestorePosix } from './ports.ts';

type AnyCall = (...given: unknown[]) => unknown;

export class CrashSignal extends Error {
  constructor() {
    super('killed here');
    this.name = 'CrashSignal';
  }
}

/** What a disk that is failing says; no part of a restore takes it for something else. */
export function diskError(): Error {
  return Object.assign(new Error('EIO: i/o error, injected'), { code: 'EIO', errno: -5 });
}

export interface FaultPlan {
  /** The call that fails, counted from 1; 0 for none. */
  readonly at: number;
  readonly kind: 'fail' | 'crash';
  /** The call is made before the crash. */
  readonly isAfter?: boolean;
}

/** Closing cannot fail in a way that matters, and a dead process closes everything. */
const UNCOUNTED = new Set(['close']);
/** Counted and failed like the others, but not done: a killed process keeps what the system holds. */
const POINTLESS = new Set(['sync', 'syncFileSystem']);

export class TestPosix {
  readonly posix: RestorePosix;
  readonly #plan: FaultPlan;
  readonly #open = new Set<number>();
  readonly #real: Posix;
  count = 0;
  /** The name of the call that was hit. */
  hit: string | undefined;
  #isDead = false;

  constructor(plan: FaultPlan = { at: 0, kind: 'fail' }, real: Posix = loadNative().posix) {
    this.#plan = plan;
    this.#real = real;
    this.posix = new Proxy(real, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function' || typeof name !== 'string') return value;
        return (...given: unknown[]) => this.#call(name, value as AnyCall, given);
      },
    });
  }

  #call(name: string, call: AnyCall, given: unknown[]): unknown {
    if (this.#isDead) throw new CrashSignal();
    if (UNCOUNTED.has(name)) {
      this.#open.delete(given[0] as number);
      return call(...given);
    }
    this.count++;
    const isHit = this.count === this.#plan.at;
    if (isHit) this.hit = name;
    if (isHit && this.#plan.kind === 'fail') throw diskError();
    if (isHit && this.#plan.isAfter !== true) return this.#die();
    try {
      const result: unknown = POINTLESS.has(name) ? undefined : call(...given);
      if (/^(?:open|createFile)/.test(name)) this.#open.add(result as number);
      if (!isHit) return result;
    } catch (error) {
      if (!isHit) throw error;
    }
    return this.#die();
  }

  #die(): never {
    this.#isDead = true;
    throw new CrashSignal();
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** What the system does for a process that ends. */
  closeAll(): void {
    for (const file of this.#open) this.#real.close(file);
    this.#open.clear();
  }
}
