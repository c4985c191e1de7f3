// A store that was away is on hold: a machine that was restored from an old image, or has lost its clock, must not obey
// orders before its coordinator has spoken to it (threat R35). It reads and receives meanwhile.
import { type Clock, DAY_MS, MINUTE_MS, utf8 } from '@kura/base';
import type { StateFolder } from './state-folder.ts';

const AWAY_MS = DAY_MS;
/** The note is durable and costs a write; it need not be exact. */
const NOTE_MS = 10 * MINUTE_MS;

export class Hold {
  readonly #state: StateFolder;
  readonly #clock: Clock;
  #isOn: boolean;
  #notedMs: number | undefined;

  constructor(state: StateFolder, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
    const seenMs = Number(state.readText('seen') ?? Number.NaN);
    // Also for a note from the future, and for a store that has never been answered.
    this.#isOn = !(Math.abs(clock.nowMs() - seenMs) <= AWAY_MS);
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** A heartbeat was answered. */
  async answered(): Promise<void> {
    this.#isOn = false;
    const nowMs = this.#clock.nowMs();
    if (this.#notedMs !== undefined && Math.abs(nowMs - this.#notedMs) < NOTE_MS) return;
    this.#notedMs = nowMs;
    await this.#state.replace('seen', utf8(`${nowMs}\n`));
  }
}
