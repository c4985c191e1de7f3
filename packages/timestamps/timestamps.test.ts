// Goal: a stamp is believed only for exactly what was stamped, by an authority that was put in place, with a
// certificate made for it; and whatever a stranger sends ends in a refusal, soon, and in nothing else (D16).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { DAY_MS, type ErrorCode, KuraError, type Random } from '@kura/base';
import {
  type Authority,
  foundAuthority,
  issueTimestamper,
  newKey,
  readKey,
} from '@kura/certificates';
import { encodeAnswer, readAnswer } from './answer.ts';
import { readAuthorities } from './chain.ts';
import { issueToken, type Timestamper } from './issue.ts';
import { encodeRequest, newNonce, parseRequest } from './request.ts';
import { verifyTimestamp } from './verify.ts';

const NOW = Date.UTC(2026, 10, 21, 17, 0, 0, 120);

class Counted implements Random {
  #count = 0;
  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count);
    for (let at = 0; at < count; at += 32) {
      const block = createHash('sha256')
        .update(`timestamps ${this.#count++}`)
        .digest();
      out.set(block.subarray(0, Math.min(32, count - at)), at);
    }
    return out;
  }
  below(limit: number): number {
    return new DataView(this.bytes(4).buffer).getUint32(0) % limit;
  }
}

const random = new Counted();
const network: Authority = foundAuthority('a network', { nowMs: NOW - DAY_MS, random });
const other: Authority = foundAuthority('another', { nowMs: NOW - DAY_MS, random });
const trusted = readAuthorities(network.certificatePem);
const imprint = random.bytes(32);
const nonce = newNonce(random.bytes(8));

function timestamper(authority = network, nowMs = NOW): Timestamper {
  const key = newKey(random);
  return { key, certificatePem: issueTimestamper(authority, { key, nowMs, random }) };
}

function token(by = timestamper(), timeMs = NOW): Uint8Array {
  return issueToken(by, { imprint, nonce }, { timeMs, serial: random.bytes(16) });
}

function refused(why: RegExp, code: ErrorCode = 'refused') {
  return (error: unknown): boolean => {
    assert.ok(error instanceof KuraError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, why);
    return true;
  };
}

test('D16: a stamp says what was there when, by whose word', () => {
  const request = parseRequest(encodeRequest({ imprint, nonce }));
  assert.deepEqual(request, { imprint, nonce });
  const answer = encodeAnswer(
    issueToken(timestamper(), request, { timeMs: NOW, serial: random.bytes(16) }),
  );
  const stamp = verifyTimestamp(readAnswer(answer), { imprint, authorities: trusted, nonce });
  assert.equal(stamp.timeMs, NOW);
  assert.equal(stamp.accuracyMs, 1000);
  assert.match(stamp.authority.subject, /a network/);
});

test('D16: one of something else, of another request or of a stranger is refused', () => {
  const question = { imprint, authorities: trusted, nonce };
  const wrong = random.bytes(32);
  assert.throws(
    () => verifyTimestamp(token(), { ...question, imprint: wrong }),
    refused(/something else/),
  );
  assert.throws(
    () => verifyTimestamp(token(), { ...question, nonce: 5n }),
    refused(/another request/),
  );
  assert.throws(
    () => verifyTimestamp(token(timestamper(other)), question),
    refused(/no authority/),
  );
  assert.throws(
    () => verifyTimestamp(token(timestamper(), NOW + 400 * DAY_MS), question),
    refused(/not good at that time/),
  );
});

test('D16: a certificate that was not made for timestamps stamps nothing', () => {
  const rogue = { key: readKey(network.keyPem), certificatePem: network.certificatePem };
  const question = { imprint, authorities: trusted, nonce };
  assert.throws(() => verifyTimestamp(token(rogue), question), refused(/not made for timestamps/));
});

test('D16: every flipped bit of a stamp is seen, and every beginning of it refused', () => {
  const question = { imprint, authorities: trusted, nonce };
  const good = token();
  verifyTimestamp(good, question);
  for (let at = 0; at < good.length; at++) {
    const bad = good.slice();
    bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
    assert.throws(() => verifyTimestamp(bad, question), refused(/./), `byte ${at}`);
    assert.throws(() => verifyTimestamp(good.subarray(0, at), question), refused(/./));
  }
});

test('D16: nonsense of every length is refused, never anything else', () => {
  const question = { imprint, authorities: trusted };
  for (let size = 0; size < 400; size++) {
    assert.throws(() => verifyTimestamp(random.bytes(size), question), refused(/./));
    assert.throws(() => readAnswer(random.bytes(size)), refused(/./));
    assert.throws(() => parseRequest(random.bytes(size)), refused(/./));
  }
  // As deep as it likes: nothing recurses.
  const nested = new Uint8Array(60_000).fill(0x30);
  assert.throws(() => verifyTimestamp(nested, question), refused(/./));
});
