// Who may have how much of an edge: connections per key and address, requests of strangers per address. Bounded
// itself: what it remembers has a largest size.
import type { Clock } from '@kura/base';
import { toHex } from '@kura/base';
import type { Caller } from './caller.ts';
import type { EdgeLimits } from './limits.ts';

class Tally {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.of(key) + 1);
  }

  remove(key: string): void {
    const count = this.of(key) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

/** Connections that are open, by whose they are. */
export class ConnectionBook {
  readonly #limits: EdgeLimits;
  readonly #handshakes = new Tally();
  readonly #addresses = new Tally();
  readonly #keys = new Tally();

  constructor(limits: EdgeLimits) {
    this.#limits = limits;
  }

  /** A connection that has shown nothing yet; false: too many from there. */
  beginHandshake(address: string): boolean {
    if (this.#handshakes.of(address) >= this.#limits.connectionsPerAddress) return false;
    this.#handshakes.add(address);
    return true;
  }

  endHandshake(address: string): void {
    this.#handshakes.remove(address);
  }

  /** False: too many of this caller; nothing is noted then. */
  enter(caller: Caller): boolean {
    const { connectionsPerAddress, connectionsPerKey } = this.#limits;
    const isStranger = caller.kind !== 'certified';
    if (isStranger && this.#addresses.of(caller.address) >= connectionsPerAddress) return false;
    const key = caller.kind === 'nobody' ? undefined : toHex(caller.keyHash);
    if (key !== undefined && this.#keys.of(key) >= connectionsPerKey) return false;
    if (isStranger) this.#addresses.add(caller.address);
    if (key !== undefined) this.#keys.add(key);
    return true;
  }

  leave(caller: Caller): void {
    if (caller.kind !== 'certified') this.#addresses.remove(caller.address);
    if (caller.kind !== 'nobody') this.#keys.remove(toHex(caller.keyHash));
  }
}

/** Requests of strangers in the span that runs. */
export class RateBook {
  readonly #limits: EdgeLimits;
  readonly #clock: Clock;
  #counts = new Map<string, number>();
  #sinceMs: number;

  constructor(limits: EdgeLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#sinceMs = clock.elapsedMs();
  }

  /** Milliseconds to wait, or 0 if the request may pass. */
  ask(address: string): number {
    const { rateMs, rateRequests, ratedAddresses } = this.#limits;
    const nowMs = this.#clock.elapsedMs();
    if (nowMs - this.#sinceMs >= rateMs) {
      this.#counts = new Map();
      this.#sinceMs = nowMs;
    }
    const count = this.#counts.get(address) ?? 0;
    const isNew = count === 0;
    // A flood from more addresses than can be remembered waits as a whole.
    if (count < rateRequests && !(isNew && this.#counts.size >= ratedAddresses)) {
      this.#counts.set(address, count + 1);
      return 0;
    }
    return Math.max(1, this.#sinceMs + rateMs - nowMs);
  }
}
