// Goal: programs of the network are let in by one-time tokens, and are what the token says (issue: certificates
// and enrolment). Over TLS on loopback.
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DAY_MS, equalBytes } from '@kura/base';
import { judge, newRequest, serialOf, type Token } from '@kura/certificates';
import { openRevocations, signIdentityProof } from '@kura/contract';
import { ACCOUNT_ENDPOINTS, type NewStore } from '@kura/contract/wire/endpoints/account.ts';
import { readWhole } from '@kura/wire/body.ts';
import { refusal, type TestStore, testStore } from '../fixtures.ts';
import { baseRiskOf } from '../placement/index.ts';
import { stepStore } from '../stores/enrol.ts';
import { readStores } from '../stores/stores.ts';
import { TestService } from '../test-service.ts';
import { MAX_RENEWALS_A_DAY } from './certificate-authority.ts';
import { revokeCertificate, signNewList } from './revocations.ts';

const { enrol, enrolmentTerms, renewCertificate, revocations } = ACCOUNT_ENDPOINTS;

async function started(test: Parameters<typeof TestService.found>[0]) {
  const service = await TestService.found(test);
  await service.serveAccounts();
  return service;
}

function newStore({ identity, seed }: TestStore, request: Uint8Array): NewStore {
  const { storeId, inventoryEpoch } = identity;
  const challenge = new Uint8Array(createHash('sha256').update(request).digest());
  return {
    identity,
    proof: signIdentityProof({ challenge, storeId, inventoryEpoch }, seed),
    kind: 'readable',
    address: 'osaka.example:7444',
    readerAddress: 'osaka.example:7445',
    lineMbit: 1000,
    capacityBytes: 2 ** 40,
    rank: 1,
    operator: 'Example',
  };
}

async function enrolStore(service: TestService, token: Token, store: TestStore) {
  const { keyPem, request } = newRequest(service.random);
  const answer = await service.client().call(enrol, {
    body: {
      token,
      certificateRequest: request,
      hosts: ['osaka.example'],
      store: newStore(store, request),
    },
  });
  return { keyPem, certificatePem: answer.certificatePem, gatewaySecret: answer.gatewaySecret };
}

test('a store enrols as a candidate, and the operator admits it', async (context) => {
  const service = await started(context);
  const store = testStore(1);
  const token = await service.token('store');
  const terms = await service.client().call(enrolmentTerms, { body: { token } });
  assert.deepEqual(
    [terms.leafBytes, terms.suite],
    [service.service.network.charter.shape.leafBytes, 'aes-256-ctr'],
  );
  const identity = await enrolStore(service, token, store);
  assert.equal(identity.gatewaySecret, undefined);
  const name = service.book.judge(new X509Certificate(identity.certificatePem), ['store']);
  assert.ok(name.role === 'store' && name.store === store.identity.storeId);
  const row = async () => (await readStores(service.rows)).get(store.identity.storeId);
  const before = await row();
  assert.deepEqual([before?.state, before?.location], ['candidate', 'osaka.example:7444']);
  // What nobody has watched yet is placed by it, and should not be moved as soon as somebody does.
  assert.equal(before?.baseRisk, baseRiskOf(store.identity.place));
  const nowMs = service.clock.nowMs();
  const step = (state: 'active' | 'draining' | 'retired') =>
    service.service.network.database.transact((rows) =>
      stepStore(rows, store.identity.storeId, { state, nowMs }),
    );
  await assert.rejects(step('draining'), refusal('refused', /candidate cannot become draining/));
  await step('active');
  assert.equal((await row())?.state, 'active');
  await assert.rejects(step('retired'), refusal('refused', /active cannot become retired/));
});

test('the next shelf gets the cipher that is used least', async (context) => {
  const service = await started(context);
  const suites: string[] = [];
  for (const number of [0, 1, 2]) {
    const token = await service.token('store');
    const { suite } = await service.client().call(enrolmentTerms, { body: { token } });
    suites.push(suite);
    const store = testStore(number);
    await enrolStore(service, token, { ...store, identity: { ...store.identity, suite } });
  }
  assert.equal(new Set(suites).size, 3);
});

test('a store that is not who it says is refused, and its token stays good', async (context) => {
  const service = await started(context);
  const store = testStore(1);
  const token = await service.token('store');
  const thief = { ...store, seed: testStore(2).seed };
  await assert.rejects(enrolStore(service, token, thief), refusal('refused'));
  await enrolStore(service, token, store);
  const other = testStore(3);
  const { storeId } = store.identity;
  const posing = { ...other, identity: { ...other.identity, storeId } };
  await assert.rejects(
    enrolStore(service, await service.token('store'), posing),
    refusal('refused', /another key/),
  );
  await assert.rejects(
    enrolStore(service, await service.token('gateway'), testStore(4)),
    refusal('refused', /for a gateway/),
  );
  const suite = store.identity.suite === 'chacha20' ? 'aes-256-ctr' : 'chacha20';
  const changed = { ...store, identity: { ...store.identity, suite } };
  await assert.rejects(
    enrolStore(service, await service.token('store'), changed),
    refusal('refused', /another cipher/),
  );
});

