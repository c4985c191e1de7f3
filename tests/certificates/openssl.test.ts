// Goal: what Kura writes as certificates and requests is what the rest of the world takes for them: OpenSSL judges.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { HOUR_MS, KuraError } from '@kura/base';
import { foundAuthority, issue, newRequest, readRequest, selfMade } from '@kura/certificates';
import { NAMES, NETWORK, NOW_MS } from '@kura/certificates/fixtures.ts';
import { SeededRandom } from '@kura/testing';

const folder = mkdtempSync(join(tmpdir(), 'kura-openssl-'));
after(() => rmSync(folder, { recursive: true }));

const random = new SeededRandom(1);
const authority = foundAuthority(NETWORK, { nowMs: NOW_MS, random });
const rootFile = file('root.pem', authority.certificatePem);

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function openssl(...args: readonly string[]): {
  readonly code: number | null;
  readonly text: string;
} {
  const { status, stdout, stderr, error } = spawnSync('openssl', args, { encoding: 'utf8' });
  assert.equal(error, undefined, 'this test needs the command openssl');
  return { code: status, text: stdout + stderr };
}

const verify = (certificate: string, ...more: readonly string[]) =>
  openssl(
    'verify',
    '-x509_strict',
    '-attime',
    String(NOW_MS / 1000),
    '-CAfile',
    rootFile,
    ...more,
    certificate,
  );

test('OpenSSL takes every role’s certificate, strictly, for its purpose', () => {
  for (const [role, name] of Object.entries(NAMES)) {
    const { request } = newRequest(random);
    const hosts = role === 'device' || role === 'operator' ? [] : ['kura.example.org', '192.0.2.1'];
    const pem = issue(authority, { request, name, hosts, nowMs: NOW_MS, random });
    const path = file(`${role}.pem`, pem);
    const { code, text } = verify(path, '-purpose', 'sslclient');
    assert.equal(code, 0, text);
    const isServer = verify(path, '-purpose', 'sslserver').code === 0;
    assert.equal(isServer, role !== 'device' && role !== 'operator');
  }
});

test('OpenSSL refuses a certificate of another authority', () => {
  const other = foundAuthority(NETWORK, { nowMs: NOW_MS, random: new SeededRandom(2) });
  const { request } = newRequest(random);
  const order = { request, name: NAMES.gateway, hosts: [], nowMs: NOW_MS, random };
  assert.notEqual(verify(file('other.pem', issue(other, order))).code, 0);
});

test('OpenSSL verifies a request of ours, and reads nothing but the key in it', () => {
  const { request } = newRequest(random);
  const path = file('request.der', request);
  const { code, text } = openssl(
    'req',
    '-inform',
    'DER',
    '-in',
    path,
    '-noout',
    '-verify',
    '-text',
  );
  assert.equal(code, 0, text);
  assert.match(text, /Subject: *\n/);
  assert.match(text, /prime256v1/);
});

test('a self-made certificate is well formed too', () => {
  const path = file('self.pem', selfMade(newRequest(random).keyPem, NOW_MS));
  const { code, text } = openssl('x509', '-in', path, '-noout', '-text');
  assert.equal(code, 0, text);
  assert.match(text, /TLS Web Server Authentication, TLS Web Client Authentication/);
});

test('a request by OpenSSL, which names a subject, is refused: names come from the network', () => {
  const key = join(folder, 'key.pem');
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key);
  const path = join(folder, 'named.der');
  openssl('req', '-new', '-key', key, '-subj', '/CN=operator', '-outform', 'DER', '-out', path);
  const made = openssl('req', '-inform', 'DER', '-in', path, '-noout', '-verify');
  assert.equal(made.code, 0, made.text);
  const bytes = readFileSync(path);
  const hostile = (error: unknown) => error instanceof KuraError && error.code === 'hostile';
  assert.throws(() => readRequest(new Uint8Array(bytes)), hostile);
});

test('an issuing certificate of the operator, made by OpenSSL, certifies as well', () => {
  const key = join(folder, 'issuing.key');
  const certificate = join(folder, 'issuing.pem');
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key);
  const made = openssl(
    ...['req', '-x509', '-new', '-key', key, '-subj', '/O=Example/CN=Issuing', '-days', '3650'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-out', certificate],
  );
  assert.equal(made.code, 0, made.text);
  const own = {
    certificatePem: readFileSync(certificate, 'utf8'),
    keyPem: readFileSync(key, 'utf8'),
  };
  const nowMs = new X509Certificate(own.certificatePem).validFromDate.getTime() + HOUR_MS;
  const { request } = newRequest(random);
  const pem = issue(own, { request, name: NAMES.gateway, hosts: [], nowMs, random });
  const at = ['-x509_strict', '-attime', String(nowMs / 1000)];
  const judged = openssl('verify', ...at, '-CAfile', certificate, file('under.pem', pem));
  assert.equal(judged.code, 0, judged.text);
});
