// Keeps what the network knows of dangers: news go into the book, the book and the stores make stances and risk tables,
// and all of it is in the tables before anybody acts on it. No timers and no network: whoever watches, replays or
// tests brings the news and the time. One keeper at a time works on one network's tables (the lease `hazards`).
import { HOUR_MS, must, type StoreId } from '@kura/base';
import { transact as transactOn } from '@kura/database';
import type { Rows } from '../../db/tables.ts';
import type { Danger } from '../../moves/danger.ts';
import { type Outlook, readOutlook, sitesOf, worldOf } from '../../moves/outlook.ts';
import type { Network } from '../../network.ts';
import type { EventBook } from '../events/event-book.ts';
import type { FeedPoll } from '../feeds/feed.ts';
import { hear } from '../feeds/watch.ts';
import { reserveShares } from '../planner/reserve.ts';
import { riskTables } from '../planner/tables.ts';
import { predictionsOf } from '../risk/predictions.ts';
import { RiskPictures } from '../risk/risk-pictures.ts';
import type { SiteFacts } from '../risk/sites.ts';
import {
  FIRST_STANCE,
  nextStance,
  type RiskPicture,
  type RiskTable,
  type StanceState,
} from '../risk/table.ts';
import { type BookChanges, BookWriter, readBook, writeBook } from './book-rows.ts';
import { countingEvents } from './danger.ts';
import { type AskedFeed, writeFeed } from './feed-rows.ts';
import {
  choosePredictions,
  forgetOldPredictions,
  incidentsOf,
  settlePredictions,
  writePredictions,
} from './prediction-rows.ts';
import { readTablesAt } from './read-tables.ts';
import {
  forgetOldRisk,
  newsBetween,
  type RiskNews,
  readStances,
  writeRiskRows,
  writeStances,
} from './risk-rows.ts';
import { readPowerReports } from './store-power.ts';

export interface RiskKeeperParts {
  readonly network: Pick<Network, 'database'>;
  /** What is known of a store's building and place beyond its row. */
  readonly factsOf?: ((storeId: StoreId) => SiteFacts) | undefined;
}

/** A feed's word; what its feed knows then is written with it. */
export interface News {
  readonly poll: FeedPoll;
  /** The feed's list is all that is in force. */
  readonly isComplete: boolean;
  readonly receivedMs: number;
  readonly asked?: Pick<AskedFeed, 'memory' | 'before'>;
}

export interface Moment {
  readonly nowMs: number;
  /** One transaction: of a lease, where several programs could do this. */
  readonly transact?: <Result>(work: (rows: Rows) => Promise<Result>) => Promise<Result>;
}

/** What is known now, and what of it is new. */
export interface Assessment {
  readonly danger: Danger;
  readonly outlook: Outlook;
  /** Sites of the stores, then of the homes. */
  readonly picture: RiskPicture;
  readonly tables: readonly RiskTable[];
  readonly stanceChanges: RiskNews['stances'];
}

interface Kept {
  readonly book: EventBook;
  readonly writer: BookWriter;
  readonly stances: ReadonlyMap<StoreId, StanceState>;
}

const TIDY_MS = HOUR_MS;

export class RiskKeeper {
  readonly #parts: RiskKeeperParts;
  #kept: Kept | undefined;
  readonly #pictures = new RiskPictures();
  #tidiedMs = 0;

  constructor(parts: RiskKeeperParts) {
    this.#parts = parts;
  }

  /** What is in memory may be old: the tables are read again before the next step. */
  forget(): void {
    this.#kept = undefined;
  }

