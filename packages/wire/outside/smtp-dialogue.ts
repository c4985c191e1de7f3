// One conversation with a mail relay (RFC 5321), in clear or over TLS, with a deadline for each answer. Whoever
// speaks it knows what to say: `smtp.ts`.
import { isIP, connect as openTcp, type Socket } from 'node:net';
import { connect as openTls } from 'node:tls';
import { type AlarmClock, asKuraError, KuraError, SECOND_MS } from '@kura/base';
import type { MailRelay } from './mail-relay.ts';

export interface DialogueOptions {
  readonly clock: AlarmClock;
  readonly signal?: AbortSignal;
}

/** Of connecting, and of each answer. */
export const SMTP_STEP_MS = 30 * SECOND_MS;
/** RFC 5321 knows lines of 512; some relays have more to say. */
const MAX_ANSWER_BYTES = 16 * 1024;
const LAST_LINE = /^\d{3}(?: .*)?$/;
const PERMANENT = 500;

/** Complete answers of the relay, in their order. */
class Answers {
  readonly #waiting: ((answer: string | KuraError) => void)[] = [];
  readonly #ready: string[] = [];
  #text = '';
  #end: KuraError | undefined;
  #tellOver: (error: KuraError) => void = () => undefined;
  /** Why there will be no more of them. */
  readonly over = new Promise<KuraError>((resolve) => {
    this.#tellOver = resolve;
  });

  /** Nothing was said that nobody has heard, or asked for. */
  get isEmpty(): boolean {
    return this.#text === '' && this.#ready.length === 0;
  }

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
    this.#tellOver(this.#end);
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

export class Dialogue {
  readonly #relay: MailRelay;
  readonly #options: DialogueOptions;
  #socket: Socket;
  #answers = new Answers();

  constructor(relay: MailRelay, options: DialogueOptions) {
    const { host, port, isTls, ca } = relay;
    this.#relay = relay;
    this.#options = options;
    const place = { host, port };
    this.#socket = isTls ? openTls({ ...place, ...trust(host, ca) }) : openTcp(place);
    this.#listen();
    options.signal?.addEventListener('abort', this.#stop, { once: true });
  }

  #listen(): void {
    const answers = this.#answers;
    const name = `the mail relay ${this.#relay.host}:${this.#relay.port}`;
    this.#socket.on('data', (bytes: Buffer) => answers.take(bytes));
    this.#socket.on('error', (cause) => {
      const found = asKuraError(cause, `${name} cannot be reached`);
      answers.end(new KuraError('unreachable', found.message, { cause }));
    });
    this.#socket.on('close', () => {
      answers.end(new KuraError('unreachable', `${name} ended the connection`));
    });
  }

  /** After the relay has agreed to STARTTLS. What it said in clear before that does not count any more. */
  async secure(): Promise<void> {
    if (!this.#answers.isEmpty) {
      throw new KuraError('corrupt', 'the mail relay goes on in clear after STARTTLS');
    }
    const { host, ca } = this.#relay;
    const plain = this.#socket;
    plain.removeAllListeners('data');
    this.#answers = new Answers();
    const secured = openTls({ socket: plain, ...trust(host, ca) });
    this.#socket = secured;
    this.#listen();
    const answers = this.#answers;
    const connected = new Promise<undefined>((resolve) => {
      secured.once('secureConnect', () => resolve(undefined));
    });
    const failure = await this.#within('STARTTLS', () => Promise.race([connected, answers.over]));
    if (failure !== undefined) throw failure;
  }

  #stop = (): void => {
    this.#answers.end(new KuraError('interrupted', 'stopped while sending mail'));
    this.#socket.destroy();
  };

  /** Its lines, without their code. Throws `unreachable` for what may pass, `refused` for what will not. */
  expect(wanted: number, what: string): Promise<readonly string[]> {
    return this.#within(what, async () => {
      const lines = (await this.#answers.next()).split('\r\n');
      const code = Number(lines[0]?.slice(0, 3));
      if (Math.floor(code / 100) === Math.floor(wanted / 100)) {
        return lines.map((line) => line.slice(4));
      }
      throw new KuraError(
        code >= PERMANENT ? 'refused' : 'unreachable',
        `the mail relay answers to ${what}: ${lines[0]?.slice(0, 200)}`,
      );
    });
  }

  async #within<T>(what: string, work: () => Promise<T>): Promise<T> {
    const answers = this.#answers;
    const disarm = this.#options.clock.after(SMTP_STEP_MS, () => {
      answers.end(new KuraError('unreachable', `the mail relay did not answer to ${what}`));
    });
    return work().finally(disarm);
  }

  ask(line: string, wanted: number, what: string): Promise<readonly string[]> {
    this.#socket.write(`${line}\r\n`);
    return this.expect(wanted, what);
  }

  end(): void {
    this.#options.signal?.removeEventListener('abort', this.#stop);
    this.#socket.destroy();
  }
}

/** Whose certificate a relay has to show; `ca`: judged by these alone, not by the system's authorities. */
function trust(host: string, ca: string | undefined) {
  return { host, servername: isIP(host) === 0 ? host : '', ...(ca === undefined ? {} : { ca }) };
}
