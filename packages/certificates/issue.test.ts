import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import { NAMES, NOW_MS, TestAuthority } from './fixtures.ts';
import { hostName } from './hosts.ts';
import { issue, MAX_HOSTS } from './issue.ts';
import { newRequest } from './request.ts';

const authority = new TestAuthority();

test('a certificate has the key of its request and nothing else of it', () => {
  const { random } = authority;
  const { keyPem, request } = newRequest(random);
  const pem = issue(authority.authority, {
    ...{ request, name: NAMES.store, nowMs: NOW_MS, random },
    hosts: ['store.example.org', '192.0.2.7', '2001:db8::1'],
  });
  const certificate = new X509Certificate(pem);
  assert.ok(certificate.verify(authority.root.publicKey));
  assert.equal(certificate.subject, `CN=${NAMES.store.store}`);
  assert.equal(certificate.issuer, authority.root.subject);
  assert.equal(certificate.ca, false);
  assert.equal(
    certificate.subjectAltName,
    `URI:kura://${NAMES.store.network}/store/${NAMES.store.store}, DNS:store.example.org, ` +
      'IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:1',
  );
  assert.ok(keyPem.includes('PRIVATE KEY'));
});

test('devices and operators are clients only, listeners are both', () => {
  const uses = (certificate: X509Certificate) => certificate.keyUsage?.toSorted();
  const [server, client] = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];
  assert.deepEqual(uses(authority.issue(NAMES.device)), [client]);
  assert.deepEqual(uses(authority.issue(NAMES.operator)), [client]);
  assert.deepEqual(uses(authority.issue(NAMES.store)), [server, client]);
  assert.deepEqual(uses(authority.issue(NAMES.gateway)), [server, client]);
});

test('serials are 16 bytes, positive, and never the same', () => {
  const serials = new Set<string>();
  for (let count = 0; count < 200; count++) {
    const { serialNumber } = authority.issue(NAMES.device);
    assert.match(serialNumber, /^[4-7][0-9A-F]{31}$/);
    serials.add(serialNumber);
  }
  assert.equal(serials.size, 200);
});

test('dates beyond 2049 are written as X.509 asks', () => {
  const nowMs = Date.UTC(2055, 0, 2, 3, 4, 5);
  const certificate = authority.issue(NAMES.device, { nowMs });
  assert.equal(certificate.validFromDate.toISOString(), '2055-01-02T02:04:05.000Z');
});

test('what is no host is refused, and so are too many', () => {
  const good = ['a', 'a-b.example', '10.0.0.1', '::', '::1', 'fe80::1:2', '1:2:3:4:5:6:7:8'];
  for (const host of good) assert.ok(hostName(host).length > 2, host);
  const bad = ['', 'a b', 'A', '-a', 'a..b', '256.1.1.1', ':', '1::2::3', '1:2', '12345::', 'a/b'];
  for (const host of bad) {
    const refused = (error: unknown) => error instanceof KuraError && error.code === 'usage';
    assert.throws(() => hostName(host), refused, host);
  }
  const hosts = Array.from({ length: MAX_HOSTS + 1 }, (_, index) => `h${index}`);
  assert.throws(() => authority.issue(NAMES.store, { hosts }), /at most 16/);
});
