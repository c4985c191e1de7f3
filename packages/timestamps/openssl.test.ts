// Goal: stamps of others are read as they are written: tokens that OpenSSL made (vectors/timestamps), with keys and
// attributes that Kura's own authority does not use (D16).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import { readAnswer } from './answer.ts';
import { readAuthorities } from './chain.ts';
import { parseRequest } from './request.ts';
import { verifyTimestamp } from './verify.ts';

interface Vectors {
  readonly stamped: string;
  readonly authority: string;
  readonly request: string;
  readonly answers: readonly {
    readonly name: string;
    readonly answer: string;
    readonly timeMs: number;
    readonly accuracyMs: number;
    readonly policy: string;
  }[];
  readonly declined: string;
}

const file = new URL('../../vectors/timestamps/openssl.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));
const imprint = new Uint8Array(createHash('sha256').update(vectors.stamped).digest());
const authorities = readAuthorities(vectors.authority);

for (const { name, answer, ...expected } of vectors.answers) {
  test(`D16: a stamp of OpenSSL is believed under its authority: ${name}`, () => {
    const token = readAnswer(bytes(answer));
    const { timeMs, accuracyMs, policy } = verifyTimestamp(token, { imprint, authorities });
    assert.deepEqual({ timeMs, accuracyMs, policy }, expected);
    const later = { imprint: createHash('sha256').update('other').digest(), authorities };
    assert.throws(() => verifyTimestamp(token, later), /something else/);
    assert.throws(() => verifyTimestamp(token, { imprint, authorities: [] }), /no authority/);
  });
}

test('D16: an authority that declines is quoted, and a request of others is read', () => {
  assert.throws(
    () => readAnswer(bytes(vectors.declined)),
    (error) => error instanceof KuraError && /algorithm is not supported/.test(error.message),
  );
  assert.deepEqual(parseRequest(bytes(vectors.request)).imprint, imprint);
});
