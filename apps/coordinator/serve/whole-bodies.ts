// Raw bodies that are read as a whole: commits, and orders to remove. Nearly all are a few kilobytes; the largest name
// a million packs in 32 MB. So that nobody fills the memory of a coordinator, or keeps others out by sending slowly,
// the large ones come two at a time, one of each member.
import { type AlarmClock, KIB, type MemberId, SharedSlots } from '@kura/base';
import type { IncomingBody } from '@kura/wire/body.ts';
import { readBody } from '../gateway/read-body.ts';

/** Eight thousand packs: 128 GiB in the largest. */
const SMALL_BYTES = 256 * KIB;
const SMALL_AT_ONCE = 64;
const SMALL_PER_MEMBER = 4;
const LARGE_AT_ONCE = 2;
const LARGE_PER_MEMBER = 1;
const WAIT_MS = 10_000;
const MAX_WAITING = 256;

export interface ArrivingWhole {
  readonly member: MemberId;
  readonly body: IncomingBody;
  readonly signal: AbortSignal;
}

export class WholeBodies {
  readonly #clock: AlarmClock;
  readonly #small: SharedSlots;
  readonly #large: SharedSlots;

  constructor(clock: AlarmClock) {
    const common = { noun: 'bodies', waitMs: WAIT_MS, waiting: MAX_WAITING, clock };
    this.#clock = clock;
    this.#small = new SharedSlots({ ...common, atOnce: SMALL_AT_ONCE, perKey: SMALL_PER_MEMBER });
    this.#large = new SharedSlots({ ...common, atOnce: LARGE_AT_ONCE, perKey: LARGE_PER_MEMBER });
  }

  /** Throws `busy`, what the body throws, and `unreachable` for one that comes too slowly for those who wait. */
  take<T>(arriving: ArrivingWhole, work: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    const { member, body, signal } = arriving;
    const slots = body.sizeBytes <= SMALL_BYTES ? this.#small : this.#large;
    const read = async (): Promise<T> => {
      const bytes = new Uint8Array(body.sizeBytes);
      const isWanted = (): boolean => slots.isWanted;
      await readBody(body, { pieces: [bytes], isWanted, clock: this.#clock });
      return work(bytes);
    };
    return slots.run(member, read, signal);
  }
}
