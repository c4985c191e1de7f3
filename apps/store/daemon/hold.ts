// When a store obeys no warrant, whoever signed it: while it has not been answered after a long absence, for a machine
// that was restored from an old image, or has lost its clock, must not obey orders before its coordinator has spoken to
// it (threat R35); and while the operator holds it (docs/design/removal.md). It reads and receives meanwhile.
import { type Clock, DAY_MS, KuraError, MINUTE_MS, utf8 } from '@kura/base';
import { type HoldOrder, holdOrderShape } from '@kura/contract/wire/hold-order.ts';
import type { StateFolder } from './state-folder.ts';

const AWAY_MS = DAY_MS;
/** The note is durable and costs a write; it need not be exact. */
const NOTE_MS = 10 * MINUTE_MS;

export class Hold {
  readonly #state: StateFolder;
  readonly #clock: Clock;
  #wasAway: boolean;
  #order: HoldOrder | undefined;
  #notedMs: number | undefined;

  /** Throws `corrupt` for an order that cannot be read: it may be one to hold. */
  constructor(state: StateFolder, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
    const seenMs = Number(state.readText('seen') ?? Number.NaN);
    // Also for a note from the future, and for a store that has never been answered.
    this.#wasAway = !(Math.abs(clock.nowMs() - seenMs) <= AWAY_MS);
    this.#order = decodeOrder(state.readText('hold'));
  }

  /** Who holds it: its operator, or the store itself; undefined: nobody. */
  get by(): 'operator' | 'store' | undefined {
    if (this.#order?.isHeld === true) return 'operator';
    return this.#wasAway ? 'store' : undefined;
  }

  /** The newest that was heard; undefined if none ever was. */
  get order(): HoldOrder | undefined {
    return this.#order;
  }

  /** Throws `busy` while nothing may be removed: whoever brings a warrant brings it again. */
  demandNone(): void {
    if (this.#order?.isHeld === true) throw heldError(this.#order);
    if (!this.#wasAway) return;
    throw new KuraError('busy', 'this store was away and removes nothing yet', {
      guidance: 'It goes on when its coordinator has answered a heartbeat.',
      context: { reason: 'away' },
    });
  }

  /** A heartbeat was answered, maybe with an order; what it changes is durable when it resolves. */
  async answered(order: HoldOrder | undefined): Promise<void> {
    if (order !== undefined) await this.#hear(order);
    this.#wasAway = false;
    const nowMs = this.#clock.nowMs();
    if (this.#notedMs !== undefined && Math.abs(nowMs - this.#notedMs) < NOTE_MS) return;
    this.#notedMs = nowMs;
    await this.#state.replace('seen', utf8(`${nowMs}\n`));
  }

  async #hear(order: HoldOrder): Promise<void> {
    if (order.number <= (this.#order?.number ?? 0)) return;
    // A hold counts from now on, a release when it would outlast the store's power.
    if (order.isHeld) this.#order = order;
    await this.#state.replace('hold', encodeOrder(order));
    this.#order = order;
  }
}

function heldError({ sinceMs, why }: HoldOrder): KuraError {
  const because = why === '' ? '' : `: ${why}`;
  const since = new Date(sinceMs).toISOString();
  return new KuraError('busy', `this store has been held since ${since}${because}`, {
    guidance: 'It removes again after kura operator stores release STORE.',
    context: { reason: 'hold' },
  });
}

function encodeOrder(order: HoldOrder): Uint8Array {
  return utf8(`${JSON.stringify(holdOrderShape.write(order))}\n`);
}

function decodeOrder(json: string | undefined): HoldOrder | undefined {
  if (json === undefined) return undefined;
  try {
    return holdOrderShape.read(JSON.parse(json), '');
  } catch (error) {
    throw new KuraError('corrupt', 'the state file hold.json is damaged', {
      cause: error,
      guidance:
        'Delete it if nobody holds this store (kura operator stores list): the coordinator tells it again.',
    });
  }
}
