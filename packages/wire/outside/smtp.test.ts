// Goal: a message reaches a relay as it is, over real sockets, and nothing is said in clear that should not be.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KuraError, systemClock, systemRandom } from '@kura/base';
import { foundAuthority, issue, newRequest } from '@kura/certificates';
import { ManualAlarmClock } from '@kura/testing';
import { parseMailAddress, parseRelay } from './mail-relay.ts';
import { sendMail } from './smtp.ts';
import { SMTP_STEP_MS } from './smtp-dialogue.ts';
import { type RelayOptions, TestRelay } from './test-relay.ts';

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
    const relay = new TestRelay();
    await relay.during((port) => sendMail(relayAt(port), MAIL, options));
    assert.deepEqual(relay.taken, [{ ...MAIL, to: [MAIL.to] }]);
    assert.deepEqual(relay.lines.at(-1)?.line, 'QUIT');
  });

  test('what will not pass is refused, what may pass is unreachable', async () => {
    const refusing = new TestRelay({
      whim: (line) => (line.startsWith('RCPT') ? '550 nobody\r\n' : undefined),
    });
    await refusing.during((port) =>
      assert.rejects(sendMail(relayAt(port), MAIL, options), codeIs('refused', /550 nobody/)),
    );
    const full = new TestRelay({ whim: (line) => (line === '.' ? '452 full\r\n' : undefined) });
    await full.during((port) =>
      assert.rejects(sendMail(relayAt(port), MAIL, options), codeIs('unreachable', /452 full/)),
    );
    await new TestRelay({ isRude: true }).during((port) =>
      assert.rejects(sendMail(relayAt(port), MAIL, options), codeIs('unreachable')),
    );
    const nobody = sendMail(parseRelay('smtp://127.0.0.1:1'), MAIL, options);
    await assert.rejects(nobody, codeIs('unreachable', /cannot be reached/));
  });

  test('a relay that is silent, or talks without end, is given up', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const silent = new TestRelay({
      whim: (line) => {
        if (!line.startsWith('MAIL')) return undefined;
        resolve();
        return '';
      },
    });
    await silent.during(async (port) => {
      const late = assert.rejects(sendMail(relayAt(port), MAIL, options), codeIs('unreachable'));
      await asked;
      await clock.whenArmed(SMTP_STEP_MS);
      clock.advance(SMTP_STEP_MS);
      await late;
    });
    const talker = new TestRelay({
      whim: (line) => (line.startsWith('EHLO') ? '250-x\r\n'.repeat(4000) : undefined),
    });
    await talker.during((port) =>
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

describe('mail over TLS', () => {
  const nowMs = systemClock.nowMs();
  const authority = foundAuthority('ab'.repeat(16), { nowMs, random: systemRandom });
  const { keyPem: key, request } = newRequest(systemRandom);
  const certificateFor = (hosts: readonly string[]): string =>
    issue(authority, {
      ...{ request, hosts, nowMs, random: systemRandom },
      name: { role: 'gateway', network: 'ab'.repeat(16), id: '9a'.repeat(16) },
    });
  const tls = { key, cert: certificateFor(['127.0.0.1']) };
  const ca = authority.certificatePem;
  const user = 'kura';
  const password = 'pass word';
  const login = { user, password };
  const securely = (port: number) => ({ ...relayAt(port), startTls: true, ca, login });

  for (const way of ['PLAIN', 'LOGIN'] as const) {
    test(`C12: after STARTTLS and a login (${way}) the relay takes the message`, async () => {
      const relay = new TestRelay({ tls, login: { way, ...login } });
      await relay.during((port) => sendMail(securely(port), MAIL, options));
      assert.deepEqual(relay.taken, [{ ...MAIL, to: [MAIL.to] }]);
      const inClear = relay.lines.filter(({ isSecret }) => !isSecret).map(({ line }) => line);
      assert.deepEqual(inClear, ['EHLO kura.example.org', 'STARTTLS']);
    });
  }

  const refusals: readonly [what: string, given: RelayOptions, message: RegExp][] = [
    ['that does not offer TLS', {}, /does not offer STARTTLS/],
    ['that agrees to TLS and goes on in clear', { tls, whim: inClear }, /in clear|cannot be/],
    ['of another authority', { tls: otherTls() }, /cannot be reached/],
    [
      'of another name',
      { tls: { key, cert: certificateFor(['relay.test']) } },
      /cannot be reached/,
    ],
    ['without logins', { tls }, /does not offer AUTH/],
  ];
  for (const [what, given, message] of refusals) {
    test(`a relay ${what} is told nothing, and asked again later`, async () => {
      const relay = new TestRelay(given);
      await relay.during((port) =>
        assert.rejects(sendMail(securely(port), MAIL, options), (error: unknown) => {
          assert.ok(error instanceof KuraError, String(error));
          assert.ok(['unreachable', 'corrupt'].includes(error.code), error.code);
          assert.match(error.message, message);
          return true;
        }),
      );
      assert.ok(relay.lines.every(({ line }) => !/^(?:AUTH|MAIL)/.test(line)));
    });
  }

  test('a wrong password is no fault of the message: it is tried again', async () => {
    const relay = new TestRelay({ tls, login: { way: 'PLAIN', user, password: 'another' } });
    await relay.during((port) =>
      assert.rejects(sendMail(securely(port), MAIL, options), codeIs('unreachable', /535/)),
    );
    assert.deepEqual(relay.taken, []);
  });

  /** What a stranger in between would slip in before TLS begins. */
  function inClear(line: string): string | undefined {
    return line === 'STARTTLS' ? '220 go on\r\n250-AUTH PLAIN\r\n250 x\r\n' : undefined;
  }

  function otherTls(): NonNullable<RelayOptions['tls']> {
    const other = foundAuthority('cd'.repeat(16), { nowMs, random: systemRandom });
    const name = { role: 'gateway', network: 'cd'.repeat(16), id: '9a'.repeat(16) } as const;
    const hosts = ['127.0.0.1'];
    return { key, cert: issue(other, { request, hosts, nowMs, random: systemRandom, name }) };
  }
});
