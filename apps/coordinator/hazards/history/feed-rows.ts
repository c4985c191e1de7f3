// What each feed knows, in its tables: how to ask whether something is new, and which messages were fetched already, so
// that a new start fetches nothing twice and asks nobody before its time.
import { batches } from '../../db/batches.ts';
import type { HazardFeedsTable, HazardMessagesTable } from '../../db/hazard-tables.ts';
import type { Rows } from '../../db/tables.ts';
import type { FeedPoll } from '../feeds/feed.ts';
import {
  type FeedMemory,
  type KnownMessage,
  NOTHING,
  type SavedFeed,
} from '../feeds/polled-feed.ts';
import type { Reading } from '../feeds/reading.ts';
import { storable } from './storable.ts';

/** Longer sentences are of a server that has lost its mind. */
const MAX_SENTENCE = 500;

/** By name; undefined for one that was never asked. */
export async function readFeedMemory(rows: Rows, name: string): Promise<FeedMemory | undefined> {
  const row = await rows
    .selectFrom('hazard_feeds')
    .select(['good_ms', 'next_ms', 'failures', 'memory'])
    .where('name', '=', name)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const messages = await rows
    .selectFrom('hazard_messages')
    .selectAll()
    .where('feed', '=', name)
    .orderBy('url')
    .execute();
  return {
    feed: {
      ...(JSON.parse(row.memory) as Omit<SavedFeed, FeedTimes>),
      ...(row.good_ms === null ? {} : { goodMs: row.good_ms }),
      failures: row.failures,
      nextPollMs: row.next_ms,
    },
    messages: new Map(messages.map((message) => [message.url, knownOf(message)])),
  };
}

/** Of a `SavedFeed`, what changes with every poll: in columns of their own. */
type FeedTimes = 'goodMs' | 'failures' | 'nextPollMs';

function knownOf({ version, attempts, reading }: HazardMessagesTable): KnownMessage {
  const said = reading === null ? NOTHING : (JSON.parse(reading) as Reading);
  return { version, attempts, reading: said };
}

/** A poll, and what its feed knows now. */
export interface AskedFeed {
  readonly poll: FeedPoll;
  readonly askedMs: number;
  readonly memory: FeedMemory;
  /** As it is in the tables: what is the same object there has not changed. Undefined: it is not there. */
  readonly before: FeedMemory | undefined;
}

/** A list that has not changed is not written again every minute. */
function isSameIndex(before: SavedFeed | undefined, { feed }: FeedMemory): boolean {
  const names = ['list', 'url', 'etag', 'lastModified', 'digest', 'isBehind'] as const;
  return before !== undefined && names.every((name) => before[name] === feed[name]);
}

export async function writeFeed(rows: Rows, asked: AskedFeed): Promise<void> {
  const { poll, memory, before } = asked;
  const row = feedRow(asked);
  const { memory: kept, ...times } = row;
  const update = isSameIndex(before?.feed, memory) ? times : { ...times, memory: kept };
  const known = before?.messages ?? new Map<string, KnownMessage>();
  await rows
    .insertInto('hazard_feeds')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(update))
    .execute();
  const changed = [...memory.messages].filter(([url, message]) => known.get(url) !== message);
  for (const batch of batches(changed)) {
    const values = batch.map(([url, { version, attempts, reading }]) => ({
      ...{ feed: poll.feed, url: storable(url), version: storable(version), attempts },
      reading: reading === NOTHING ? null : JSON.stringify(reading),
    }));
    await rows
      .insertInto('hazard_messages')
      .values(values)
      .onConflict((conflict) =>
        conflict.columns(['feed', 'url']).doUpdateSet(({ ref }) => ({
          version: ref('excluded.version'),
          attempts: ref('excluded.attempts'),
          reading: ref('excluded.reading'),
        })),
      )
      .execute();
  }
  for (const batch of batches(
    [...known.keys()].filter((url) => !memory.messages.has(url)).map(storable),
  )) {
    await rows
      .deleteFrom('hazard_messages')
      .where('feed', '=', poll.feed)
      .where('url', 'in', batch)
      .execute();
  }
}

function feedRow({ poll, askedMs, memory }: AskedFeed): HazardFeedsTable {
  const { goodMs, failures, nextPollMs, ...kept } = memory.feed;
  return {
    name: poll.feed,
    outcome: poll.outcome,
    asked_ms: askedMs,
    good_ms: goodMs ?? null,
    next_ms: nextPollMs,
    failures,
    reports: poll.reports.length,
    ignored: JSON.stringify(poll.ignored),
    problems: poll.problems.length,
    problem: storable(poll.problems[0]?.message.slice(0, MAX_SENTENCE) ?? '') || null,
    memory: JSON.stringify(kept),
  };
}

/** Feeds that are not watched any more leave nothing behind; what they said stays in the book to its end. */
export async function forgetOtherFeeds(rows: Rows, names: readonly string[]): Promise<void> {
  const known = await rows.selectFrom('hazard_feeds').select('name').execute();
  for (const { name } of known) {
    if (names.includes(name)) continue;
    await rows.deleteFrom('hazard_messages').where('feed', '=', name).execute();
    await rows.deleteFrom('hazard_feeds').where('name', '=', name).execute();
  }
}
