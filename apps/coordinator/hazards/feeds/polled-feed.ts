// A feed that is asked from time to time: one list, and the messages that it points to. Conditional requests,
// an interval that grows while the server fails, messages fetched once. All formats go through here; what
// differs is how bytes are read. What it knows is plain data, so that a new start fetches nothing twice.
import { createHash } from 'node:crypto';
import { type Clock, KuraError, MINUTE_MS } from '@kura/base';
import type { EventSource } from '../events/hazard-event.ts';
import type { Feed, FeedAnswer, FeedPoll, FetchFeed, PollOutcome } from './feed.ts';
import {
  MAX_FEED_BYTES,
  MAX_FOLLOWED_PER_POLL,
  MAX_MESSAGE_BYTES,
  MAX_REMEMBERED_ADDRESSES,
} from './fetch/limits.ts';
import { type Link, type Reading, ReadingBuilder } from './reading.ts';

/** Fetches something that a message points to. Throws as the port does. */
export type Get = (url: string, maxBytes: number) => Promise<Uint8Array>;

export interface FeedSettings {
  readonly name: string;
  readonly source: EventSource;
  readonly url: string;
  readonly accept: string;
  readonly intervalMs: number;
  /** A longer list, for the first poll and after a gap in which the short one may have dropped something. */
  readonly catchUp?: { readonly url: string; readonly afterMs: number };
  /** Within the minute, where a server asks for it. */
  readonly second?: number;
  readonly isComplete: boolean;
  /** Reads the list. Throws what is wrong with it as a whole. */
  readonly read: (bytes: Uint8Array, get: Get) => Reading | Promise<Reading>;
  /** Reads a message that the list points to; absent where the list is all there is. */
  readonly readMessage?: (bytes: Uint8Array, get: Get) => Reading | Promise<Reading>;
}

/** A message that was fetched, or is to be: under the address that the list gives. */
export interface KnownMessage {
  /** Of the message that was read; empty while it has yet to be fetched. */
  readonly version: string;
  readonly attempts: number;
  /** Empty once the list names it no more. */
  readonly reading: Reading;
}

/** What a feed knows besides its messages. */
export interface SavedFeed {
  /** Of the last good answer: where it came from, how to ask whether it still holds, and its SHA-256. */
  readonly url?: string | undefined;
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  readonly digest?: string | undefined;
  readonly list: Reading;
  readonly goodMs?: number;
  readonly failures: number;
  readonly isBehind: boolean;
  readonly nextPollMs: number;
}

export interface FeedMemory {
  readonly feed: SavedFeed;
  /** By address, the longest unused first. */
  readonly messages: ReadonlyMap<string, KnownMessage>;
}

export interface FeedContext {
  readonly fetch: FetchFeed;
  readonly clock: Clock;
  /** What it knew when it was written down. */
  readonly memory?: FeedMemory | undefined;
}

/** While a server fails the interval doubles, to at most this often. */
const MAX_BACKOFF = 16;
const MAX_RETRY_AFTER_MS = 60 * MINUTE_MS;

/** The server is there, the message is not. */
const GONE: readonly number[] = [404, 410];

/** What a message says that the list names no more. */
export const NOTHING: Reading = { reports: [], links: [], problems: [], ignored: {} };

/** A message that cannot be fetched is tried so often, then left until its version changes. */
const MAX_ATTEMPTS = 3;

export class PolledFeed implements Feed {
  readonly name: string;
  readonly source: EventSource;
  readonly isComplete: boolean;
  readonly #settings: FeedSettings;
  readonly #fetch: FetchFeed;
  readonly #clock: Clock;
  /** Messages by address; the longest unused fall out. */
  readonly #messages = new Map<string, KnownMessage>();
  #list: Reading = NOTHING;
  #validators: Validators = {};
  #digest: string | undefined;
  #lastUrl: string | undefined;
  #lastGoodMs: number | undefined;
  #nextPollMs = 0;
  #failures = 0;
  #notBeforeMs = 0;
  #polling: Promise<FeedPoll> | undefined;
  /** Links that could not be fetched in the last poll, for want of turns or for a fault. */
  #isBehind = false;

