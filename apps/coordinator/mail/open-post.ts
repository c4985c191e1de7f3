// The post of a coordinator, as its file names it: relay, login, and who judges the relay's certificate.
import { readFileSync } from 'node:fs';
import { type AlarmClock, asKuraError, KuraError } from '@kura/base';
import type { CoordinatorConfig } from '@kura/daemon';
import { type MailRelay, parseMailAddress, parseRelay } from '@kura/wire/outside/mail-relay.ts';
import { sendMail } from '@kura/wire/outside/smtp.ts';
import type { Post } from './send-due.ts';

export type MailSettings = NonNullable<CoordinatorConfig['mail']>;

export interface PostParts {
  readonly networkId: string;
  readonly clock: AlarmClock;
}

/** Throws `usage` for settings that make no sense, `missing` for files that are not there. */
export function openPost(settings: MailSettings, { networkId, clock }: PostParts): Post {
  const from = parseMailAddress(settings.from);
  const relay = relayOf(settings);
  const helloName = from.slice(from.lastIndexOf('@') + 1);
  return {
    ...{ from, networkId },
    nowMs: () => clock.nowMs(),
    send: (letter) => sendMail(relay, letter, { helloName, clock }),
  };
}

function relayOf(settings: MailSettings): MailRelay {
  const { relay, starttls: startTls, user, passwordFile, authorities } = settings;
  const named = { ...parseRelay(relay), startTls };
  return {
    ...named,
    ca: authorities === undefined ? undefined : read(authorities),
    login:
      user === undefined || passwordFile === undefined
        ? undefined
        : { user, password: firstLine(read(passwordFile), passwordFile) },
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw asKuraError(error, `${file}, which the section "mail" names, cannot be read`);
  }
}

function firstLine(text: string, file: string): string {
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  if (line !== '') return line;
  throw new KuraError('usage', `${file} does not begin with a password`);
}
