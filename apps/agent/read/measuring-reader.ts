// A store's reader that notes how long each answer took: what the order of copies goes by. An answer that comes far
// slower than another store would give it is broken off, and the other one is asked.
import { type AlarmClock, type CopyId, KuraError, SECOND_MS } from '@kura/base';
import type { CopyStat, LeafTaker, LeavesWanted, StoreIdentity, StoreReader } from '@kura/contract';
import { askInTurn } from './ask-in-turn.ts';
import type { StoreSpeeds } from './store-speeds.ts';

export interface Measuring {
  readonly reader: StoreReader;
  readonly speeds: StoreSpeeds;
  /** Of the network's shape: what is noted is the time of one window. */
  readonly windowBytes: number;
  readonly clock: AlarmClock;
}

/** So many times slower than another store is too slow, but never before a while has passed. */
const TOO_SLOW = 10;
const LEAST_MS = 10 * SECOND_MS;

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
    const { reader } = this.#measuring;
    await this.#timed(into, signal, (stop) =>
      reader.fetch(copyId, firstLeaf, leafCount, into, stop),
    );
  }

  async stream(wanted: LeavesWanted, taker: LeafTaker): Promise<void> {
    const { reader } = this.#measuring;
    const stream = reader.stream?.bind(reader);
    if (stream === undefined) return await askInTurn(this, wanted, taker);
    const { into, signal } = wanted;
    await this.#timed(into, signal, (stop) => stream({ ...wanted, signal: stop }, taker));
  }

  /** A store that failed a moment ago is asked because no other has it: it may take its time. */
  async #unlessSlow(
    windows: number,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { speeds, clock } = this.#measuring;
    const { storeId } = this.identity;
    const best = speeds.hasFault(storeId) ? undefined : speeds.bestWindowMs(storeId);
    const slow = new AbortController();
    const disarm =
      best === undefined
        ? undefined
        : clock.after(Math.max(LEAST_MS, TOO_SLOW * best * windows), () => slow.abort());
    const stop = signal === undefined ? slow.signal : AbortSignal.any([signal, slow.signal]);
    try {
      await work(stop);
    } catch (error) {
      if (!slow.signal.aborted) throw error;
      throw new KuraError('unreachable', `store ${storeId} is far slower than another one`, {
        cause: error,
      });
    } finally {
      disarm?.();
    }
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

  async #timed(
    into: Uint8Array,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { speeds, clock, windowBytes } = this.#measuring;
    const { storeId } = this.identity;
    const windows = Math.max(1, into.length / windowBytes);
    const startMs = clock.elapsedMs();
    try {
      await this.#unlessSlow(windows, signal, work);
    } catch (error) {
      speeds.noteFault(storeId);
      throw error;
    }
    speeds.note(storeId, (clock.elapsedMs() - startMs) / windows);
  }
}
