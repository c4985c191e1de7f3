// Watches the world for a network: asks each feed when it is due, and hands what it says to the keeper,
// however slow the others are. Works in short steps under a lease that somebody else may take; then
// everything is read anew.
import { type AlarmClock, MINUTE_MS, pause, SECOND_MS } from '@kura/base';
import type { Log, Metrics } from '@kura/daemon';
import type { CoordinatorDatabase, Rows } from '../../db/tables.ts';
import type { Lease } from '../../leases/leases.ts';
import type { Danger } from '../../moves/danger.ts';
import { type CatalogueEntry, openFeed } from '../feeds/catalogue.ts';
import type { FeedPoll, FetchFeed } from '../feeds/feed.ts';
import type { FeedMemory, PolledFeed } from '../feeds/polled-feed.ts';
import { forgetOtherFeeds, readFeedMemory } from '../history/feed-rows.ts';
import type { Assessment, News, RiskKeeper } from '../history/risk-keeper.ts';

export interface WatchParts {
  readonly database: CoordinatorDatabase;
  readonly keeper: RiskKeeper;
  readonly entries: readonly CatalogueEntry[];
  readonly fetch: FetchFeed;
  readonly clock: AlarmClock;
  readonly log: Log;
  readonly metrics?: Metrics | undefined;
  /** Called when everything is in the tables: whoever moves data. */
  readonly onDanger?: ((danger: Danger) => Promise<unknown>) | undefined;
}

/** What a step waits for answers; slower ones are taken in by the next. A lease lasts for thirty seconds. */
export const PATIENCE_MS = 8 * SECOND_MS;
/** Risks fade and rise with time, too. */
const RENEW_MS = MINUTE_MS;

interface Watched {
  readonly feed: PolledFeed;
  /** What it knows, as the tables have it. */
  saved: FeedMemory | undefined;
  /** Under way; undefined if nobody has asked. */
  asking: Promise<void> | undefined;
  nextPollMs: number;
}