  async book(nowMs: number): Promise<EventBook> {
    return (await this.#open(nowMs)).book;
  }

  /** Takes news in. Throws what the transaction throws; then nothing of it was taken. */
  async take(news: readonly News[], moment: Moment): Promise<Assessment> {
    const { book } = await this.#open(moment.nowMs);
    for (const { poll, isComplete, receivedMs } of news)
      hear(book, poll, { isComplete, receivedMs });
    return this.#assess(news, moment);
  }

  /** Time passes, and nobody has said anything. */
  renew(moment: Moment): Promise<Assessment> {
    return this.take([], moment);
  }

  async #open(nowMs: number): Promise<Kept> {
    this.#kept ??= await this.#parts.network.database.read(async (rows) => {
      const book = await readBook(rows, nowMs);
      return { book, writer: new BookWriter(book), stances: await readStances(rows) };
    });
    return this.#kept;
  }

  async #assess(news: readonly News[], moment: Moment): Promise<Assessment> {
    const { network, factsOf } = this.#parts;
    const { database } = network;
    const { nowMs } = moment;
    const kept = await this.#open(nowMs);
    const { book, writer } = kept;
    const read = await database.read(async (rows) => ({
      outlook: await readOutlook(rows, {
        nowMs,
        ...(factsOf === undefined ? {} : { factsOf }),
      }),
      before: await readTablesAt(rows),
      power: await readPowerReports(rows),
    }));
    for (const report of read.power) book.take(report, { feed: 'store', receivedMs: nowMs });
    book.advance(nowMs);
    const seen = this.#look(kept, read.outlook, nowMs);
    const changes = writer.changes();
    const riskNews = newsBetween(read.before, seen.tables, seen.danger.events);
    try {
      await this.#write({ news, seen, changes, riskNews, moment });
    } catch (error) {
      this.forget();
      throw error;
    }
    writer.committed(changes);
    this.#kept = { book, writer, stances: seen.danger.stances };
    return { ...seen, stanceChanges: riskNews.stances };
  }

  #look(kept: Kept, outlook: Outlook, nowMs: number): Omit<Assessment, 'stanceChanges'> {
    const events = countingEvents(kept.book);
    const picture = this.#pictures.of(sitesOf(outlook), { events, atMs: nowMs });
    const stances = new Map(
      outlook.storeIds.map((storeId, index) => {
        const risk = must(picture.sites[index], 'a risk of every store');
        return [storeId, nextStance(kept.stances.get(storeId) ?? FIRST_STANCE, risk, nowMs)];
      }),
    );
    const danger = { atMs: nowMs, events, stances };
    const world = worldOf(outlook, danger, picture);
    const shares = reserveShares(world, outlook.demands, outlook.groups);
    return { danger, outlook, picture, tables: riskTables(world, shares) };
  }

  async #write({ news, seen, changes, riskNews, moment }: WriteInput): Promise<void> {
    const { database } = this.#parts.network;
    const { nowMs, transact = (work) => transactOn(database, work) } = moment;
    const isTidyingTime = nowMs - this.#tidiedMs >= TIDY_MS;
    await transact(async (rows) => {
      for (const { poll, receivedMs, asked } of news) {
        if (asked !== undefined) await writeFeed(rows, { poll, askedMs: receivedMs, ...asked });
      }
      if (changes.isAny) await writeBook(rows, changes);
      await writeStances(rows, seen.danger.stances);
      await writeRiskRows(rows, riskNews);
      await this.#predict(rows, { seen, riskNews, nowMs });
      if (!isTidyingTime) return;
      await forgetOldRisk(rows, nowMs);
      await forgetOldPredictions(rows, nowMs);
    });
    if (isTidyingTime) this.#tidiedMs = nowMs;
  }

  async #predict(
    rows: Rows,
    { seen, riskNews, nowMs }: Pick<WriteInput, 'seen' | 'riskNews'> & { readonly nowMs: number },
  ): Promise<void> {
    const { outlook, picture, danger } = seen;
    const standing = new Set(
      outlook.stores.flatMap(({ site, state }) => (state === 'active' ? [site.id] : [])),
    );
    const made = predictionsOf(picture, outlook.storeIds, danger.events).filter(({ siteId }) =>
      standing.has(siteId),
    );
    const changed = new Set<string>(riskNews.stances.map(({ storeId }) => storeId));
    await writePredictions(rows, await choosePredictions(rows, made, changed));
    const stores = await rows
      .selectFrom('stores')
      .select(['store_id', 'state', 'away_since_ms'])
      .execute();
    await settlePredictions(rows, incidentsOf(stores, nowMs), nowMs);
  }
}

interface WriteInput {
  readonly news: readonly News[];
  readonly seen: Omit<Assessment, 'stanceChanges'>;
  readonly changes: BookChanges;
  readonly riskNews: RiskNews;
  readonly moment: Moment;
}
