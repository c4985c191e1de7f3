// A message of the inbox as mail: the same facts, as text, and the receipt that belongs to it as a file (row A16).
// No key is ever in one.
import { createHash } from 'node:crypto';
import type { InboxKind } from '../db/inbox-tables.ts';

const SUBJECTS: Readonly<Record<InboxKind, string>> = {
  stored: 'a backup is stored',
  failed: 'a backup has failed',
  moved: 'copies have moved',
  incident: 'something happened to a copy',
  contract: 'your contract',
  device: 'your devices',
  webhook: 'your webhook',
  statement: 'your statement',
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
  readonly attachment?: Attachment | undefined;
}

export interface Attachment {
  /** Of letters, digits, dots and dashes. */
  readonly fileName: string;
  /** JSON. */
  readonly text: string;
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

/**
 * Head and body, lines ending in CR LF. Bodies are base64: no byte of them can be taken for an order, or for a
 * boundary.
 */
export function writeLetter(letter: Letter): string {
  const { from, to, kind, body, madeMs, messageId, attachment } = letter;
  const head = [
    `From: Kura <${from}>`,
    `To: <${to}>`,
    `Subject: Kura: ${SUBJECTS[kind]}`,
    `Date: ${new Date(madeMs).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${messageId}>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
  ];
  const text = part('Content-Type: text/plain; charset=utf-8', bodyText(body));
  if (attachment === undefined) return [...head, ...text].join('\r\n');
  const boundary = `kura-${createHash('sha256').update(messageId).digest('hex').slice(0, 32)}`;
  const file = part(
    'Content-Type: application/json',
    attachment.text,
    `Content-Disposition: attachment; filename="${attachment.fileName}"`,
  );
  return [
    ...head,
    'Content-Type: multipart/mixed;',
    ` boundary="${boundary}"`,
    '',
    `--${boundary}`,
    ...text,
    `--${boundary}`,
    ...file,
    `--${boundary}--`,
    '',
  ].join('\r\n');
}

/** Its head, an empty line, and the text in base64. */
function part(contentType: string, text: string, ...more: readonly string[]): readonly string[] {
  const encoded = Buffer.from(text, 'utf8').toString('base64');
  const lines = encoded.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g')) ?? [];
  return [contentType, ...more, 'Content-Transfer-Encoding: base64', '', ...lines, ''];
}