export class HazardWatch {
  readonly #parts: WatchParts;
  #feeds: readonly Watched[] = [];
  #epoch: number | undefined;
  /** Said, and not yet in the tables. */
  #news: (News & { readonly watched: Watched })[] = [];
  #fault: unknown;
  #assessedMs = Number.NEGATIVE_INFINITY;
  #powerMs = -1;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** One short step: asks who is due, takes in what has come. Resolves to what is known if it was looked at. */
  async step(lease: Lease, patienceMs: number): Promise<Assessment | undefined> {
    const { clock, onDanger } = this.#parts;
    if (this.#epoch !== lease.epoch) await this.#resume(lease);
    for (const watched of this.#feeds) this.#ask(watched);
    await this.#wait(patienceMs);
    if (this.#fault !== undefined) {
      const fault = this.#fault;
      this.#fault = undefined;
      throw fault;
    }
    if (!(await this.#hasNews())) return undefined;
    const assessment = await this.#assess(lease);
    this.#assessedMs = clock.nowMs();
    this.#tell(assessment);
    await onDanger?.(assessment.danger);
    return assessment;
  }

  /** Resolves when no feed is being asked any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#feeds.map(({ asking }) => asking));
  }

  /** Somebody else may have worked meanwhile: what the tables say counts, not what was in memory. */
  async #resume(lease: Lease): Promise<void> {
    const { database, keeper, entries, fetch, clock } = this.#parts;
    await this.settled();
    keeper.forget();
    this.#news = [];
    const memories = await database.read(async (rows) => {
      const all: (FeedMemory | undefined)[] = [];
      for (const { name } of entries) all.push(await readFeedMemory(rows, name));
      return all;
    });
    this.#feeds = entries.map((entry, index) => {
      const memory = memories[index];
      const feed = openFeed(entry, { fetch, clock, memory });
      const nextPollMs = memory?.feed.nextPollMs ?? 0;
      return { feed, saved: memory, asking: undefined, nextPollMs };
    });
    await lease.transact((rows) =>
      forgetOtherFeeds(
        rows,
        entries.map(({ name }) => name),
      ),
    );
    this.#epoch = lease.epoch;
    this.#assessedMs = Number.NEGATIVE_INFINITY;
  }

  #ask(watched: Watched): void {
    const isWaiting = this.#news.some((news) => news.watched === watched);
    if (watched.asking !== undefined || isWaiting) return;
    if (this.#parts.clock.nowMs() < watched.nextPollMs) return;
    watched.asking = watched.feed
      .poll()
      .then((poll) => this.#hear(watched, poll))
      .catch((error: unknown) => {
        // Feeds do not throw for what the world does: this is a mistake of ours, and said by the next step.
        this.#fault ??= error;
      })
      .finally(() => {
        watched.asking = undefined;
      });
  }

  #hear(watched: Watched, poll: FeedPoll): void {
    const { feed, saved } = watched;
    watched.nextPollMs = poll.nextPollMs;
    if (poll.outcome === 'not_due') return;
    this.#tellFeed(poll);
    const { memory } = feed;
    const messages = new Map(memory.messages);
    this.#news.push({
      ...{ watched, poll },
      isComplete: feed.isComplete,
      receivedMs: this.#parts.clock.nowMs(),
      asked: { memory: { feed: memory.feed, messages }, before: saved },
    });
  }

  async #wait(patienceMs: number): Promise<void> {
    if (this.#feeds.every(({ asking }) => asking === undefined)) return;
    const enough = new AbortController();
    const patience = pause(this.#parts.clock, patienceMs, enough.signal).catch(() => undefined);
    await Promise.race([this.settled(), patience]);
    enough.abort();
  }

  /** Something was said, by a feed or by a store, or it is time to look again. */
  async #hasNews(): Promise<boolean> {
    const { clock, database } = this.#parts;
    const powerMs = await newestPower(database.kysely);
    const isPowerNew = powerMs !== this.#powerMs;
    this.#powerMs = powerMs;
    const isTime = clock.nowMs() - this.#assessedMs >= RENEW_MS;
    return isTime || isPowerNew || this.#news.some(({ poll }) => poll.outcome === 'fresh');
  }

  async #assess(lease: Lease): Promise<Assessment> {
    const { keeper, clock } = this.#parts;
    const news = this.#news;
    this.#news = [];
    try {
      const transact = <Result>(work: (rows: Rows) => Promise<Result>): Promise<Result> =>
        lease.transact(work);
      const assessment = await keeper.take(news, { nowMs: clock.nowMs(), transact });
      for (const { watched, asked } of news) {
        if (asked !== undefined) watched.saved = asked.memory;
      }
      return assessment;
    } catch (error) {
      this.#epoch = undefined;
      throw error;
    }
  }

  #tellFeed({ feed, outcome, problems, ageMs }: FeedPoll): void {
    const { log, metrics } = this.#parts;
    if (outcome === 'down') {
      const why = problems[0]?.message ?? 'no reason';
      log.event('warning', 'a feed is down', { feed, why });
    }
    if (ageMs !== undefined) {
      metrics?.gauge('kura_feed_age_seconds').set(ageMs / SECOND_MS, { feed });
    }
  }

  #tell({ danger, stanceChanges, outlook }: Assessment): void {
    const { log, metrics } = this.#parts;
    const counting = danger.events.filter(({ state }) => state === 'active' || state === 'stale');
    metrics?.gauge('kura_hazard_events').set(counting.length);
    for (const stance of ['calm', 'watch', 'leave'] as const) {
      const count = [...danger.stances.values()].filter((one) => one.stance === stance).length;
      metrics?.gauge('kura_stores_by_stance').set(count, { stance });
    }
    for (const { storeId, stance } of stanceChanges) {
      const at = outlook.storeIds.indexOf(storeId);
      const { city } = outlook.stores[at]?.site.place ?? {};
      log.event('info', 'the stance towards a store changed', { store: storeId, stance, city });
    }
  }
}

async function newestPower(rows: Rows): Promise<number> {
  const { newest } = await rows
    .selectFrom('store_power')
    .select((all) => all.fn.max('since_ms').as('newest'))
    .executeTakeFirstOrThrow();
  return newest ?? 0;
}
