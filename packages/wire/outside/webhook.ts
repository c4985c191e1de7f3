// One message to a program of the operator's, over the web: https, or plain http to this machine alone. Signed, so
// that whoever receives it can tell it from what anybody could send there; bounded in time and bytes; no redirect
// is followed.
import { createHmac } from 'node:crypto';
import { KuraError, SECOND_MS, utf8 } from '@kura/base';
import { MAX_WEBHOOK_URL } from '@kura/contract/wire/endpoints/account.ts';
import type { OutsideClient } from './outside-client.ts';

export const WEBHOOK_DEADLINE_MS = 10 * SECOND_MS;
const MAX_ANSWER_BYTES = 4096;
export const MIN_SECRET_CHARACTERS = 16;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Not now, or too many: everything else between 400 and 499 is for ever. */
const RETRIED = new Set([408, 425, 429]);

export interface Webhook {
  readonly url: URL;
  readonly secret: string;
}

export interface WebhookCall {
  /** The same for every try, so that what came twice can be told. */
  readonly delivery: string;
  /** Canonical JSON. */
  readonly body: string;
  readonly nowMs: number;
}

/** Throws `usage` unless it is https, or http to this machine. */
export function parseWebhookUrl(text: string): URL {
  const url = URL.parse(text);
  const isPlain = url?.username === '' && url.password === '' && url.hash === '';
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (url !== null && isPlain && isSafe) return url;
  throw new KuraError('usage', `"${text.slice(0, 80)}" is no address for a webhook`, {
    guidance: 'Write https://host/path; http:// is for this machine only.',
  });
}

/** As `parseWebhookUrl`, of a member: https, whatever it leads to. */
export function parseMemberWebhookUrl(text: string): URL {
  if (text.length <= MAX_WEBHOOK_URL) {
    const url = parseWebhookUrl(text);
    if (url.protocol === 'https:') return url;
  }
  throw new KuraError('usage', 'a webhook of a member is an address that begins with https://', {
    guidance: `Write https://host/path, in at most ${MAX_WEBHOOK_URL} characters.`,
  });
}

/** What a receiver makes again from the header's time and the body: HMAC-SHA256 over `t "." body`, hex. */
export function webhookSignature(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}

/** Throws `refused` for an answer that another try would not change, `unreachable` for all else. */
export async function callWebhook(
  { url, secret }: Webhook,
  { delivery, body, nowMs }: WebhookCall,
  client: OutsideClient,
): Promise<void> {
  const seconds = Math.floor(nowMs / SECOND_MS);
  const { status } = await client.send({
    ...{ method: 'POST', url, body: utf8(body), maxAnswerBytes: MAX_ANSWER_BYTES },
    headers: {
      'content-type': 'application/json',
      'user-agent': 'kura',
      'kura-delivery': delivery,
      'kura-signature': `t=${seconds},v1=${webhookSignature(secret, seconds, body)}`,
    },
  });
  if (status >= 200 && status < 300) return;
  const isFinal = status >= 400 && status < 500 && !RETRIED.has(status);
  throw new KuraError(isFinal ? 'refused' : 'unreachable', `the webhook answered ${status}`);
}
