// The port behind which every feed of hazards looks the same, live or recorded. A feed keeps its own pace:
// asked too early it gives what it holds. A feed that is down holds its last state, says so, and says how
// old that is; it never throws for what the world does.
import type { EventSource } from '../events/hazard-event.ts';
import type { Report } from '../events/report.ts';
import type { FeedProblem, IgnoredReason } from './reading.ts';

/** `not_due`: asked before its time. `unchanged`: a good answer, the same as before. */
export type PollOutcome = 'fresh' | 'unchanged' | 'down' | 'not_due';

export interface FeedPoll {
  readonly feed: string;
  readonly outcome: PollOutcome;
  /** What the feed says as far as is known: the held state when it is down. */
  readonly reports: readonly Report[];
  /** Time since the last good answer; absent if there never was one. */
  readonly ageMs?: number;
  /** Nothing of the list was lost: only then does absence from it mean anything. */
  readonly isWhole: boolean;
  readonly problems: readonly FeedProblem[];
  readonly ignored: Readonly<Partial<Record<IgnoredReason, number>>>;
  /** When it is worth asking again. */
  readonly nextPollMs: number;
}

export interface Feed {
  readonly name: string;
  readonly source: EventSource;
  /** Its list is all that is in force: what it stops naming is over. */
  readonly isComplete: boolean;
  poll(): Promise<FeedPoll>;
}

// ── What a feed reaches the world through ─────────────────────────────────────────────────────────

export interface FeedRequest {
  readonly url: string;
  readonly accept: string;
  /** From the last good answer: the server may say "not modified". */
  readonly etag?: string;
  readonly lastModified?: string;
  /** More than this is cut off with `too_large`. */
  readonly maxBytes: number;
}

export interface FeedAnswer {
  /** 200, 304, or an error of the server. */
  readonly status: number;
  readonly body: Uint8Array;
  readonly etag?: string;
  readonly lastModified?: string;
  /** How long the server asks to be left alone. */
  readonly retryAfterMs?: number;
}

/** Throws `unreachable`, `too_large` or `hostile`; an answer with an error status is an answer. */
export type FetchFeed = (request: FeedRequest) => Promise<FeedAnswer>;
