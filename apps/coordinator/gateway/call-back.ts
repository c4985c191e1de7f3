// Calls the device back in the middle of a pack (A15): its request is answered with a challenge, and the pack waits
// here, under its claim, until the device has signed. Whoever cannot be authenticated any more ends the pack.
import {
  type AlarmClock,
  KuraError,
  type MemberId,
  MINUTE_MS,
  pause,
  type Random,
  type StoreId,
} from '@kura/base';
import { PRESENCE_CHALLENGE_BYTES } from '@kura/contract/presence-proof.ts';
import { transact } from '@kura/database';
import type { CoordinatorDatabase, MemberRows } from '../db/tables.ts';
import { type Challenge, challengeUpload, isAnswered } from '../uploads/challenge.ts';
import type { Holding } from '../uploads/holding.ts';

export interface CallBackParts {
  readonly database: CoordinatorDatabase;
  readonly clock: AlarmClock;
  readonly random: Random;
}

export interface AskedChallenge extends Challenge {
  readonly untilMs: number;
}

/** Longer: a buffer is held up by who never answers. Shorter: a slow line has no time for a round trip. */
const ANSWER_MS = MINUTE_MS;
/** The answer may come to another gateway, so it is looked for in the row. */
const LOOK_EVERY_MS = 250;

/** Of one pack. */
export class CallBack {
  readonly #parts: CallBackParts;
  readonly #memberId: MemberId;
  readonly #held: Holding;
  readonly #first = Promise.withResolvers<AskedChallenge>();

  constructor(parts: CallBackParts, memberId: MemberId, held: Holding) {
    this.#parts = parts;
    this.#memberId = memberId;
    this.#held = held;
  }

  /** Resolves when the device is asked for the first time; a pack that meets no rogue never is. */
  get asked(): Promise<AskedChallenge> {
    return this.#first.promise;
  }

  /** Resolves when the device has proved itself; throws `refused` if it does not in time. */
  async ask(storeId: StoreId): Promise<void> {
    const { clock, random } = this.#parts;
    const challenge = random.bytes(PRESENCE_CHALLENGE_BYTES);
    await this.#transact((of) => challengeUpload(of, this.#held, { challenge, storeId }));
    this.#first.resolve({ challenge, storeId, untilMs: clock.nowMs() + ANSWER_MS });
    const startMs = clock.elapsedMs();
    while (clock.elapsedMs() - startMs < ANSWER_MS) {
      if (await this.#transact((of) => isAnswered(of, this.#held))) return;
      await pause(clock, LOOK_EVERY_MS);
    }
    throw new KuraError('refused', 'a store failed, and the device did not prove itself in time', {
      guidance: 'Run it again: the store is ranked down, and another one takes the pack.',
      context: { reason: 'callback', packId: this.#held.packId },
    });
  }

  #transact<T>(work: (of: MemberRows) => Promise<T>): Promise<T> {
    const memberId = this.#memberId;
    return transact(this.#parts.database, (rows) => work({ rows, memberId }));
  }
}
