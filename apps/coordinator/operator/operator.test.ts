// Goal: all of an operator's work goes through certified calls, and members hear of what concerns them. Over TLS
// on loopback.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DAY_MS } from '@kura/base';
import { newRequest, serialOf } from '@kura/certificates';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { OPERATOR_ENDPOINTS } from '@kura/contract/wire/endpoints/operator.ts';
import type { EndpointClient } from '@kura/wire';
import { accountHandlers } from '../accounts/handlers.ts';
import { refusal, registration, testStore } from '../fixtures.ts';
import { TestMember, TestService } from '../test-service.ts';
import { operatorHandlers } from './handlers.ts';

const of = OPERATOR_ENDPOINTS;

async function started(test: Parameters<typeof TestService.found>[0]) {
  const service = await TestService.found(test);
  const endpoints = { ...ACCOUNT_ENDPOINTS, ...OPERATOR_ENDPOINTS };
  const handlers = { ...accountHandlers(service.service), ...operatorHandlers(service.service) };
  await service.serve(endpoints, handlers);
  const operator = service.client(await service.identity('operator'));
  return { service, operator };
}

const NOTHING_SAID = {
  planId: undefined,
  paidUntilMs: undefined,
  mailAddress: undefined,
  operator: undefined,
  lastsMs: undefined,
} as const;

async function inviteMember(operator: EndpointClient, planId: string) {
  const body = { ...NOTHING_SAID, purpose: 'member', planId } as const;
  const { tokenId, secret } = await operator.call(of.invite, { body });
  return { tokenId, secret };
}

test('an invited member is listed, with contract and account', async (context) => {
  const { service, operator } = await started(context);
  const grace = new TestMember(service, 'grace');
  await grace.join(await inviteMember(operator, 'standard'));
  const { members } = await operator.call(of.members, { query: { limit: 10, after: undefined } });
  assert.deepEqual(
    members.map(({ account, state, level, contract, bytes }) => ({
      ...{ account, state, level, bytes },
      plan: contract?.planId,
    })),
    [{ account: 'grace', state: 'active', level: 2, bytes: 0, plan: 'standard' }],
  );
  const after = await operator.call(of.members, { query: { limit: 10, after: grace.memberId } });
  assert.equal(after.members.length, 0);
});

test('a contract that changes is in force at once, and the member hears of it', async (context) => {
  const { service, operator } = await started(context);
  const grace = new TestMember(service, 'grace');
  const device = service.client(await grace.join(await inviteMember(operator, 'basic')));
  const member = grace.memberId;
  const paidUntilMs = service.clock.now + 30 * DAY_MS;
  const body = { planId: 'premium', fromMs: undefined, toMs: undefined, paidUntilMs };
  await operator.call(of.setContract, { params: { member }, body });
  const seen = await operator.call(of.member, { params: { member } });
  assert.deepEqual([seen.level, seen.contract?.paidUntilMs], [3, paidUntilMs]);
  await operator.call(of.setMemberState, { params: { member }, body: { state: 'suspended' } });
  await operator.call(of.setMemberState, { params: { member }, body: { state: 'closed' } });
  await assert.rejects(
    operator.call(of.setMemberState, { params: { member }, body: { state: 'active' } }),
    refusal('refused', /cannot be opened again/),
  );
  const query = { after: 0, limit: 10 };
  const { messages } = await device.call(ACCOUNT_ENDPOINTS.inbox, { query });
  const bodies = messages.map(({ body: text }) => JSON.parse(text));
  assert.deepEqual(
    bodies.map(({ plan, state }) => plan ?? state),
    ['premium', 'suspended', 'closed'],
  );
  await device.call(ACCOUNT_ENDPOINTS.readInbox, { body: { upTo: 2 } });
  const again = await device.call(ACCOUNT_ENDPOINTS.inbox, { query });
  assert.deepEqual(
    again.messages.map(({ readMs }) => readMs !== undefined),
    [true, true, false],
  );
});

