// Slots for all, and a few of them for each of those who share them: a member, a device, a key. One who asks for
// more than their own waits among themselves, and holds none of the others' meanwhile.
import { Slots, type SlotsOptions } from './slots.ts';

export interface SharedSlotsOptions extends SlotsOptions {
  /** Of `atOnce`, for each. */
  readonly perKey: number;
}

interface Own {
  readonly slots: Slots;
  users: number;
}

export class SharedSlots {
  readonly #options: SharedSlotsOptions;
  readonly #all: Slots;
  readonly #own = new Map<string, Own>();

  constructor(options: SharedSlotsOptions) {
    this.#options = options;
    this.#all = new Slots(options);
  }

  /** Somebody who holds less than their share waits for a slot of anybody's. */
  get isWanted(): boolean {
    return this.#all.isWanted;
  }

  /** Runs `work` in a slot; throws `busy` if none is free in time. */
  async run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const giveBack = await this.take(key, signal);
    try {
      return await work();
    } finally {
      giveBack();
    }
  }

  /** For work that outlives a call: the answer gives the slot back, once, however often it is called. */
  async take(key: string, signal?: AbortSignal): Promise<() => void> {
    const own = this.#ownOf(key);
    const leave = (): void => {
      if (--own.users === 0) this.#own.delete(key);
    };
    const given: (() => void)[] = [leave];
    const giveBack = (): void => {
      for (const give of given.splice(0).toReversed()) give();
    };
    try {
      given.push(await own.slots.take(signal));
      given.push(await this.#all.take(signal));
      return giveBack;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  #ownOf(key: string): Own {
    const { noun, perKey } = this.#options;
    const known = this.#own.get(key);
    const options = { ...this.#options, noun: `${noun} of one caller`, atOnce: perKey };
    const own = known ?? { slots: new Slots(options), users: 0 };
    own.users++;
    this.#own.set(key, own);
    return own;
  }
}
