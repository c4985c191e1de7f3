// Manners around the fetch port: only pinned hosts and only https, a budget of bytes per day. A forged link
// in a feed must not make the coordinator call on strangers, least of all on its own network.
import { type Clock, DAY_MS, KuraError } from '@kura/base';
import type { FeedAnswer, FeedRequest, FetchFeed } from '../feed.ts';
import { MAX_BYTES_PER_DAY } from './limits.ts';

export interface PoliteOptions {
  readonly fetch: FetchFeed;
  readonly clock: Clock;
  /** Exact names; links to others are refused. */
  readonly hosts: readonly string[];
  readonly maxBytesPerDay?: number;
}

/** Old links say http for what has long moved to https. */
function pinned(url: string, hosts: readonly string[]): string {
  const parsed = URL.parse(url);
  const isWeb = parsed?.protocol === 'https:' || parsed?.protocol === 'http:';
  if (parsed === null || !isWeb || parsed.username !== '' || parsed.port !== '') {
    throw new KuraError('hostile', `"${url.slice(0, 100)}" is no address that a feed may name`);
  }
  if (!hosts.includes(parsed.hostname)) {
    throw new KuraError('hostile', `the feed points to ${parsed.hostname.slice(0, 100)}`, {
      guidance: 'If that is meant, add the host to the feed.',
    });
  }
  parsed.protocol = 'https:';
  return parsed.href;
}

export function politeFetch(options: PoliteOptions): FetchFeed {
  const { fetch, clock, hosts, maxBytesPerDay = MAX_BYTES_PER_DAY } = options;
  let day = -1;
  let taken = 0;
  return async (request: FeedRequest): Promise<FeedAnswer> => {
    const today = Math.floor(clock.nowMs() / DAY_MS);
    if (today !== day) taken = 0;
    day = today;
    if (taken >= maxBytesPerDay) {
      throw new KuraError('busy', `the feed has taken ${taken} bytes today, which is enough`);
    }
    const answer = await fetch({ ...request, url: pinned(request.url, hosts) });
    taken += answer.body.length;
    return answer;
  };
}
