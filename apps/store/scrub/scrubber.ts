// The standing duty of a store: copy after copy is read, in the order of their names, round after round. Where it
// stands is kept, so that a restart goes on; what it finds is noted before it is healed, by the scrub itself.
import {
  type AlarmClock,
  asFault,
  type CopyId,
  KuraError,
  MINUTE_MS,
  pause,
  SECOND_MS,
} from '@kura/base';
import type { ScrubResult, StoreKeeperPort } from '@kura/contract';
import { pauseBefore } from './pace.ts';
import { beginRound, firstScrubState, type ScrubState } from './scrub-state.ts';

/** A kill loses no more of the way. */
const SAVE_MS = MINUTE_MS;
/** A shelf that is not there is looked for again. */
const RETRY_MS = MINUTE_MS;
/** So that a store that is started has its first connections before its disk is busy. */
const FIRST_PAUSE_MS = 10 * SECOND_MS;

export interface ScrubberOptions {
  readonly keeper: Pick<StoreKeeperPort, 'enumerate' | 'scrub' | 'stat'>;
  readonly leafBytes: number;
  /** 0: no limit. */
  readonly bytesPerSecond: number;
  readonly clock: AlarmClock;
  /** Undefined: it was never kept. */
  readonly state: ScrubState | undefined;
  /** Durable when it resolves. */
  readonly save: (state: ScrubState) => Promise<void>;
  /** Of every copy that was judged. */
  readonly onChecked: (result: ScrubResult) => void;
  /** Of a copy that could not be judged, or undefined of the shelf as a whole. */
  readonly onFailure: (error: KuraError, copyId: CopyId | undefined) => void;
}

export class Scrubber {
  readonly #options: ScrubberOptions;
  readonly #stopped = new AbortController();
  #state: ScrubState;
  #savedMs = Number.NEGATIVE_INFINITY;
  #copiesLeft = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ScrubberOptions) {
    this.#options = options;
    const nowMs = options.clock.nowMs();
    // A state from the future would make a round last for ever.
    const known = options.state;
    this.#state = known !== undefined && known.roundMs <= nowMs ? known : firstScrubState(nowMs);
  }

  get state(): ScrubState {
    return this.#state;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves when no copy is being read any more, and where it stands is kept. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** Never throws. */
  async #run(): Promise<void> {
    await this.#pause(FIRST_PAUSE_MS);
    while (!this.#isStopped) {
      try {
        await this.#round();
      } catch (error) {
        this.#options.onFailure(asFailure(error), undefined);
        await this.#pause(RETRY_MS);
      }
    }
    await this.#save().catch((error) => this.#options.onFailure(asFailure(error), undefined));
  }

  /** From where it stands to the last copy. Throws if the shelf is not there. */
  async #round(): Promise<void> {
    this.#copiesLeft = await this.#count();
    for await (const copyId of this.#options.keeper.enumerate()) {
      if (copyId <= this.#state.after) continue;
      if (this.#isStopped) return;
      const bytes = await this.#check(copyId);
      await this.#saveNowAndThen();
      await this.#pauseAfter(bytes);
    }
    if (this.#isStopped) return;
    const { roundMs, wholeRoundMs, copiesLeftOut, copiesRead } = this.#state;
    const nowMs = this.#options.clock.nowMs();
    const whole = copiesLeftOut === 0 ? roundMs : wholeRoundMs;
    this.#state = beginRound({ wholeRoundMs: whole }, nowMs);
    await this.#save();
    if (copiesRead === 0) await this.#pauseAfter(0);
  }

  async #count(): Promise<number> {
    let count = 0;
    for await (const copyId of this.#options.keeper.enumerate()) {
      if (copyId > this.#state.after) count++;
    }
    return count;
  }

  /** Bytes that were read. Throws `unreachable` or `refused`: then the shelf is not there. */
  async #check(copyId: CopyId): Promise<number> {
    const { keeper, leafBytes, onChecked, onFailure } = this.#options;
    let bytes = 0;
    let isLeftOut = false;
    try {
      const result = await keeper.scrub(copyId);
      onChecked(result);
      const isThere = result.state === 'intact' || result.state === 'healed';
      if (isThere) bytes = (await keeper.stat(copyId)).leafCount * leafBytes;
    } catch (error) {
      const failure = asFailure(error);
      if (failure.code === 'unreachable' || failure.code === 'refused') throw failure;
      // Removed by a warrant between the two looks.
      isLeftOut = failure.code !== 'missing';
      if (isLeftOut) onFailure(failure, copyId);
    }
    const { copiesRead, bytesRead, copiesLeftOut } = this.#state;
    this.#copiesLeft = Math.max(0, this.#copiesLeft - 1);
    this.#state = {
      ...this.#state,
      after: copyId,
      copiesRead: copiesRead + 1,
      bytesRead: bytesRead + bytes,
      copiesLeftOut: copiesLeftOut + (isLeftOut ? 1 : 0),
    };
    return bytes;
  }

  async #pauseAfter(bytes: number): Promise<void> {
    const { clock, bytesPerSecond } = this.#options;
    const { roundMs } = this.#state;
    const copiesLeft = this.#copiesLeft;
    await this.#pause(
      pauseBefore({ nowMs: clock.nowMs(), roundMs, copiesLeft, bytes, bytesPerSecond }),
    );
  }

  /** Ends at once when it is stopped. */
  async #pause(delayMs: number): Promise<void> {
    if (this.#isStopped) return;
    try {
      await pause(this.#options.clock, delayMs, this.#stopped.signal);
    } catch (error) {
      if (!(error instanceof KuraError && error.code === 'interrupted')) throw error;
    }
  }

  async #saveNowAndThen(): Promise<void> {
    if (this.#options.clock.elapsedMs() - this.#savedMs >= SAVE_MS) await this.#save();
  }

  async #save(): Promise<void> {
    await this.#options.save(this.#state);
    this.#savedMs = this.#options.clock.elapsedMs();
  }
}

/** What is no fault of the world is a mistake of ours, and ends the program. */
function asFailure(error: unknown): KuraError {
  return asFault(error, 'a copy could not be checked');
}
