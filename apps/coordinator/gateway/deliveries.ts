// What a gateway does with packs in its spool: makes their copies, a few at a time, and tries again as long as
// stores are away. Each is under the gateway's claim, so nobody else works on it, and everybody sees when the
// gateway is gone.
import { type AlarmClock, KuraError, MINUTE_MS, SECOND_MS } from '@kura/base';
import type { Spool, SpooledPack } from './spool.ts';

export interface DeliveriesParts {
  readonly spool: Spool;
  readonly clock: AlarmClock;
  /** Resolves when all copies are acknowledged and the row says so. */
  readonly deliver: (pack: SpooledPack) => Promise<void>;
  readonly onFailure: (pack: SpooledPack, error: unknown) => void;
}

/** Devices that wait for their answer come first: the rest of a gateway's uploads is theirs. */
const AT_ONCE = 4;
const RETRY_MS = 30 * SECOND_MS;
/** What is not stored by then is given up; the device is told, and sends it again. */
const KEPT_TRYING_MS = 24 * 60 * MINUTE_MS;

export class Deliveries {
  readonly #parts: DeliveriesParts;
  readonly #queue: { readonly pack: SpooledPack; readonly sinceMs: number }[] = [];
  readonly #waiting = new Set<() => void>();
  #underWay = 0;
  #isStopped = false;

  constructor(parts: DeliveriesParts) {
    this.#parts = parts;
  }

  add(pack: SpooledPack): void {
    this.#queue.push({ pack, sinceMs: this.#parts.clock.elapsedMs() });
    this.#begin();
  }

  /** Begins nothing any more; what is in the spool stays there. */
  stop(): void {
    this.#isStopped = true;
    for (const disarm of this.#waiting) disarm();
  }

  #begin(): void {
    while (!this.#isStopped && this.#underWay < AT_ONCE) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#underWay++;
      void this.#deliver(next).finally(() => {
        this.#underWay--;
        this.#begin();
      });
    }
  }

  async #deliver(one: { readonly pack: SpooledPack; readonly sinceMs: number }): Promise<void> {
    const { spool, clock, deliver, onFailure } = this.#parts;
    try {
      await deliver(one.pack);
      spool.remove(one.pack);
    } catch (error) {
      onFailure(one.pack, error);
      const isLate = clock.elapsedMs() - one.sinceMs > KEPT_TRYING_MS;
      if (isLate || isOver(error)) spool.remove(one.pack);
      else this.#later(one);
    }
  }

  #later(one: { readonly pack: SpooledPack; readonly sinceMs: number }): void {
    if (this.#isStopped) return;
    const disarm = this.#parts.clock.after(RETRY_MS, () => {
      this.#waiting.delete(disarm);
      this.#queue.push(one);
      this.#begin();
    });
    this.#waiting.add(disarm);
  }
}

/** Another gateway has it by now, or it is not what was sent: trying again changes nothing. */
function isOver(error: unknown): boolean {
  return error instanceof KuraError && (error.code === 'interrupted' || error.code === 'corrupt');
}
