// The fetch port over recorded answers: what each address gave from when on. A feed over it behaves as live,
// conditional requests included, and knows nothing before its time.
import { createHash } from 'node:crypto';
import { type Clock, KuraError } from '@kura/base';
import type { FetchFeed } from '../feed.ts';

export interface RecordedAnswer {
  readonly url: string;
  /** When the server began to answer so. */
  readonly fromMs: number;
  /** 200 unless it failed. */
  readonly status?: number;
  readonly body: Uint8Array;
}

export function recordedFetch(answers: readonly RecordedAnswer[], clock: Clock): FetchFeed {
  return async ({ url, etag, maxBytes }) => {
    const nowMs = clock.nowMs();
    const known = answers.filter((answer) => answer.url === url && answer.fromMs <= nowMs);
    if (known.length === 0) return { status: 404, body: new Uint8Array() };
    const newest = known.reduce((a, b) => (b.fromMs >= a.fromMs ? b : a));
    const { status = 200, body } = newest;
    if (body.length > maxBytes) throw new KuraError('too_large', `${url} has ${body.length} bytes`);
    const own = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;
    if (status === 200 && etag === own) return { status: 304, body: new Uint8Array(), etag: own };
    return { status, body, etag: own };
  };
}
