// The webhook of a coordinator, as its file names it.
import { readFileSync } from 'node:fs';
import { type AlarmClock, asKuraError, KuraError } from '@kura/base';
import type { CoordinatorConfig } from '@kura/daemon';
import { openOutsideClient } from '@kura/wire/outside/outside-client.ts';
import type { Reach } from '@kura/wire/outside/reach.ts';
import {
  callWebhook,
  MIN_SECRET_CHARACTERS,
  parseWebhookUrl,
  WEBHOOK_DEADLINE_MS,
  type Webhook,
} from '@kura/wire/outside/webhook.ts';
import type { Hook } from './send-due-calls.ts';

export type WebhookSettings = NonNullable<CoordinatorConfig['webhook']>;

/** Throws `usage` for settings that make no sense, `missing` for files that are not there. */
export function openWebhook(
  { url, secretFile, authorities }: WebhookSettings,
  { networkId, clock }: { readonly networkId: string; readonly clock: AlarmClock },
): Hook {
  const webhook = { url: parseWebhookUrl(url), secret: secretIn(secretFile) };
  const ca = authorities === undefined ? undefined : readNamed(authorities, 'webhook');
  const nowMs = (): number => clock.nowMs();
  return {
    ...{ networkId, nowMs },
    call: (message) => callOut(webhook, message, { clock, authority: ca }),
  };
}

export interface Way {
  readonly clock: AlarmClock;
  /** PEM, believed in place of what the system trusts. */
  readonly authority?: string | undefined;
  /** Where it may lead, if a stranger says where. */
  readonly reach?: Reach | undefined;
}

/** Calls are hours apart: no connection is worth keeping. Throws as `callWebhook`. */
export async function callOut(
  webhook: Webhook,
  message: { readonly delivery: string; readonly body: string },
  way: Way,
): Promise<void> {
  const client = openOutsideClient({ connections: 1, deadlineMs: WEBHOOK_DEADLINE_MS, ...way });
  try {
    await callWebhook(webhook, { ...message, nowMs: way.clock.nowMs() }, client);
  } finally {
    client.close();
  }
}

function secretIn(file: string): string {
  const line = readNamed(file, 'webhook').split(/\r?\n/, 1)[0] ?? '';
  if (line.length >= MIN_SECRET_CHARACTERS) return line;
  throw new KuraError('usage', `${file} does not begin with a secret of a webhook`, {
    guidance: `Its first line has ${MIN_SECRET_CHARACTERS} characters or more: openssl rand -hex 32`,
  });
}

/** A file that a section of the configuration names. */
export function readNamed(file: string, section: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw asKuraError(error, `${file}, which the section "${section}" names, cannot be read`);
  }
}
