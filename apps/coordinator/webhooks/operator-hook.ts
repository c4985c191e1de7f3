// The operator's webhook, as the coordinator's file names it: it hears of incidents.
import { type AlarmClock, KuraError } from '@kura/base';
import type { CoordinatorConfig } from '@kura/daemon';
import { MIN_SECRET_CHARACTERS, parseWebhookUrl } from '@kura/wire/outside/webhook.ts';
import { callOut, type Hook, readNamed } from './call-out.ts';

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

function secretIn(file: string): string {
  const line = readNamed(file, 'webhook').split(/\r?\n/, 1)[0] ?? '';
  if (line.length >= MIN_SECRET_CHARACTERS) return line;
  throw new KuraError('usage', `${file} does not begin with a secret of a webhook`, {
    guidance: `Its first line has ${MIN_SECRET_CHARACTERS} characters or more: openssl rand -hex 32`,
  });
}
