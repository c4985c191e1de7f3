// The memory in which packs of many members arrive before a byte of them is encrypted: a fixed number of pieces,
// granted per pack before its body is read. Whoever had none for longest is next, also if they were told to come again
// meanwhile; and no member may hold more than a quarter, with however many devices, so that one on a slow line, or a
// hostile one, cannot keep the others out.
import { type AlarmClock, KuraError, type MemberId, MIB } from '@kura/base';
import { allocatePages } from '@kura/native';

export const PIECE_BYTES = MIB;
/** One member holds at most this share. */
const SHARES = 4;
/** Whose last turn is remembered: of more, those that were served longest ago count as new. */
const MAX_REMEMBERED = 10_000;
/** Longer: calls pile up behind a store that hangs. Then the client tries again by itself. */
const WAIT_MS = 30_000;

export interface ReceiveBufferOptions {
  readonly pieces: number;
  readonly clock: AlarmClock;
}

/** Room for one pack; its last piece may be longer than what is left of the pack. */
export interface Grant {
  readonly pieces: readonly Uint8Array[];
  /** Once; the pieces are somebody else's from then on. */
  giveBack(): void;
}

interface Waiting {
  readonly member: MemberId;
  readonly count: number;
  readonly admit: (grant: Grant) => void;
}

export class ReceiveBuffer {
  readonly #options: ReceiveBufferOptions;
  readonly #free: Uint8Array[] = [];
  readonly #held = new Map<MemberId, number>();
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  /** When each member had its last turn, as a count of turns; in that order. */
  readonly #turns = new Map<MemberId, number>();
  #turn = 0;
  #taken = 0;

  constructor(options: ReceiveBufferOptions) {
    this.#options = options;
  }

  /** For a metric. */
  get takenBytes(): number {
    return this.#taken * PIECE_BYTES;
  }

  /** Somebody waits who may have more than they hold now: what is held is in their way. */
  get isWanted(): boolean {
    return [...this.#waiting].some(({ member, count }) => this.#isWithinShare(member, count));
  }

  /** Throws `busy` if no room comes free in time, `interrupted` if the caller goes away. */
  async take(member: MemberId, sizeBytes: number, signal: AbortSignal): Promise<Grant> {
    const count = Math.ceil(sizeBytes / PIECE_BYTES);
    if (!this.isWanted && this.#fits(member, count)) return this.#grant(member, count);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(waiting);
        disarm();
        signal.removeEventListener('abort', stop);
      };
      const stop = (): void => {
        end();
        reject(new KuraError('interrupted', 'the sender went away before there was room'));
      };
      const waiting: Waiting = {
        member,
        count,
        admit: (grant) => {
          end();
          resolve(grant);
        },
      };
      const disarm = this.#options.clock.after(WAIT_MS, () => {
        end();
        reject(
          new KuraError('busy', 'this gateway has more packs on their way than it can hold', {
            guidance: 'Try again in a moment.',
          }),
        );
      });
      this.#waiting.add(waiting);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
  }

  #fits(member: MemberId, count: number): boolean {
    return this.#isWithinShare(member, count) && this.#taken + count <= this.#options.pieces;
  }

  /** One pack is always: the smallest buffer holds it. */
  #isWithinShare(member: MemberId, count: number): boolean {
    const held = this.#held.get(member) ?? 0;
    return held === 0 || held + count <= Math.floor(this.#options.pieces / SHARES);
  }

  #grant(member: MemberId, count: number): Grant {
    const pieces = Array.from({ length: count }, () => this.#piece());
    this.#noteTurn(member);
    this.#taken += count;
    this.#held.set(member, (this.#held.get(member) ?? 0) + count);
    let isHeld = true;
    return {
      pieces,
      giveBack: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#free.push(...pieces);
        this.#taken -= count;
        const left = (this.#held.get(member) ?? 0) - count;
        if (left > 0) this.#held.set(member, left);
        else this.#held.delete(member);
        this.#admitWaiting();
      },
    };
  }

  #piece(): Uint8Array {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    return allocatePages(PIECE_BYTES);
  }

  #admitWaiting(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      next.admit(this.#grant(next.member, next.count));
    }
  }

  /** One that is over its share is passed by; one that only finds too little room holds up the rest. */
  #next(): Waiting | undefined {
    let next: Waiting | undefined;
    for (const waiting of this.#waiting) {
      if (!this.#isWithinShare(waiting.member, waiting.count)) continue;
      if (next === undefined || this.#lastTurn(waiting) < this.#lastTurn(next)) next = waiting;
    }
    return next !== undefined && this.#fits(next.member, next.count) ? next : undefined;
  }

  /** 0: none yet. */
  #lastTurn({ member }: Waiting): number {
    return this.#turns.get(member) ?? 0;
  }

  #noteTurn(member: MemberId): void {
    this.#turns.delete(member);
    this.#turns.set(member, ++this.#turn);
    if (this.#turns.size <= MAX_REMEMBERED) return;
    const [first] = this.#turns.keys();
    if (first !== undefined) this.#turns.delete(first);
  }
}
