// Goal: expired, revoked, foreign and self-made certificates are refused, each with its own reason.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DAY_MS, HOUR_MS, KuraError } from '@kura/base';
import { NAMES, NETWORK, NOW_MS, TestAuthority } from './fixtures.ts';
import { LASTS_MS, selfMade } from './issue.ts';
import { formatName, parseName, ROLES, type Role } from './name.ts';
import { newRequest } from './request.ts';
import { judge, keyHashOf, type Reason, serialOf, type TrustOptions } from './trust.ts';

const authority = new TestAuthority();

function judged(certificate: X509Certificate, given: Partial<TrustOptions> = {}) {
  const revoked = new Set<string>();
  const network = { root: authority.root, network: NETWORK };
  const options = { ...network, nowMs: NOW_MS, roles: ROLES, revoked, ...given };
  return judge(certificate, options);
}

const because =
  (reason: Reason) =>
  (error: unknown): boolean =>
    error instanceof KuraError &&
    error.code === 'refused' &&
    error.context.reason === reason &&
    (error.guidance ?? '').length > 0;

test('whoever the network certified is who the certificate says', () => {
  for (const name of Object.values(NAMES)) {
    assert.deepEqual(judged(authority.issue(name)), name);
  }
});

test('a certificate lasts as long as its role, from an hour back, not a second longer', () => {
  for (const role of Object.keys(LASTS_MS) as Role[]) {
    const certificate = authority.issue(NAMES[role]);
    const at = (nowMs: number) => judged(certificate, { nowMs });
    at(NOW_MS - HOUR_MS);
    at(NOW_MS + LASTS_MS[role]);
    assert.throws(() => at(NOW_MS - HOUR_MS - 1), because('not yet valid'));
    assert.throws(() => at(NOW_MS + LASTS_MS[role] + 1), because('expired'));
  }
});

test('a refusal for its time shows both clocks', () => {
  const certificate = authority.issue(NAMES.device);
  const late = NOW_MS + 100 * DAY_MS;
  assert.throws(() => judged(certificate, { nowMs: late }), /2027-02-19.*2027-03-01/);
});

test('a certificate of another network is foreign, whatever it says', () => {
  const other = new TestAuthority(2);
  assert.throws(() => judged(other.issue(NAMES.operator)), because('foreign'));
});

test('C3: a certificate of another network under the same authority is foreign', () => {
  for (const name of Object.values(NAMES)) {
    const elsewhere = authority.issue({ ...name, network: 'cd'.repeat(16) });
    assert.throws(() => judged(elsewhere), because('foreign'));
    assert.deepEqual(judged(elsewhere, { network: undefined }).role, name.role);
  }
});

test('a certificate that nobody vouches for is self-made', () => {
  const { keyPem } = newRequest(authority.random);
  const certificate = new X509Certificate(selfMade(keyPem, NOW_MS));
  assert.throws(() => judged(certificate), because('self-made'));
});

test('the same key and time make the same self-made certificate, so its key has one name', () => {
  const { keyPem } = newRequest(authority.random);
  const one = new X509Certificate(selfMade(keyPem, NOW_MS));
  const later = new X509Certificate(selfMade(keyPem, NOW_MS + DAY_MS));
  assert.equal(serialOf(one), serialOf(later));
  assert.deepEqual(keyHashOf(one), keyHashOf(later));
});

test('a role may not do what another may', () => {
  for (const role of ROLES) {
    const certificate = authority.issue(NAMES[role]);
    const others = ROLES.filter((other) => other !== role);
    assert.throws(() => judged(certificate, { roles: others }), because('wrong role'));
    judged(certificate, { roles: [role] });
  }
});

test('the authority itself speaks for nobody', () => {
  assert.throws(() => judged(authority.root), KuraError);
});

test('a serial that was revoked is refused, and only that', () => {
  const [stolen, good] = [authority.issue(NAMES.device), authority.issue(NAMES.device)];
  const revoked = new Set([serialOf(stolen)]);
  assert.throws(() => judged(stolen, { revoked }), because('revoked'));
  judged(good, { revoked });
  assert.match(serialOf(good), /^[0-9a-f]{32}$/);
});

test('an authority that has ended vouches for nothing', () => {
  const root = authority.root;
  const nowMs = root.validToDate.getTime() + 1;
  const certificate = authority.issue(NAMES.device, { nowMs });
  assert.throws(() => judged(certificate, { nowMs }), because('expired'));
});

test('names have one spelling', () => {
  for (const name of Object.values(NAMES)) assert.deepEqual(parseName(formatName(name)), name);
  const id = '9a'.repeat(16);
  const wrong = [
    '',
    'kura://',
    `http://${NETWORK}/gateway/${id}`,
    `kura://${NETWORK}/gateway/${id}/`,
    `kura://${NETWORK}/gateway/${id.toUpperCase()}`,
    `kura://${NETWORK}/gateway/${id}0`,
    `kura://${NETWORK}/king/${id}`,
    `kura://${NETWORK}/device/${id}`,
    `kura://${NETWORK}/store/${id}/${id}`,
    `kura://${NETWORK}/operator/Ada`,
    `kura://${NETWORK}/operator/${'a'.repeat(65)}`,
    `kura://${NETWORK}/operator/`,
    `kura://x/gateway/${id}`,
    `kura://${NETWORK}/device/${id}/${id}/${id}`,
    `kura://${NETWORK}/operator/${'a'.repeat(300)}`,
  ];
  for (const uri of wrong) assert.throws(() => parseName(uri), because('wrong role'), uri);
});
