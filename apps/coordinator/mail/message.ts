// A message of the inbox as mail: the same facts, as text. No key is ever in one.
import type { InboxKind } from '../inbox/inbox.ts';

const SUBJECTS: Readonly<Record<InboxKind, string>> = {
  stored: 'a backup is stored',
  failed: 'a backup has failed',
  moved: 'copies have moved',
  incident: 'something happened to a copy',
  contract: 'your contract',
  device: 'your devices',
};

export interface Letter {
  readonly from: string;
  readonly to: string;
  readonly kind: InboxKind;
  /** A JSON object. */
  readonly body: string;
  readonly madeMs: number;
  /** The same for every try, so that a mail that came twice can be told. */
  readonly messageId: string;
}

const LINE_CHARACTERS = 76;

/** Lines of "name: value". */
export function bodyText(body: string): string {
  const facts = Object.entries(JSON.parse(body) as Record<string, unknown>);
  return facts
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${String(value)}\n`)
    .join('');
}

/** Head and body, lines ending in CR LF. The body is base64: no byte of it can be taken for an order. */
export function writeLetter({ from, to, kind, body, madeMs, messageId }: Letter): string {
  const encoded = Buffer.from(bodyText(body), 'utf8').toString('base64');
  const lines = encoded.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g')) ?? [];
  return [
    `From: Kura <${from}>`,
    `To: <${to}>`,
    `Subject: Kura: ${SUBJECTS[kind]}`,
    `Date: ${new Date(madeMs).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${messageId}>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    ...lines,
    '',
  ].join('\r\n');
}