  constructor(settings: FeedSettings, { fetch, clock, memory }: FeedContext) {
    this.name = settings.name;
    this.source = settings.source;
    this.isComplete = settings.isComplete;
    this.#settings = settings;
    this.#fetch = fetch;
    this.#clock = clock;
    if (memory !== undefined) this.#restore(memory);
  }

  #restore({ feed, messages }: FeedMemory): void {
    const { url, etag, lastModified, digest, list, goodMs, failures, isBehind, nextPollMs } = feed;
    this.#lastUrl = url;
    this.#validators = validatorsOf({ etag, lastModified });
    this.#digest = digest;
    this.#list = list;
    this.#lastGoodMs = goodMs;
    this.#failures = failures;
    this.#isBehind = isBehind;
    // A clock that was wrong then must not keep it silent for years.
    this.#nextPollMs = Math.min(nextPollMs, this.#clock.nowMs() + MAX_RETRY_AFTER_MS);
    for (const [address, known] of messages) this.#messages.set(address, known);
  }

  /**
   * What is worth keeping. A message that is another object than before has changed. A list that is all there is
   * is large and soon fetched again; an index is small, and its messages must not be fetched twice.
   */
  get memory(): FeedMemory {
    const [url, digest, goodMs] = [this.#lastUrl, this.#digest, this.#lastGoodMs];
    const isIndex = this.#settings.readMessage !== undefined && url !== undefined;
    const index = { url, ...this.#validators, digest, list: this.#list, isBehind: this.#isBehind };
    return {
      feed: {
        ...(isIndex ? index : { list: NOTHING, isBehind: false }),
        ...(goodMs === undefined ? {} : { goodMs }),
        failures: this.#failures,
        nextPollMs: this.#nextPollMs,
      },
      messages: this.#messages,
    };
  }

  /** Whoever asks while an answer is on its way gets that one. */
  async poll(): Promise<FeedPoll> {
    this.#polling ??= this.#pollOnce().finally(() => {
      this.#polling = undefined;
    });
    return this.#polling;
  }

  async #pollOnce(): Promise<FeedPoll> {
    if (this.#clock.nowMs() < this.#nextPollMs) return this.#state('not_due', []);
    try {
      return await this.#ask();
    } catch (error) {
      if (!(error instanceof KuraError)) throw error;
      return this.#failed(error);
    }
  }

  /** The long list as long as something of it has yet to be fetched. */
  #urlNow(): string {
    const { url, catchUp } = this.#settings;
    if (catchUp === undefined) return url;
    const gapMs = this.#clock.nowMs() - (this.#lastGoodMs ?? Number.NEGATIVE_INFINITY);
    const isWorkingItOff = this.#isBehind && this.#lastUrl === catchUp.url;
    return gapMs > catchUp.afterMs || isWorkingItOff ? catchUp.url : url;
  }

  async #ask(): Promise<FeedPoll> {
    const { accept, read } = this.#settings;
    const url = this.#urlNow();
    if (url !== this.#lastUrl) this.#validators = {};
    const request = { url, accept, maxBytes: MAX_FEED_BYTES };
    const answer = await this.#fetch({ ...request, ...this.#validators });
    if (answer.status !== 200 && answer.status !== 304) {
      this.#waitAtLeast(answer.retryAfterMs);
      throw new KuraError('unreachable', `${this.name} answers with status ${answer.status}`);
    }
    const digest = createHash('sha256').update(answer.body).digest('hex');
    // Some servers send no validators: the same bytes are the same state.
    const isSame = answer.status === 304 || digest === this.#digest;
    if (!isSame) {
      this.#list = await read(answer.body, this.#get);
      this.#forgetReadings();
    }
    if (answer.status === 200) {
      this.#validators = validatorsOf(answer);
      this.#digest = digest;
      this.#lastUrl = url;
    }
    this.#lastGoodMs = this.#clock.nowMs();
    this.#failures = 0;
    this.#schedule(1);
    const hasMore = isSame && !this.#isBehind ? false : await this.#follow(this.#list.links);
    return this.#state(isSame && !hasMore ? 'unchanged' : 'fresh', []);
  }

  #failed(error: KuraError): FeedPoll {
    this.#failures++;
    this.#schedule(Math.min(2 ** this.#failures, MAX_BACKOFF));
    return this.#state('down', [
      { item: this.#settings.url, message: error.message, code: error.code, isLost: true },
    ]);
  }

  #schedule(intervals: number): void {
    const { intervalMs, second } = this.#settings;
    const dueMs = Math.max(this.#clock.nowMs() + intervals * intervalMs, this.#notBeforeMs);
    const late = second === undefined ? 0 : (dueMs - second * 1000) % MINUTE_MS;
    this.#nextPollMs = late === 0 ? dueMs : dueMs - late + MINUTE_MS;
  }

  #waitAtLeast(retryAfterMs = 0): void {
    this.#notBeforeMs = this.#clock.nowMs() + Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);
  }

  readonly #get: Get = async (url, maxBytes) => {
    const answer = await this.#fetch({ url, accept: '*/*', maxBytes });
    if (answer.status === 200) return answer.body;
    const code = GONE.includes(answer.status) ? 'missing' : 'unreachable';
    throw new KuraError(code, `${url} answers with status ${answer.status}`);
  };

  /** Fetches messages of the list that are new. True if any came in. */
  async #follow(links: readonly Link[]): Promise<boolean> {
    const { readMessage } = this.#settings;
    this.#isBehind = false;
    if (readMessage === undefined) return false;
    let turns = MAX_FOLLOWED_PER_POLL;
    let hasNew = false;
    for (const { url, version } of links) {
      const known = this.#messages.get(url);
      if (known?.version === version) continue;
      if (turns-- <= 0) {
        this.#isBehind = true;
        break;
      }
      const read = await this.#readMessage(readMessage, { url, version }, known);
      if (read.version === '') this.#isBehind = true;
      else hasNew = true;
      this.#remember(url, read);
      // A server that does not answer is not asked forty times, half a minute each.
      if (read.reading.problems.some(({ code }) => code === 'unreachable')) break;
    }
    return hasNew;
  }

  async #readMessage(
    read: NonNullable<FeedSettings['readMessage']>,
    { url, version }: Link,
    known: KnownMessage | undefined,
  ): Promise<KnownMessage> {
    const builder = new ReadingBuilder();
    try {
      builder.merge(await read(await this.#get(url, MAX_MESSAGE_BYTES), this.#get));
      return { version, attempts: 0, reading: builder.done() };
    } catch (error) {
      if (!(error instanceof KuraError)) throw error;
      builder.problem(url, error);
      if (known !== undefined) builder.merge({ ...known.reading, problems: [] });
      const attempts = (known?.attempts ?? 0) + 1;
      // What is forbidden, damaged or too large stays so.
      const isGivenUp = error.isPermanent || attempts >= MAX_ATTEMPTS;
      return { version: isGivenUp ? version : '', attempts, reading: builder.done() };
    }
  }

  /** That a message was fetched is remembered long, what it said only while the list names it. */
  #forgetReadings(): void {
    const named = new Set(this.#list.links.map(({ url }) => url));
    for (const [url, known] of this.#messages) {
      if (named.has(url) || known.reading === NOTHING) continue;
      this.#messages.set(url, { ...known, reading: NOTHING });
    }
  }

  #remember(url: string, known: KnownMessage): void {
    this.#messages.delete(url);
    this.#messages.set(url, known);
    for (const oldest of this.#messages.keys()) {
      if (this.#messages.size <= MAX_REMEMBERED_ADDRESSES) break;
      this.#messages.delete(oldest);
    }
  }

  #state(outcome: PollOutcome, problems: FeedPoll['problems']): FeedPoll {
    const whole = new ReadingBuilder();
    whole.merge(this.#list);
    for (const { url } of this.#list.links) {
      const known = this.#messages.get(url);
      if (known !== undefined) whole.merge(known.reading);
    }
    const reading = whole.done();
    const nowMs = this.#clock.nowMs();
    return {
      feed: this.name,
      outcome,
      reports: reading.reports,
      isWhole: !this.#isBehind && reading.problems.every(({ isLost }) => !isLost),
      problems: [...problems, ...reading.problems],
      ignored: reading.ignored,
      ...(this.#lastGoodMs === undefined ? {} : { ageMs: nowMs - this.#lastGoodMs }),
      nextPollMs: this.#nextPollMs,
    };
  }
}

type Validators = Pick<FeedAnswer, 'etag' | 'lastModified'>;

function validatorsOf({ etag, lastModified }: { [Name in keyof Validators]?: string | undefined }) {
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
}
