// A relay that obeys RFC 5321 to the letter, on a real socket, and some that do not.
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { KuraError } from '@kura/base';
import { ManualAlarmClock } from '@kura/testing';
import { parseMailAddress, parseRelay } from './mail-relay.ts';
import { sendMail } from './smtp.ts';
import { SMTP_STEP_MS } from './smtp-dialogue.ts';

interface Taken {
  readonly from: string;
  readonly to: string[];
  readonly message: string;
}

/** What the relay answers to a line; undefined: what the standard says. */
type Whim = (line: string) => string | undefined;

class Relay {
  readonly taken: Taken[] = [];
  readonly lines: string[] = [];
  readonly whim: Whim;
  /** Ends the connection instead of greeting. */
  readonly isRude: boolean;

  constructor(whim: Whim = () => undefined, isRude = false) {
    this.whim = whim;
    this.isRude = isRude;
  }

  serve(socket: Socket): void {
    if (this.isRude) {
      socket.destroy();
      return;
    }
    let text = '';
    let from = '';
    let to: string[] = [];
    let isData = false;
    const answer = (line: string): void => {
      this.lines.push(line);
      const said = this.whim(line);
      if (said !== undefined) return void socket.write(said);
      if (/^EHLO \S+$/.test(line)) return void socket.write('250-relay\r\n250 SIZE 1000000\r\n');
      const [, sender] = /^MAIL FROM:<(.*)>$/.exec(line) ?? [];
      const [, recipient] = /^RCPT TO:<(.*)>$/.exec(line) ?? [];
      if (sender !== undefined) from = sender;
      else if (recipient !== undefined && from !== '') to = [...to, recipient];
      else if (line === 'DATA' && to.length > 0) isData = true;
      else if (line === 'QUIT') return void socket.end('221 bye\r\n');
      else return void socket.write('503 not now\r\n');
      socket.write(isData ? '354 go on\r\n' : '250 OK\r\n');
    };
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      text += bytes.toString('utf8');
      for (;;) {
        const end = text.indexOf(isData ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        if (isData) {
          const message = `${text.slice(0, end)}\r\n`.replaceAll(/^\.\./gm, '.');
          this.taken.push({ from, to, message });
          text = text.slice(end + 5);
          isData = false;
          socket.write(this.whim('.') ?? '250 taken\r\n');
        } else {
          const line = text.slice(0, end);
          text = text.slice(end + 2);
          answer(line);
        }
      }
    });
    // In two pieces, as a network may bring it.
    socket.write('220 rel');
    socket.write('ay\r\n');
  }
}

async function withRelay(relay: Relay, work: (port: number) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    relay.serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  try {
    await work(address.port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

const MAIL = {
  from: 'kura@example.org',
  to: 'grace@example.org',
  message: 'Subject: x\r\n\r\n.\r\n..a line\r\nthe end\r\n',
};
const clock = new ManualAlarmClock();
const options = { helloName: 'kura.example.org', clock };
const relayAt = (port: number) => parseRelay(`smtp://127.0.0.1:${port}`);

const codeIs =
  (code: string, message = /./) =>
  (error: unknown): boolean =>
    error instanceof KuraError && error.code === code && message.test(error.message);

describe('mail', () => {
  test('a relay takes the message as it is, dots and all', async () => {
    const relay = new Relay();
    await withRelay(relay, (port) => sendMail(relayAt(port), MAIL, options));
    assert.deepEqual(relay.taken, [{ ...MAIL, to: [MAIL.to] }]);
    assert.deepEqual(relay.lines.at(-1), 'QUIT');
  });

  test('what will not pass is refused, what may pass is unreachable', async () => {
    const refusing = new Relay((line) => (line.startsWith('RCPT') ? '550 nobody\r\n' : undefined));
    await withRelay(refusing, (port) =>
      assert.rejects(sendMail(relayAt(port), MAIL, options), codeIs('refused', /550 nobody/)),
    );
    const full = new Relay((line) => (line === '.' ? '452 full\r\n' : undefined));
    await withRelay(full, (port) =>
      assert.rejects(sendMail(relayAt(port), MAIL, options), codeIs('unreachable', /452 full/)),
    );
    await withRelay(new Relay(undefined, true), (port) =>
      assert.rejects(sendMail(relayAt(port), MAIL, options), codeIs('unreachable')),
    );
    const nobody = sendMail(parseRelay('smtp://127.0.0.1:1'), MAIL, options);
    await assert.rejects(nobody, codeIs('unreachable', /cannot be reached/));
  });

  test('a relay that is silent, or talks without end, is given up', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const silent = new Relay((line) => {
      if (!line.startsWith('MAIL')) return undefined;
      resolve();
      return '';
    });
    await withRelay(silent, async (port) => {
      const late = assert.rejects(sendMail(relayAt(port), MAIL, options), codeIs('unreachable'));
      await asked;
      await clock.whenArmed(SMTP_STEP_MS);
      clock.advance(SMTP_STEP_MS);
      await late;
    });
    const talker = new Relay((line) =>
      line.startsWith('EHLO') ? '250-x\r\n'.repeat(4000) : undefined,
    );
    await withRelay(talker, (port) =>
      assert.rejects(sendMail(relayAt(port), MAIL, options), codeIs('corrupt')),
    );
  });

  test('an address cannot carry an order to the relay', () => {
    assert.equal(parseMailAddress('grace@example.org'), 'grace@example.org');
    const bad = ['grace', '@x', 'a@b@c', 'a b@c', 'a@b>\r\nDATA', 'a@b\0', '<a@b>', 'a@'];
    for (const text of bad) assert.throws(() => parseMailAddress(text), codeIs('usage'), text);
  });

  test('a relay is named by a URL', () => {
    assert.deepEqual(parseRelay('smtp://localhost'), { host: 'localhost', port: 25, isTls: false });
    assert.deepEqual(parseRelay('smtps://[::1]:1465'), { host: '::1', port: 1465, isTls: true });
    for (const text of ['localhost', 'http://x', 'smtp://']) {
      assert.throws(() => parseRelay(text), codeIs('usage'));
    }
  });
});
