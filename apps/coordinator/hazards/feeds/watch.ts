// One round of watching: every feed that is due is asked, and what it says goes into the book. A feed that is
// down changes nothing: its events stay, and end by their own times.
import type { EventBook } from '../events/event-book.ts';
import type { Feed, FeedPoll } from './feed.ts';

export async function watchFeeds(
  feeds: readonly Feed[],
  book: EventBook,
  nowMs: () => number,
): Promise<FeedPoll[]> {
  const polls = await Promise.all(feeds.map((feed) => feed.poll()));
  const receivedMs = nowMs();
  for (const [index, poll] of polls.entries()) {
    if (poll.outcome === 'down' || poll.outcome === 'not_due') continue;
    for (const report of poll.reports) book.take(report, { feed: poll.feed, receivedMs });
    if (feeds[index]?.isComplete && poll.isWhole)
      book.notePresence(poll.feed, poll.reports, receivedMs);
  }
  book.advance(receivedMs);
  return polls;
}