test('a gateway gets the secret of the gateways, an operator the name of the token', async (context) => {
  const service = await started(context);
  const enrolAs = async (token: Token) => {
    const { keyPem, request } = newRequest(service.random);
    const body = { token, certificateRequest: request, hosts: [], store: undefined };
    return { keyPem, ...(await service.client().call(enrol, { body })) };
  };
  const gateway = await enrolAs(await service.token('gateway'));
  const { gatewaySecret } = service.service.keys;
  assert.ok(equalBytes(gateway.gatewaySecret ?? new Uint8Array(), gatewaySecret));
  assert.ok(equalBytes(gateway.network.coordinatorKey, service.service.keys.coordinatorKey));
  const operator = await enrolAs(service.operatorToken);
  const name = service.book.judge(new X509Certificate(operator.certificatePem), ['operator']);
  assert.ok(name.role === 'operator' && name.id === 'ada');
  assert.equal(operator.gatewaySecret, undefined);
  await assert.rejects(enrolAs(service.operatorToken), refusal('refused', /used already/));
});

test('a certificate is renewed over the old one, for a new key, at most six times a day', async (context) => {
  const service = await started(context);
  const identity = await enrolStore(service, await service.token('store'), testStore(1));
  const client = service.client(identity);
  const renew = async () => {
    const { keyPem, request } = newRequest(service.random);
    const body = { certificateRequest: request, hosts: [] };
    const { certificatePem } = await client.call(renewCertificate, { body });
    return { keyPem, certificatePem };
  };
  service.clock.now += 20 * DAY_MS;
  const renewed = await renew();
  service.clock.now += 15 * DAY_MS; // the old one has ended, the new one has not
  const root = service.service.authority.root;
  const judged = (pem: string) =>
    judge(new X509Certificate(pem), {
      root,
      network: service.service.networkId,
      nowMs: service.clock.nowMs(),
      roles: ['store'],
      revoked: new Set(),
    });
  assert.throws(() => judged(identity.certificatePem), refusal('refused', /ended at/));
  assert.equal(judged(renewed.certificatePem).role, 'store');
  await service.serveAccounts(); // with a coordinator's certificate of today
  const again = service.client(renewed);
  const call = () => {
    const body = { certificateRequest: newRequest(service.random).request, hosts: [] };
    return again.call(renewCertificate, { body, tries: 1 });
  };
  for (let count = 0; count < MAX_RENEWALS_A_DAY; count++) await call();
  await assert.rejects(call(), refusal('busy', /certificates today/));
  const jumped = { issued_ms: service.clock.nowMs() + 3650 * DAY_MS };
  await service.rows.updateTable('certificates').set(jumped).execute();
  await call(); // what a clock that jumped has left does not count
});

test('C3: a certificate that was withdrawn is not renewed, even before edges have heard of it', async (context) => {
  const service = await started(context);
  const identity = await enrolStore(service, await service.token('store'), testStore(1));
  const client = service.client(identity);
  const body = { certificateRequest: newRequest(service.random).request, hosts: [] };
  await client.call(renewCertificate, { body });
  const serial = serialOf(new X509Certificate(identity.certificatePem));
  const withdrawal = { why: 'stolen', nowMs: service.clock.nowMs() };
  await service.service.network.database.transact((rows) =>
    revokeCertificate(rows, serial, withdrawal),
  );
  await assert.rejects(client.call(renewCertificate, { body }), refusal('refused', /withdrawn/));
});

test('what is revoked is in the signed list, whose number only grows', async (context) => {
  const service = await started(context);
  const identity = await enrolStore(service, await service.token('store'), testStore(1));
  const { keys, network } = service.service;
  const sign = () =>
    network.database.transact((rows) =>
      signNewList(rows, { seed: keys.coordinatorSeed, nowMs: service.clock.nowMs() }),
    );
  assert.equal(await sign(), undefined);
  const gateway = service.client(await service.identity('gateway'));
  await assert.rejects(gateway.call(revocations, {}), refusal('not_found'));
  const serial = new X509Certificate(identity.certificatePem).serialNumber.toLowerCase();
  const withdrawal = { why: 'stolen', nowMs: service.clock.nowMs() };
  await network.database.transact((rows) => revokeCertificate(rows, serial, withdrawal));
  const first = await sign();
  service.clock.now += 5000;
  assert.deepEqual([first?.number, (await sign())?.number], [1, 1]);
  const body = await readWhole(await gateway.call(revocations, {}));
  const check = { coordinatorKey: keys.coordinatorKey, heldNumber: 0 };
  assert.ok(openRevocations(body, check).hasCertificate(serial));
  service.clock.now += 31 * DAY_MS; // the certificate has ended by itself
  assert.equal((await sign())?.number, 2);
});
