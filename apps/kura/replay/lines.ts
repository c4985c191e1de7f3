// Lines of limited width: a transfer takes the time that the slower end needs, and each line carries one at a time in
// each direction. When its time is over, the real copy is made; if an end went dark meanwhile, it breaks off.
import {
  type Clock,
  KuraError,
  type MemberId,
  type PackId,
  SECOND_MS,
  type StoreId,
} from '@kura/base';
import type { StoredCopy } from '@kura/contract';
import type { Shelves } from './shelves.ts';

export interface Carry {
  readonly memberId: MemberId;
  readonly packId: PackId;
  readonly from: StoreId;
  readonly to: StoreId;
  readonly sizeBytes: number;
  /** Really makes the copy. */
  readonly make: () => Promise<StoredCopy>;
}

/** Told of every transfer: what was written where, whether anything came of it or not. */
export interface LineLog {
  began(carry: Carry, fromMs: number): (toMs: number) => void;
}

interface Underway {
  readonly carry: Carry;
  readonly startMs: number;
  readonly endMs: number;
  begun: ((toMs: number) => void) | undefined;
  readonly resolve: (copy: StoredCopy) => void;
  readonly reject: (error: unknown) => void;
}

export class Lines {
  readonly #shelves: Shelves;
  readonly #clock: Clock;
  readonly #log: LineLog;
  readonly #sendFreeMs = new Map<StoreId, number>();
  readonly #receiveFreeMs = new Map<StoreId, number>();
  #underway: Underway[] = [];

  constructor(shelves: Shelves, clock: Clock, log: LineLog) {
    this.#shelves = shelves;
    this.#clock = clock;
    this.#log = log;
  }

  /** Resolves when the clock has come to the transfer's end, and the copy is made. */
  carry(carry: Carry): Promise<StoredCopy> {
    const { from, to, sizeBytes } = carry;
    const startMs = Math.max(
      this.#clock.nowMs(),
      this.#sendFreeMs.get(from) ?? 0,
      this.#receiveFreeMs.get(to) ?? 0,
    );
    const speeds = [from, to].map((id) => this.#shelves.shelf(id).bytesPerSecond);
    const endMs = startMs + (sizeBytes / Math.min(...speeds)) * SECOND_MS;
    this.#sendFreeMs.set(from, endMs);
    this.#receiveFreeMs.set(to, endMs);
    const { promise, resolve, reject } = Promise.withResolvers<StoredCopy>();
    this.#underway.push({ carry, startMs, endMs, begun: undefined, resolve, reject });
    return promise;
  }

  /** When the next transfer begins or ends; infinite if there is none. */
  nextMs(): number {
    const times = this.#underway.map(({ begun, startMs, endMs }) => (begun ? endMs : startMs));
    return Math.min(Number.POSITIVE_INFINITY, ...times);
  }

  get isBusy(): boolean {
    return this.#underway.length > 0;
  }

  /** Begins, ends and breaks off what is due now. True if anything came to its end. */
  async advance(): Promise<boolean> {
    const nowMs = this.#clock.nowMs();
    let hasEnded = false;
    const due = this.#underway;
    this.#underway = [];
    for (const one of due) {
      if (one.startMs <= nowMs) one.begun ??= this.#log.began(one.carry, one.startMs);
      const { from, to } = one.carry;
      const isBroken = this.#shelves.isDark(from) || this.#shelves.isDark(to);
      const isOver = one.endMs <= nowMs;
      if (!isOver && !isBroken) {
        this.#underway.push(one);
        continue;
      }
      hasEnded = true;
      one.begun?.(nowMs);
      await this.#end(one, isBroken && !isOver);
    }
    return hasEnded;
  }

  async #end({ carry, resolve, reject }: Underway, isBroken: boolean): Promise<void> {
    try {
      if (isBroken) throw new KuraError('unreachable', 'a store of this transfer has gone dark');
      resolve(await carry.make());
    } catch (error) {
      reject(error);
    }
  }
}
