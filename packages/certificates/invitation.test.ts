import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import { NAMES, NETWORK, NOW_MS, TestAuthority } from './fixtures.ts';
import {
  checkIssued,
  formatInvitation,
  type Invitation,
  parseInvitation,
  trustFirst,
} from './invitation.ts';
import { keyHashOf } from './trust.ts';

const authority = new TestAuthority();
const INVITATION: Invitation = {
  address: 'kura.example.org:7443',
  rootHash: keyHashOf(authority.root),
  token: { tokenId: '0123456789abcdef', secret: new Uint8Array(16).fill(7) },
};

test('an invitation is one word that can be read again', () => {
  for (const address of ['kura.example.org:7443', '127.0.0.1:1', '[2001:db8::1]:65535']) {
    const given = { ...INVITATION, address };
    const text = formatInvitation(given);
    assert.match(text, /^kura-invite:\S+$/);
    assert.deepEqual(parseInvitation(text), given);
  }
});

test('half of an invitation, and every other text, is refused with what to do', () => {
  const text = formatInvitation(INVITATION);
  const refused = (error: unknown): boolean =>
    error instanceof KuraError && error.code === 'usage' && error.guidance !== undefined;
  for (let length = 0; length < text.length; length++) {
    assert.throws(() => parseInvitation(text.slice(0, length)), refused);
  }
  const bad = [
    `${text}A`,
    `${text}#`,
    ` ${text}`,
    text.replace(':7443', ''),
    text.replace('#', '##'),
  ];
  for (const one of [
    ...bad,
    text.replace('kura.example.org', 'KURA'),
    text.replace(':7443', ':0'),
  ]) {
    assert.throws(() => parseInvitation(one), refused, one);
  }
});

test('first contact believes the root of the invitation, and no other', () => {
  const options = {
    rootHash: INVITATION.rootHash,
    roles: ['coordinator'],
    nowMs: NOW_MS,
    revoked: new Set<string>(),
  } as const;
  const certificate = authority.issue(NAMES.coordinator);
  const root = trustFirst(certificate, [authority.root], options);
  assert.equal(root.fingerprint256, authority.root.fingerprint256);
  const foreign = (error: unknown): boolean =>
    error instanceof KuraError && error.context.reason === 'foreign';
  assert.throws(() => trustFirst(certificate, [], options), foreign);
  const other = new TestAuthority(9);
  const posing = other.issue(NAMES.coordinator);
  assert.throws(() => trustFirst(posing, [other.root], options), foreign);
  // The right root beside a certificate that it did not issue.
  assert.throws(() => trustFirst(posing, [authority.root], options), foreign);
  const gateway = authority.issue(NAMES.gateway);
  assert.throws(() => trustFirst(gateway, [authority.root], options), /wrong role|only a/);
});

test('what first contact brings is of the authority of the invitation, and of the network that it names', () => {
  const own = { networkId: NETWORK, authorityPem: authority.authority.certificatePem };
  const certificatePem = authority.issue(NAMES.store).toString();
  const check = { rootHash: INVITATION.rootHash, role: 'store', nowMs: NOW_MS } as const;
  checkIssued({ ...own, certificatePem }, check);
  const isForeign = (error: unknown): boolean =>
    error instanceof KuraError && error.context.reason === 'foreign';
  const other = new TestAuthority(9);
  const answers = [
    { ...own, authorityPem: other.authority.certificatePem, certificatePem },
    { ...own, certificatePem: other.issue(NAMES.store).toString() },
    { ...own, networkId: 'cd'.repeat(16), certificatePem },
  ];
  for (const answer of answers) assert.throws(() => checkIssued(answer, check), isForeign);
  const gateways = { ...own, certificatePem: authority.issue(NAMES.gateway).toString() };
  assert.throws(() => checkIssued(gateways, check), /only a store/);
  const none = { ...own, authorityPem: 'no certificate', certificatePem };
  assert.throws(() => checkIssued(none, check), { code: 'corrupt' });
});
