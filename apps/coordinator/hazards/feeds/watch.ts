// Watching: a feed that is due is asked, and what it says goes into the book at once, however slow the others
// are. A feed that is down changes nothing: its events stay, and end by their own times.
import type { EventBook } from '../events/event-book.ts';
import type { Feed, FeedPoll } from './feed.ts';

/** Asks one feed. Several may be on their way at the same time. */
export async function watchFeed(
  feed: Feed,
  book: EventBook,
  nowMs: () => number,
): Promise<FeedPoll> {
  const poll = await feed.poll();
  hear(book, poll, { isComplete: feed.isComplete, receivedMs: nowMs() });
  return poll;
}

export interface Heard {
  /** The feed's list is all that is in force. */
  readonly isComplete: boolean;
  readonly receivedMs: number;
}

/** What a poll says goes into the book. */
export function hear(book: EventBook, poll: FeedPoll, { isComplete, receivedMs }: Heard): void {
  if (poll.outcome === 'fresh' || poll.outcome === 'unchanged') {
    for (const report of poll.reports) book.take(report, { feed: poll.feed, receivedMs });
    if (isComplete && poll.isWhole) book.notePresence(poll.feed, poll.reports, receivedMs);
  }
  book.advance(receivedMs);
}

/** One round of all feeds; ends with the slowest. */
export async function watchFeeds(
  feeds: readonly Feed[],
  book: EventBook,
  nowMs: () => number,
): Promise<FeedPoll[]> {
  return await Promise.all(feeds.map((feed) => watchFeed(feed, book, nowMs)));
}
