// Goal: an invitation makes a member, once, and nothing else does (rows A14, C4). Over TLS on loopback.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DAY_MS, MINUTE_MS } from '@kura/base';
import { formatInvitation, newRequest, parseInvitation } from '@kura/certificates';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { loginMac } from '@kura/contract/wire/join-proof.ts';
import { client as opaque } from '@serenity-kit/opaque';
import { refusal } from '../fixtures.ts';
import { TestMember, TestService } from '../test-service.ts';
import { MAX_LOGIN_FAILURES } from './login.ts';

const { joinFinish, joinStart, loginStart, loginFinish, devices, removeDevice, setHome, inbox } =
  ACCOUNT_ENDPOINTS;

async function started(test: Parameters<typeof TestService.found>[0]) {
  const service = await TestService.found(test);
  await service.serveAccounts();
  return service;
}

test('an invitation leads to the network that it names, and a member joins', async (context) => {
  const service = await started(context);
  const token = await service.token('member', { planId: 'standard' });
  const invitation = parseInvitation(formatInvitation(service.invitation(token)));
  const stranger = service.stranger(invitation.rootHash);
  const member = new TestMember(service, 'grace');
  const record = await member.register(stranger, invitation.token);
  const { keyPem, statement } = member.statement(token, record);
  const signature = member.sign(statement);
  const answer = await stranger.call(joinFinish, { body: { token, statement, signature } });
  assert.equal(answer.network.networkId, service.service.networkId);
  const device = service.client({ keyPem, certificatePem: answer.certificatePem });
  const { devices: all } = await device.call(devices, {});
  assert.deepEqual(all.map(({ kind, name, revokedMs }) => [kind, name, revokedMs]).sort(), [
    ['card', 'card', undefined],
    ['device', 'laptop', undefined],
  ]);
  const other = service.stranger(new Uint8Array(32));
  await assert.rejects(other.call(devices, {}), refusal('refused', /not the network/));
});

test('an invitation opens once: not twice, not late, not with another secret', async (context) => {
  const service = await started(context);
  const token = await service.token('member', { planId: 'basic' });
  const grace = new TestMember(service, 'grace');
  await grace.join(token);
  await assert.rejects(new TestMember(service, 'joan').join(token), refusal('refused', /used/));
  const late = await service.token('member', { planId: 'basic' });
  service.clock.now += 3 * DAY_MS;
  await assert.rejects(new TestMember(service, 'joan').join(late), refusal('refused', /expired/));
  const fresh = await service.token('member', { planId: 'basic' });
  const wrong = { ...fresh, secret: new Uint8Array(16) };
  for (let attempt = 0; attempt < 10; attempt++) {
    await assert.rejects(grace.join(wrong), refusal('refused', /given out/));
  }
  await assert.rejects(
    new TestMember(service, 'joan').join(fresh),
    refusal('refused', /too often/),
  );
  const gateway = await service.token('gateway');
  await assert.rejects(
    new TestMember(service, 'joan').join(gateway),
    refusal('refused', /gateway/),
  );
});

