// Goal: a certificate tells its owner what is in the vault, of whose word, and in which order; nobody changes one (E2).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { KuraError, memberId } from '@kura/base';
import { ed25519PublicKey } from '@kura/log';
import {
  COUNTERS,
  isLater,
  isOf,
  MAX_DIGEST_BYTES,
  nextCounter,
  openRegistration,
  type RegistrationCertificate,
  signRegistration,
} from './registration-certificate.ts';

const vaultSeed = new Uint8Array(32).fill(6);
const vaultKey = ed25519PublicKey(vaultSeed);
const valuable = new TextEncoder().encode('a ticket, sealed');
const certificate: RegistrationCertificate = {
  vaultId: 'cc'.repeat(16),
  ownerId: memberId('ab'.repeat(16)),
  counter: 7,
  hash: new Uint8Array(createHash('sha256').update(valuable).digest()),
  isEncrypted: true,
  issuedMs: Date.UTC(2026, 10, 21),
  digest: {
    ...{ kind: 'ticket', title: '能楽', count: '2 seats' },
    ...{ validity: '2026-12-24', place: 'Kanazawa' },
  },
};

const isRefused = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

describe('E2: a registration certificate', () => {
  it('says what the vault holds, and of which valuable it is', () => {
    const opened = openRegistration(signRegistration(certificate, vaultSeed), vaultKey);
    assert.deepEqual(opened, certificate);
    assert.ok(isOf(opened, valuable));
    assert.ok(!isOf(opened, new TextEncoder().encode('another')));
  });

  it('may have no digest, and none that is longer than its bound', () => {
    const silent = { ...certificate, digest: undefined };
    assert.deepEqual(openRegistration(signRegistration(silent, vaultSeed), vaultKey), silent);
    const title = 'x'.repeat(MAX_DIGEST_BYTES);
    const long = {
      ...certificate,
      digest: { kind: '', title, count: '', validity: '', place: '' },
    };
    assert.throws(() => signRegistration(long, vaultSeed), /at most 2048 bytes/);
  });

  it('is refused if a bit of it is another, if it is cut, or of another vault', () => {
    const good = signRegistration(certificate, vaultSeed);
    for (let at = 0; at < good.length; at++) {
      const bad = good.slice();
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
      assert.throws(() => openRegistration(bad, vaultKey), isRefused, `byte ${at}`);
    }
    assert.throws(() => openRegistration(good.subarray(1), vaultKey), isRefused);
    const other = ed25519PublicKey(new Uint8Array(32).fill(7));
    assert.throws(() => openRegistration(good, other), isRefused);
  });

  it('has a counter that rises, and goes on after the largest', () => {
    assert.equal(nextCounter(7), 8);
    assert.equal(nextCounter(COUNTERS - 1), 0);
    assert.ok(isLater(8, 7) && !isLater(7, 8) && !isLater(7, 7));
    assert.ok(isLater(0, COUNTERS - 1) && !isLater(COUNTERS - 1, 0));
  });
});
