// A store's reader that notes how long each answer took: what the order of copies goes by.
import type { Clock, CopyId } from '@kura/base';
import type { CopyStat, StoreIdentity, StoreReader } from '@kura/contract';
import type { StoreSpeeds } from './store-speeds.ts';

export interface Measuring {
  readonly reader: StoreReader;
  readonly speeds: StoreSpeeds;
  /** Of the network's shape: what is noted is the time of one window. */
  readonly windowBytes: number;
  readonly clock: Clock;
}

export class MeasuringReader implements StoreReader {
  readonly #measuring: Measuring;

  constructor(measuring: Measuring) {
    this.#measuring = measuring;
  }

  get identity(): StoreIdentity {
    return this.#measuring.reader.identity;
  }

  async fetch(
    copyId: CopyId,
    firstLeaf: number,
    leafCount: number,
    into: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const { reader, windowBytes } = this.#measuring;
    const windows = Math.max(1, into.length / windowBytes);
    await this.#timed(windows, () => reader.fetch(copyId, firstLeaf, leafCount, into, signal));
  }

  /** Not timed: a table is small, and says little about a line. */
  async stat(copyId: CopyId): Promise<CopyStat> {
    const { reader, speeds } = this.#measuring;
    try {
      return await reader.stat(copyId);
    } catch (error) {
      speeds.noteFault(this.identity.storeId);
      throw error;
    }
  }

  async #timed(windows: number, work: () => Promise<void>): Promise<void> {
    const { speeds, clock } = this.#measuring;
    const { storeId } = this.identity;
    const startMs = clock.elapsedMs();
    try {
      await work();
    } catch (error) {
      speeds.noteFault(storeId);
      throw error;
    }
    speeds.note(storeId, (clock.elapsedMs() - startMs) / windows);
  }
}
