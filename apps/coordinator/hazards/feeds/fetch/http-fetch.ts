// The fetch port over the network's one client of other servers: https only, no redirects, no cookies, bodies
// cut off at a limit before and after they are unpacked, an end to waiting.
import { gunzipSync } from 'node:zlib';
import { KuraError, SECOND_MS } from '@kura/base';
import type { OutsideAnswer, OutsideClient } from '@kura/wire/outside/outside-client.ts';
import type { FeedAnswer, FetchFeed } from '../feed.ts';

export interface HttpOptions {
  readonly client: OutsideClient;
  /** Who asks, with an address to complain to: NWS and JMA want to know. */
  readonly userAgent: string;
}

/** For one whole answer. A larger one would let a slow server keep a feed from its next turn. */
export const FEED_DEADLINE_MS = 30 * SECOND_MS;
const MAX_RETRY_AFTER_SECONDS = 86_400;

function retryAfterMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,6}$/.test(text)) return undefined;
  return Math.min(Number(text), MAX_RETRY_AFTER_SECONDS) * SECOND_MS;
}

function tooLarge(url: string, maxBytes: number): KuraError {
  return new KuraError('too_large', `${url} has more than ${maxBytes} bytes`);
}

function bodyOf(answer: OutsideAnswer, url: string, maxBytes: number): Uint8Array {
  const encoding = answer.header('content-encoding') ?? 'identity';
  if (encoding === 'identity' || answer.body.length === 0) return answer.body;
  if (encoding !== 'gzip') {
    throw new KuraError('corrupt', `${url} answers in "${encoding.slice(0, 40)}"`);
  }
  try {
    return new Uint8Array(gunzipSync(answer.body, { maxOutputLength: maxBytes }));
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(url, maxBytes);
    throw new KuraError('corrupt', `${url} cannot be unpacked`, { cause: error });
  }
}

/** Throws `unreachable`, `too_large`, or `corrupt` for what cannot be unpacked. */
export function fetchOverHttps({ client, userAgent }: HttpOptions): FetchFeed {
  return async ({ url, accept, etag, lastModified, maxBytes }): Promise<FeedAnswer> => {
    const headers = {
      accept,
      'accept-encoding': 'gzip',
      'user-agent': userAgent,
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
      ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }),
    };
    const request = {
      method: 'GET',
      url: new URL(url),
      headers,
      maxAnswerBytes: maxBytes,
    } as const;
    const answer = await client.send(request).catch((error: unknown) => {
      const isTooLong = error instanceof KuraError && error.code === 'corrupt';
      throw isTooLong ? tooLarge(url, maxBytes) : error;
    });
    const [ownEtag, modified] = [answer.header('etag'), answer.header('last-modified')];
    const retry = retryAfterMs(answer.header('retry-after'));
    const isBodyMeant = answer.status === 200;
    return {
      status: answer.status,
      body: isBodyMeant ? bodyOf(answer, url, maxBytes) : new Uint8Array(),
      ...(ownEtag === undefined ? {} : { etag: ownEtag }),
      ...(modified === undefined ? {} : { lastModified: modified }),
      ...(retry === undefined ? {} : { retryAfterMs: retry }),
    };
  };
}
