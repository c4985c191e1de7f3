// What opens a copy at its reader: tickets, asked for in advance and anew before they end, or a card's grants.
import { type Clock, type CopyId, MINUTE_MS, must, type StoreId } from '@kura/base';
import { grantWord, MAX_TICKET_MS, ticketWord } from '@kura/contract';
import { authorizationOf } from '@kura/contract/wire/authorization.ts';
import {
  CUSTODY_ENDPOINTS as CUSTODY,
  MAX_PACKS_PER_CALL,
} from '@kura/contract/wire/endpoints/custody.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';

export interface CopyName {
  readonly storeId: StoreId;
  readonly copyId: CopyId;
}

export interface Permits {
  /** The head `Authorization` for this copy. */
  authorization(copy: CopyName): Promise<string>;
  /** The reader said that it has ended. False: there is no other. */
  renew(copy: CopyName): boolean;
}

/** Longer ahead, and the last of them end before they are used; shorter, and more round trips. */
const MAX_AHEAD = 64;
/** A ticket that ends soon is not begun with. */
const MIN_LEFT_MS = 2 * MINUTE_MS;

interface Held {
  readonly word: string;
  readonly untilMs: number;
}

export class TicketBook implements Permits {
  readonly #client: EndpointClient;
  readonly #clock: Clock;
  readonly #held = new Map<CopyId, Held>();
  /** Will be asked for soon, in this order. */
  readonly #expected = new Map<CopyId, CopyName>();
  #waiting = new Map<CopyId, CopyName>();
  #flush: Promise<void> | undefined;

  constructor(client: EndpointClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** These will be wanted: their tickets come along with those that are wanted now. */
  expect(copies: Iterable<CopyName>): void {
    for (const copy of copies) this.#expected.set(copy.copyId, copy);
  }

  async authorization(copy: CopyName): Promise<string> {
    const held = this.#held.get(copy.copyId);
    if (held !== undefined && this.#clock.elapsedMs() < held.untilMs) return held.word;
    this.#waiting.set(copy.copyId, copy);
    // All that is wanted in one turn of the loop goes into one call.
    this.#flush ??= Promise.resolve().then(() => this.#ask());
    await this.#flush;
    return must(this.#held.get(copy.copyId), 'a ticket for every copy that was asked for').word;
  }

  renew({ copyId }: CopyName): boolean {
    return this.#held.delete(copyId);
  }

  async #ask(): Promise<void> {
    this.#flush = undefined;
    const wanted = [...this.#waiting.values()];
    this.#waiting = new Map();
    const ahead = this.#expected.values().take(Math.max(0, MAX_AHEAD - wanted.length));
    const all = new Map([...wanted, ...ahead].map((copy) => [copy.copyId, copy]));
    const copies = [...all.values()];
    for (let at = 0; at < copies.length; at += MAX_PACKS_PER_CALL) {
      await this.#askFor(copies.slice(at, at + MAX_PACKS_PER_CALL));
    }
  }

  async #askFor(copies: readonly CopyName[]): Promise<void> {
    const untilMs = this.#clock.elapsedMs() + MAX_TICKET_MS - MIN_LEFT_MS;
    const { tickets } = await this.#client.call(CUSTODY.tickets, { body: { copies } });
    for (const [index, { copyId }] of copies.entries()) {
      const ticket = must(tickets[index], 'a ticket for every copy');
      this.#held.set(copyId, { word: authorizationOf(ticketWord(ticket)), untilMs });
      this.#expected.delete(copyId);
    }
    if (this.#held.size > MAX_HELD) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const surplus = this.#held.size - MAX_HELD;
    for (const copyId of [...this.#held.keys().take(surplus)]) this.#held.delete(copyId);
  }
}

/** Each takes some four hundred bytes; one that was let go is asked for again. */
const MAX_HELD = 4096;

/** A grant is for a store, whichever copy is asked for. */
export interface GrantPermits extends Permits {
  authorization(store: Pick<CopyName, 'storeId'>): Promise<string>;
}

/** A grant per store, for all copies of this member there. */
export function grantPermits(grants: ReadonlyMap<StoreId, Uint8Array>): GrantPermits {
  const words = new Map([...grants].map(([storeId, grant]) => [storeId, grantWord(grant)]));
  return {
    authorization: async ({ storeId }) =>
      authorizationOf(must(words.get(storeId), 'a grant of every store that is asked')),
    renew: () => false,
  };
}
