// Hands one message to a mail relay (RFC 5321): in clear to one on this machine or in a network of one's own; over
// TLS from the first byte, or after STARTTLS (RFC 3207), to any other. Whom it relays for, a relay knows by
// address, or by a login (RFC 4954), which goes over TLS only.
import { assert, KuraError } from '@kura/base';
import { MAIL_ADDRESS, type MailRelay } from './mail-relay.ts';
import { Dialogue, type DialogueOptions } from './smtp-dialogue.ts';

export interface OutgoingMail {
  /** Addresses without a name: "kura@example.org". */
  readonly from: string;
  readonly to: string;
  /** Head and body as they are sent, lines ending in CR LF, at most 998 characters each. */
  readonly message: string;
}

export interface SmtpOptions extends DialogueOptions {
  /** How this machine names itself. */
  readonly helloName: string;
}

/** Resolves when the relay has taken the message. Throws `unreachable`, `refused`, `corrupt`, `interrupted`. */
export async function sendMail(
  relay: MailRelay,
  mail: OutgoingMail,
  options: SmtpOptions,
): Promise<void> {
  const { from, to, message } = mail;
  assert(MAIL_ADDRESS.test(from) && MAIL_ADDRESS.test(to), 'addresses were checked before');
  assert(message.endsWith('\r\n') && !/(?<!\r)\n/.test(message), 'lines end in CR LF');
  const dialogue = new Dialogue(relay, options);
  try {
    await introduce(dialogue, relay, options);
    await dialogue.ask(`MAIL FROM:<${from}>`, 250, 'the sender');
    await dialogue.ask(`RCPT TO:<${to}>`, 250, 'the recipient');
    await dialogue.ask('DATA', 354, 'DATA');
    // A line that begins with a dot gets another one, or it could be the end.
    await dialogue.ask(`${message.replaceAll(/^\./gm, '..')}.`, 250, 'the message');
    await dialogue.ask('QUIT', 221, 'QUIT').catch(() => undefined); // it has the message
  } finally {
    dialogue.end();
  }
}

async function introduce(
  dialogue: Dialogue,
  { isTls, startTls = false, login }: MailRelay,
  { helloName }: SmtpOptions,
): Promise<void> {
  const hello = (): Promise<readonly string[]> => dialogue.ask(`EHLO ${helloName}`, 250, 'EHLO');
  await dialogue.expect(220, 'the connection');
  let offered = await hello();
  if (startTls) {
    // Whoever stands between could have taken the offer away: without TLS nothing is said.
    if (!offered.includes('STARTTLS')) throw notOffered('STARTTLS');
    await dialogue.ask('STARTTLS', 220, 'STARTTLS');
    await dialogue.secure();
    offered = await hello();
  }
  if (login === undefined) return;
  assert(isTls || startTls, 'a password goes over TLS only');
  await logIn(dialogue, offered, login);
}

function notOffered(what: string): KuraError {
  return new KuraError('unreachable', `the mail relay does not offer ${what}`);
}

type Login = NonNullable<MailRelay['login']>;

async function logIn(
  dialogue: Dialogue,
  offered: readonly string[],
  { user, password }: Login,
): Promise<void> {
  const ways = offered.find((line) => /^AUTH[ =]/i.test(line))?.toUpperCase() ?? '';
  try {
    if (/\bPLAIN\b/.test(ways)) {
      await dialogue.ask(`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`, 235, 'the login');
    } else if (/\bLOGIN\b/.test(ways)) {
      await dialogue.ask('AUTH LOGIN', 334, 'the login');
      await dialogue.ask(base64(user), 334, 'the login');
      await dialogue.ask(base64(password), 235, 'the login');
    } else {
      throw notOffered('AUTH PLAIN or AUTH LOGIN');
    }
  } catch (error) {
    if (!(error instanceof KuraError && error.code === 'refused')) throw error;
    // No fault of the message: it goes out when the login is right.
    throw new KuraError('unreachable', error.message, { cause: error });
  }
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
