import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '@kura/testing';
import { JsonLog, redact } from './log.ts';

const TICKET = `kt1.${'A'.repeat(226)}`;
const TOKEN = 'kura-invite:c.example.org:7443#AAAABBBBCCCC';
const KEY = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----';

function logged(level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const log = new JsonLog({
    program: 'store',
    clock: new ManualClock(),
    level,
    write: (line) => lines.push(line),
  });
  return { log, lines };
}

describe('log', () => {
  it('D17: is one JSON object a line, with time, level, program and event', () => {
    const { log, lines } = logged();
    log.event('info', 'request', { endpoint: 'receiveCopy', sizeBytes: 7 });
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      [
        {
          time: '2026-01-01T00:00:00.000Z',
          level: 'info',
          program: 'store',
          event: 'request',
          endpoint: 'receiveCopy',
          sizeBytes: 7,
        },
      ],
    );
  });

  it('D17: drops fields that nobody listed, and cuts ids of members', () => {
    const { log, lines } = logged();
    log.event('info', 'request', { member: 'ab'.repeat(16), passphrase: 'x', file: '/home/a' });
    const line = JSON.parse(lines[0] ?? '');
    assert.equal(line.member, 'abababab');
    assert.equal('passphrase' in line || 'file' in line, false);
  });

  it('D17: shows no ticket, grant, token, key or password, wherever it turns up', () => {
    const { log, lines } = logged();
    for (const secret of [TICKET, TICKET.replace('kt1', 'kg1'), TOKEN, KEY]) {
      log.event('error', `failed ${secret}`, { why: `because of ${secret} and so on` });
    }
    log.event('error', 'failed', { why: 'postgres://kura:geheim@db/kura is away' });
    const text = lines.join('');
    for (const secret of ['AAAA', 'MIGHAgEAMBMG', 'geheim']) {
      assert.ok(!text.includes(secret), secret);
    }
    assert.match(text, /and so on/);
  });

  it('keeps a stranger’s text on its line and short', () => {
    const { log, lines } = logged();
    log.event('info', 'request', { why: `one\ntwo${'x'.repeat(10_000)}` });
    assert.equal(lines[0]?.split('\n').length, 2);
    assert.equal(redact('x'.repeat(10_000)).length, 512);
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = logged('info');
    log.event('debug', 'detail');
    assert.equal(lines.length, 0);
  });
});
