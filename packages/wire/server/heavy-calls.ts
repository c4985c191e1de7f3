// Calls whose JSON may be large, in either direction: it lies in memory as a whole, for as long as the other end takes
// to send or to fetch it. So they come a few at a time, and whoever dawdles makes room once others wait.
import { type AlarmClock, MIB, SharedSlots, toHex, watchTransfer } from '@kura/base';
import { DEFAULT_JSON_BYTES, type Endpoint } from '@kura/contract/wire/endpoint.ts';
import type { Caller } from './caller.ts';

const AT_ONCE = 32;
/** Pages of one device come one after the other; a few programs may share its key. */
const PER_KEY = 4;
const WAIT_MS = 10_000;
const MAX_WAITING = 1024;
/** What a call is given time for, besides a minute: more than most take. */
const EXPECTED_BYTES = 8 * MIB;

/** Raw bodies have places of their own, or go through in pieces; a raw answer with a digest is whole before it goes. */
function isLarge({ request, answer }: Endpoint): boolean {
  const isWhole = answer.kind === 'json' || (answer.kind === 'raw' && answer.isDigested);
  const isLargeAnswer = isWhole && answer.maxBytes > DEFAULT_JSON_BYTES;
  return isLargeAnswer || (request.kind === 'json' && request.maxBytes > DEFAULT_JSON_BYTES);
}

export class HeavyCalls {
  readonly #clock: AlarmClock;
  readonly #certified: SharedSlots;
  /** Whom nobody knows cannot keep members out. */
  readonly #strangers: SharedSlots;

  constructor(clock: AlarmClock) {
    const slots = (): SharedSlots =>
      new SharedSlots({
        ...{ noun: 'large calls', atOnce: AT_ONCE, perKey: PER_KEY },
        ...{ waitMs: WAIT_MS, waiting: MAX_WAITING, clock },
      });
    this.#clock = clock;
    this.#certified = slots();
    this.#strangers = slots();
  }

  /**
   * Resolves when the call may go on, to what ends its place; at once for a call that is not large. Throws `busy`.
   * `onLate`: it dawdles, and somebody waits.
   */
  async enter(
    endpoint: Endpoint,
    { caller, signal }: { readonly caller: Caller; readonly signal: AbortSignal },
    onLate: () => void,
  ): Promise<() => void> {
    if (!isLarge(endpoint)) return () => undefined;
    const isCertified = caller.kind === 'certified';
    const slots = isCertified ? this.#certified : this.#strangers;
    const key = isCertified ? toHex(caller.keyHash) : caller.address;
    const giveBack = await slots.take(key, signal);
    const transfer = { sizeBytes: EXPECTED_BYTES, isWanted: () => slots.isWanted };
    const disarm = watchTransfer({ ...transfer, clock: this.#clock }, onLate);
    return () => {
      disarm();
      giveBack();
    };
  }
}