test('plans are made and changed, and nonsense is refused', async (context) => {
  const { operator } = await started(context);
  const terms = {
    levels: [{ fromYears: 0, level: 1 }],
    capacityBytes: 10 ** 12,
    archives: 100,
    hours: 'mo-fr 0-6, sa-su 0-24',
    usesPerDay: 2,
    feeMinor: 980,
    currency: 'JPY',
  };
  await operator.call(of.setPlan, { params: { plan: 'night' }, body: terms });
  const { plans } = await operator.call(of.plans, {});
  assert.deepEqual(
    plans.find(({ planId }) => planId === 'night'),
    { planId: 'night', ...terms },
  );
  const bad = (change: Partial<typeof terms>, plan = 'night') =>
    operator.call(of.setPlan, { params: { plan }, body: { ...terms, ...change } });
  await assert.rejects(bad({ hours: 'always' }), refusal('usage', /hours/));
  await assert.rejects(bad({ levels: [{ fromYears: 1, level: 1 }] }), refusal('usage', /year 0/));
  await assert.rejects(bad({ currency: 'yen' }), refusal('usage', /currency/));
  await assert.rejects(bad({}, 'Night'), refusal('usage', /name/));
  const invitation = { ...NOTHING_SAID, purpose: 'member', planId: 'gold' } as const;
  await assert.rejects(operator.call(of.invite, { body: invitation }), refusal('not_found'));
});

test('a store is admitted, drained and retired, and a retired one loses its certificate', async (context) => {
  const { service, operator } = await started(context);
  const { network, authority, networkId } = service.service;
  const { identity } = testStore(1);
  await network.registerStore(registration(testStore(1)));
  const params = { store: identity.storeId };
  const set = (state: 'draining' | 'retired') =>
    operator.call(of.setStore, { params, body: { state, minimumLevel: undefined } });
  await set('draining');
  const { stores } = await operator.call(of.stores, {});
  assert.deepEqual(
    stores.map(({ state }) => state),
    ['draining'],
  );
  const { request } = newRequest(service.random);
  const name = { role: 'store', network: networkId, store: identity.storeId } as const;
  await network.database.transact((rows) =>
    authority.issue(rows, { name, request, hosts: [], nowMs: service.clock.nowMs() }),
  );
  await set('retired');
  const query = { limit: 100, after: undefined };
  const { certificates } = await operator.call(of.certificates, { query });
  const withdrawn = certificates.filter(({ revokedMs }) => revokedMs !== undefined);
  assert.deepEqual(
    withdrawn.map(({ role, why }) => [role, why]),
    [['store', 'the store was retired']],
  );
});

test('a certificate that the operator withdraws opens nothing any more', async (context) => {
  const { service, operator } = await started(context);
  const grace = new TestMember(service, 'grace');
  const identity = await grace.join(await inviteMember(operator, 'basic'));
  const query = { limit: 100, after: undefined };
  const { certificates } = await operator.call(of.certificates, { query });
  const serial = certificates.find(({ role }) => role === 'device')?.serial ?? '';
  await operator.call(of.revokeCertificate, {
    params: { serial },
    body: { why: 'stolen', isWholeHolder: false },
  });
  await service.book.refresh(service.rows);
  const device = service.client(identity);
  await assert.rejects(device.call(ACCOUNT_ENDPOINTS.devices, {}), refusal('refused', /withdrawn/));
  await assert.rejects(
    operator.call(of.revokeCertificate, {
      params: { serial: 'ab'.repeat(16) },
      body: { why: '', isWholeHolder: true },
    }),
    refusal('not_found'),
  );
});

test('whoever had a stolen key renewed loses the new certificate as well', async (context) => {
  const { service, operator } = await started(context);
  const grace = new TestMember(service, 'grace');
  const stolen = await grace.join(await inviteMember(operator, 'basic'));
  const { keyPem, request } = newRequest(service.random);
  const body = { certificateRequest: request, hosts: [] };
  const thief = service.client(stolen);
  const { certificatePem } = await thief.call(ACCOUNT_ENDPOINTS.renewCertificate, { body });
  const serial = serialOf(new X509Certificate(stolen.certificatePem));
  const withdraw = (isWholeHolder: boolean) =>
    operator.call(of.revokeCertificate, {
      params: { serial },
      body: { why: 'stolen', isWholeHolder },
    });
  await withdraw(false);
  await service.book.refresh(service.rows);
  const renewed = { keyPem, certificatePem };
  await service.client(renewed).call(ACCOUNT_ENDPOINTS.devices, {});
  await withdraw(true);
  await service.book.refresh(service.rows);
  const refused = service.client(renewed).call(ACCOUNT_ENDPOINTS.devices, {});
  await assert.rejects(refused, refusal('refused', /withdrawn/));
});

test('a device is no operator, and neither is somebody without a certificate', async (context) => {
  const { service, operator } = await started(context);
  const grace = new TestMember(service, 'grace');
  const device = service.client(await grace.join(await inviteMember(operator, 'basic')));
  await assert.rejects(device.call(of.plans, {}), refusal('refused', /operator/));
  await assert.rejects(service.client().call(of.plans, {}), refusal('refused', /operator/));
});
