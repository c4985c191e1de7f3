// The fetch port over Node's own fetch: https only, no redirects, no cookies, bodies cut off at a limit, an
// end to waiting. Time comes in as a function that gives a signal, because timers are injected.
import { KuraError } from '@kura/base';
import type { FeedAnswer, FetchFeed } from './feed.ts';

export interface HttpOptions {
  readonly fetch: typeof globalThis.fetch;
  /** Aborts after so many milliseconds. */
  readonly signalAfter: (timeoutMs: number) => AbortSignal;
  /** Who asks, with an address to complain to: NWS and JMA want to know. */
  readonly userAgent: string;
}

const TIMEOUT_MS = 30_000;
const MAX_RETRY_AFTER_SECONDS = 86_400;

async function bodyOf(response: Response, maxBytes: number, url: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > maxBytes) {
      // Leaving the loop cancels the rest of the body.
      throw new KuraError('too_large', `${url} has more than ${maxBytes} bytes`);
    }
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function retryAfterMs(text: string | null): number | undefined {
  if (text === null || !/^\d{1,6}$/.test(text)) return undefined;
  return Math.min(Number(text), MAX_RETRY_AFTER_SECONDS) * 1000;
}

export function fetchOverHttps({ fetch, signalAfter, userAgent }: HttpOptions): FetchFeed {
  return async ({ url, accept, etag, lastModified, maxBytes }): Promise<FeedAnswer> => {
    const headers = new Headers({ accept, 'user-agent': userAgent });
    if (etag !== undefined) headers.set('if-none-match', etag);
    if (lastModified !== undefined) headers.set('if-modified-since', lastModified);
    try {
      const signal = signalAfter(TIMEOUT_MS);
      const response = await fetch(url, { headers, redirect: 'error', signal });
      const [ownEtag, modified] = ['etag', 'last-modified'].map((name) =>
        response.headers.get(name),
      );
      const retry = retryAfterMs(response.headers.get('retry-after'));
      return {
        status: response.status,
        body: response.status === 304 ? new Uint8Array() : await bodyOf(response, maxBytes, url),
        ...(ownEtag == null ? {} : { etag: ownEtag }),
        ...(modified == null ? {} : { lastModified: modified }),
        ...(retry === undefined ? {} : { retryAfterMs: retry }),
      };
    } catch (error) {
      if (error instanceof KuraError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new KuraError('unreachable', `${url} does not answer: ${why}`, { cause: error });
    }
  };
}
