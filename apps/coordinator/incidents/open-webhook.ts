// The webhook of a coordinator, as its file names it.
import { readFileSync } from 'node:fs';
import { type AlarmClock, asKuraError, KuraError } from '@kura/base';
import type { CoordinatorConfig } from '@kura/daemon';
import { openOutsideClient } from '@kura/wire/outside/outside-client.ts';
import {
  callWebhook,
  MIN_SECRET_CHARACTERS,
  parseWebhookUrl,
  WEBHOOK_DEADLINE_MS,
} from '@kura/wire/outside/webhook.ts';
import type { Hook } from './send-due-calls.ts';

export type WebhookSettings = NonNullable<CoordinatorConfig['webhook']>;

/** Throws `usage` for settings that make no sense, `missing` for files that are not there. */
export function openWebhook(
  { url, secretFile, authorities }: WebhookSettings,
  { networkId, clock }: { readonly networkId: string; readonly clock: AlarmClock },
): Hook {
  const webhook = { url: parseWebhookUrl(url), secret: secretIn(secretFile) };
  const ca = authorities === undefined ? undefined : read(authorities);
  const nowMs = (): number => clock.nowMs();
  return {
    ...{ networkId, nowMs },
    call: async (message) => {
      // Calls are hours apart: no connection is worth keeping.
      const client = openOutsideClient({
        ...{ connections: 1, deadlineMs: WEBHOOK_DEADLINE_MS, clock, authority: ca },
      });
      try {
        await callWebhook(webhook, { ...message, nowMs: nowMs() }, client);
      } finally {
        client.close();
      }
    },
  };
}

function secretIn(file: string): string {
  const line = read(file).split(/\r?\n/, 1)[0] ?? '';
  if (line.length >= MIN_SECRET_CHARACTERS) return line;
  throw new KuraError('usage', `${file} does not begin with a secret of a webhook`, {
    guidance: `Its first line has ${MIN_SECRET_CHARACTERS} characters or more: openssl rand -hex 32`,
  });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw asKuraError(error, `${file}, which the section "webhook" names, cannot be read`);
  }
}
