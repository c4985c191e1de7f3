// Hands one message to a mail relay (RFC 5321): `smtp://` to one on this machine or in a network of one's own,
// `smtps://` over TLS, judged by the system's authorities. No login: a relay knows whom it relays for.
import { connect as openTcp, type Socket } from 'node:net';
import { connect as openTls } from 'node:tls';
import { type AlarmClock, asKuraError, assert, KuraError, SECOND_MS } from '@kura/base';

export interface MailRelay {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

export interface OutgoingMail {
  /** Addresses without a name: "kura@example.org". */
  readonly from: string;
  readonly to: string;
  /** Head and body as they are sent, lines ending in CR LF, at most 998 characters each. */
  readonly message: string;
}

export interface SmtpOptions {
  /** How this machine names itself. */
  readonly helloName: string;
  readonly clock: AlarmClock;
  readonly signal?: AbortSignal;
}

/** Of connecting, and of each answer. */
export const SMTP_STEP_MS = 30 * SECOND_MS;
/** RFC 5321 knows lines of 512; some relays have more to say. */
const MAX_ANSWER_BYTES = 16 * 1024;
const PORTS = { 'smtp:': 25, 'smtps:': 465 } as const;
const ADDRESS = /^[^\s<>"@\p{Cc}]{1,64}@[^\s<>"@\p{Cc}]{1,189}$/u;
const LAST_LINE = /^\d{3}(?: .*)?$/;
const PERMANENT = 500;

/** Without a name: "grace@example.org". Throws `usage`. */
export function parseMailAddress(text: string): string {
  if (ADDRESS.test(text)) return text;
  throw new KuraError('usage', `"${text.slice(0, 80)}" is no mail address`, {
    guidance: 'Write it without a name: grace@example.org',
  });
}

/** Throws `usage` unless it is "smtp://host[:port]" or "smtps://host[:port]". */
export function parseRelay(text: string): MailRelay {
  const url = URL.parse(text);
  const isKnown = url?.protocol === 'smtp:' || url?.protocol === 'smtps:';
  if (url === null || !isKnown || url.hostname === '') {
    throw new KuraError('usage', `"${text.slice(0, 80)}" is no mail relay`, {
      guidance: 'Write smtp://host:25, or smtps://host:465 for TLS.',
    });
  }
  const protocol = url.protocol as keyof typeof PORTS;
  const port = url.port === '' ? PORTS[protocol] : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, isTls: protocol === 'smtps:' };
}

/** Complete answers of the relay, in their order. */
class Answers {
  readonly #waiting: ((answer: string | KuraError) => void)[] = [];
  readonly #ready: string[] = [];
  #text = '';
  #end: KuraError | undefined;

  take(bytes: Buffer): void {
    this.#text += bytes.toString('latin1');
    if (this.#text.length > MAX_ANSWER_BYTES) {
      this.end(new KuraError('corrupt', 'the mail relay talks without end'));
    }
    for (let end = this.#answerEnd(); end !== undefined; end = this.#answerEnd()) {
      this.#give(this.#text.slice(0, end).trimEnd());
      this.#text = this.#text.slice(end);
    }
  }

  /** "250-one\r\n250 two\r\n": the last line has no hyphen. */
  #answerEnd(): number | undefined {
    let at = 0;
    for (;;) {
      const end = this.#text.indexOf('\r\n', at);
      if (end < 0) return undefined;
      if (LAST_LINE.test(this.#text.slice(at, end))) return end + 2;
      at = end + 2;
    }
  }

  #give(answer: string): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#ready.push(answer);
    else waiting(answer);
  }

  end(error: KuraError): void {
    this.#end ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting(this.#end);
  }

  next(): Promise<string> {
    return new Promise((resolve, reject) => {
      const ready = this.#ready.shift();
      if (ready !== undefined) resolve(ready);
      else if (this.#end !== undefined) reject(this.#end);
      else {
        this.#waiting.push((answer) => {
          if (typeof answer === 'string') resolve(answer);
          else reject(answer);
        });
      }
    });
  }
}

class Dialogue {
  readonly #socket: Socket;
  readonly #answers = new Answers();
  readonly #options: SmtpOptions;

  constructor(relay: MailRelay, options: SmtpOptions) {
    const { host, port, isTls } = relay;
    this.#options = options;
    this.#socket = isTls ? openTls({ host, port, servername: host }) : openTcp({ host, port });
    const name = `the mail relay ${host}:${port}`;
    this.#socket.on('data', (bytes: Buffer) => this.#answers.take(bytes));
    this.#socket.on('error', (cause) => {
      const found = asKuraError(cause, `${name} cannot be reached`);
      this.#answers.end(new KuraError('unreachable', found.message, { cause }));
    });
    this.#socket.on('close', () => {
      this.#answers.end(new KuraError('unreachable', `${name} ended the connection`));
    });
    options.signal?.addEventListener('abort', this.#stop, { once: true });
  }

  #stop = (): void => {
    this.#answers.end(new KuraError('interrupted', 'stopped while sending mail'));
    this.#socket.destroy();
  };

  /** Throws `unreachable` for what may pass, `refused` for what will not. */
  async expect(wanted: number, what: string): Promise<void> {
    const disarm = this.#options.clock.after(SMTP_STEP_MS, () => {
      this.#answers.end(new KuraError('unreachable', `the mail relay did not answer to ${what}`));
    });
    try {
      const answer = await this.#answers.next();
      const code = Number(answer.slice(0, 3));
      if (Math.floor(code / 100) === Math.floor(wanted / 100)) return;
      throw new KuraError(
        code >= PERMANENT ? 'refused' : 'unreachable',
        `the mail relay answers to ${what}: ${answer.split('\r\n')[0]?.slice(0, 200)}`,
      );
    } finally {
      disarm();
    }
  }

  async ask(line: string, wanted: number, what: string): Promise<void> {
    this.#socket.write(`${line}\r\n`);
    await this.expect(wanted, what);
  }

  end(): void {
    this.#options.signal?.removeEventListener('abort', this.#stop);
    this.#socket.destroy();
  }
}

/** Resolves when the relay has taken the message. Throws `unreachable`, `refused`, `corrupt`, `interrupted`. */
export async function sendMail(
  relay: MailRelay,
  mail: OutgoingMail,
  options: SmtpOptions,
): Promise<void> {
  const { from, to, message } = mail;
  assert(ADDRESS.test(from) && ADDRESS.test(to), 'addresses were checked where they came in');
  assert(message.endsWith('\r\n') && !/(?<!\r)\n/.test(message), 'lines end in CR LF');
  const dialogue = new Dialogue(relay, options);
  try {
    await dialogue.expect(220, 'the connection');
    await dialogue.ask(`EHLO ${options.helloName}`, 250, 'EHLO');
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