test('two who use one invitation at the same moment: one of them joins', async (context) => {
  const service = await started(context);
  const token = await service.token('member', { planId: 'basic' });
  const both = ['grace', 'joan'].map((name) => new TestMember(service, name).join(token));
  const settled = await Promise.allSettled(both);
  assert.deepEqual(settled.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('what the owner has not signed is not believed', async (context) => {
  const service = await started(context);
  const token = await service.token('member', { planId: 'basic' });
  const client = service.client();
  const grace = new TestMember(service, 'grace');
  const mallory = new TestMember(service, 'mallory');
  const record = await grace.register(client, token);
  const { statement } = grace.statement(token, record);
  const signature = grace.sign(statement);
  const call = (changed: Partial<typeof statement>, by = signature) =>
    client.call(joinFinish, {
      body: { token, statement: { ...statement, ...changed }, signature: by },
    });
  const { certificateRequest } = mallory.statement(token, record).statement;
  await assert.rejects(call({ certificateRequest }), refusal('refused', /not signed/));
  await assert.rejects(call({ cardKeyHash: new Uint8Array(32) }), refusal('refused', /not signed/));
  const home = { ...statement.home, lat: 0 };
  await assert.rejects(call({ home }), refusal('refused', /not signed/));
  const foreign = { ...statement, device: mallory.newDevice() };
  await assert.rejects(
    call(foreign, grace.sign(foreign)),
    refusal('refused', /not certified this device/),
  );
  await call({});
  const next = await service.token('member', { planId: 'basic' });
  const again = { ...statement, tokenId: next.tokenId, account: 'other' };
  await assert.rejects(
    client.call(joinFinish, {
      body: { token: next, statement: again, signature: grace.sign(again) },
    }),
    refusal('already_exists', /joined before/),
  );
  await assert.rejects(
    client.call(joinStart, { body: { token: next, account: 'grace', registrationRequest: 'x' } }),
    refusal('already_exists', /account/),
  );
  await assert.rejects(
    client.call(joinStart, { body: { token: next, account: 'Grace', registrationRequest: 'x' } }),
    refusal('usage'),
  );
  await assert.rejects(
    client.call(joinStart, { body: { token: next, account: 'joan', registrationRequest: 'x' } }),
    refusal('hostile'),
  );
});

async function login(
  service: TestService,
  member: TestMember,
  given: { readonly passphrase?: string; readonly waitMs?: number; readonly swap?: boolean } = {},
) {
  const client = service.client();
  const password = given.passphrase ?? member.passphrase;
  const { clientLoginState, startLoginRequest } = opaque.startLogin({ password });
  const { loginId, loginResponse } = await client.call(loginStart, {
    body: { account: member.account, startRequest: startLoginRequest },
  });
  const done = opaque.finishLogin({
    ...{ clientLoginState, loginResponse, password },
    keyStretching: 'memory-constrained',
  });
  if (done === undefined) return undefined; // the client sees it first
  service.clock.now += given.waitMs ?? 0;
  const { keyPem, request } = newRequest(member.random);
  const statement = {
    loginId,
    finishRequest: done.finishLoginRequest,
    device: member.newDevice('phone'),
    certificateRequest: request,
  };
  const mac = loginMac(statement, new Uint8Array(Buffer.from(done.sessionKey, 'base64url')));
  const sent =
    given.swap === true ? { ...statement, device: member.newDevice('thief') } : statement;
  const answer = await client.call(loginFinish, { body: { statement: sent, mac } });
  assert.equal(answer.memberId, member.memberId);
  return { keyPem, certificatePem: answer.certificatePem };
}

test('a further device logs in with the passphrase, which the service never sees', async (context) => {
  const service = await started(context);
  const member = new TestMember(service, 'grace');
  const first = await member.join(await service.token('member', { planId: 'basic' }));
  const identity = await login(service, member);
  assert.ok(identity);
  const { devices: all } = await service.client(identity).call(devices, {});
  assert.deepEqual(all.map(({ name }) => name).sort(), ['card', 'laptop', 'phone']);
  const told = await service.client(first).call(inbox, { query: { after: 0, limit: 10 } });
  assert.deepEqual(
    told.messages.map(({ kind, body }) => [kind, JSON.parse(body).added]),
    [['device', 'phone']],
  );
  const tables = await service.rows.selectFrom('accounts').selectAll().execute();
  assert.ok(!JSON.stringify(tables).includes(member.passphrase));
});

test('a login is refused with a wrong passphrase, too late, twice or changed on its way', async (context) => {
  const service = await started(context);
  const member = new TestMember(service, 'grace');
  await member.join(await service.token('member', { planId: 'basic' }));
  assert.equal(await login(service, member, { passphrase: 'wrong' }), undefined);
  await assert.rejects(
    login(service, member, { waitMs: 3 * MINUTE_MS }),
    refusal('wrong_passphrase'),
  );
  await assert.rejects(login(service, member, { swap: true }), refusal('wrong_passphrase'));
});

test('accounts that do not exist answer like those that do, and both have the same limit', async (context) => {
  const service = await started(context);
  const member = new TestMember(service, 'grace');
  await member.join(await service.token('member', { planId: 'basic' }));
  const nobody = new TestMember(service, 'nobody');
  const client = service.client();
  const { startLoginRequest } = opaque.startLogin({ password: 'wrong' });
  const sizes = new Set<number>();
  for (const { account } of [member, nobody]) {
    const start = () =>
      client.call(loginStart, { body: { account, startRequest: startLoginRequest } });
    for (let attempt = 0; attempt < MAX_LOGIN_FAILURES; attempt++) {
      sizes.add((await start()).loginResponse.length);
    }
    await assert.rejects(start(), refusal('busy', /too many/));
  }
  assert.equal(sizes.size, 1);
  service.clock.now += 61 * MINUTE_MS;
  assert.ok(await login(service, member));
});

test('a device that was removed is refused at once, and cannot come back', async (context) => {
  const service = await started(context);
  const member = new TestMember(service, 'grace');
  const first = await member.join(await service.token('member', { planId: 'basic' }));
  const second = await login(service, member);
  assert.ok(second);
  const owner = service.client(first);
  const { devices: all } = await owner.call(devices, {});
  const phone = all.find(({ name }) => name === 'phone');
  assert.ok(phone);
  await owner.call(removeDevice, { params: { device: phone.deviceId } });
  const gone = await service.book.refresh(service.rows);
  assert.equal(gone.size, 1);
  const { serialNumber } = new X509Certificate(second.certificatePem);
  assert.ok(gone.has(serialNumber.toLowerCase()));
  await assert.rejects(service.client(second).call(devices, {}), refusal('refused', /withdrawn/));
  const home = { name: 'osaka', lat: 34.7, lon: 135.5, powerArea: 'JP-60' };
  await owner.call(setHome, { body: home });
});
