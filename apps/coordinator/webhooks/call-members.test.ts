// Goal: a member's own webhook, set over the wire, gets what the inbox gets, over TLS, signed and in order; it reaches
// nothing inside, holds nobody up, and is told off after days in vain.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DAY_MS, KuraError, must, SECOND_MS } from '@kura/base';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { transact } from '@kura/database';
import { webhookSignature } from '@kura/wire/outside/webhook.ts';
import { accountHandlers } from '../accounts/handlers.ts';
import { refusal } from '../fixtures.ts';
import { tell } from '../inbox/inbox.ts';
import { TestMember, TestService } from '../test-service.ts';
import { callMembers, MAX_HOOKS, type MemberCall, OFF_AFTER_MS } from './call-members.ts';
import { MAX_SETS_A_DAY } from './member-hooks.ts';
import { openMemberCalls } from './open-member-calls.ts';
import { openReceiver } from './test-receiver.ts';

const { webhook, setWebhook, clearWebhook, inbox } = ACCOUNT_ENDPOINTS;
const URL_OF_NOBODY = 'https://hook.example.org/kura';

async function scene(test: TestContext, offers = { memberWebhooks: true }) {
  const service = await TestService.found(test);
  await service.serve(ACCOUNT_ENDPOINTS, accountHandlers(service.service, offers));
  const { network } = service.service;
  const join = async (name: string) => {
    const member = new TestMember(service, name);
    const token = await service.token('member', { planId: 'basic' });
    const client = service.client(await member.join(token));
    const { memberId } = member;
    return {
      ...{ client, memberId },
      set: async (url: string) => (await client.call(setWebhook, { body: { url } })).secret,
      shown: () => client.call(webhook, {}),
      told: async () => {
        const { messages } = await client.call(inbox, { query: { after: 0, limit: 100 } });
        return messages.filter(({ kind }) => kind === 'webhook').map(({ body }) => body);
      },
      tell: (message: string) =>
        transact(network.database, (rows) =>
          tell(
            { rows, memberId },
            { kind: 'incident', body: { message }, nowMs: service.clock.now },
          ),
        ),
    };
  };
  const box = {
    rows: network.database.kysely,
    transact: (work: Parameters<typeof network.database.transact>[0]) =>
      transact(network.database, async (rows) => void (await work(rows))),
  };
  const step = (call: (call: MemberCall) => Promise<void>) =>
    callMembers(box, {
      networkId: service.service.networkId,
      nowMs: () => service.clock.now,
      call,
    });
  return { service, box, join, step };
}

test('A13: over TLS, in order, with a signature that only this member can make again', async (context) => {
  const { service, box, join: joined } = await scene(context);
  const grace = await joined('grace');
  const receiver = await openReceiver(context);
  const folder = mkdtempSync(join(tmpdir(), 'kura-hook-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const authorities = join(folder, 'receiver.pem');
  writeFileSync(authorities, receiver.authority);
  const { networkId, keys } = service.service;
  const parts = { networkId, clock: service.clock, hookSecretOf: keys.hookSecretOf };
  const settings = { enabled: true, authorities };
  const calls = openMemberCalls({ ...settings, allow: ['127.0.0.1'] }, parts);
  const secret = await grace.set(receiver.url);
  await grace.tell('a copy in Osaka is damaged');
  for (const number of [1, 2]) assert.equal(await callMembers(box, calls), 1, `message ${number}`);
  assert.equal(await callMembers(box, calls), 0);
  const [first, second] = receiver.heard;
  const { about, facts } = JSON.parse(must(first, 'a first call').body) as {
    about: string;
    facts: { host: string };
  };
  assert.deepEqual([about, facts.host], ['webhook', new URL(receiver.url).host]);
  const said = JSON.parse(must(second, 'a second call').body) as Record<string, unknown>;
  assert.deepEqual(said.facts, { message: 'a copy in Osaka is damaged' });
  assert.equal(said.text, 'message: a copy in Osaka is damaged\n');
  assert.equal(said.memberId, grace.memberId);
  const seconds = Math.floor(service.clock.now / SECOND_MS);
  const mac = webhookSignature(secret, seconds, must(second, 'a second call').body);
  assert.equal(second?.signature, `t=${seconds},v1=${mac}`);
  assert.ok(!receiver.heard.some(({ body }) => body.includes(secret)));
  assert.notEqual(await grace.set(receiver.url), secret, 'set anew, another secret');

  const closed = openMemberCalls({ ...settings, allow: undefined }, parts);
  const before = receiver.heard.length;
  assert.equal(await callMembers(box, closed), 0);
  assert.equal(
    receiver.heard.length,
    before,
    'nothing inside is called unless the operator says so',
  );
  assert.match((await grace.shown()).why ?? '', /leads to where this network calls nobody/);
});

test('A13: a hook that fails is asked less and less, in order, and is told off after days', async (context) => {
  const { service, join: joined, step } = await scene(context);
  const grace = await joined('grace');
  await grace.set(URL_OF_NOBODY);
  await grace.tell('the first');
  const asked: string[] = [];
  const failing = async ({ delivery }: MemberCall): Promise<void> => {
    asked.push(delivery);
    throw new KuraError('unreachable', 'the webhook answered 503');
  };
  await step(failing);
  await step(failing);
  assert.equal(asked.length, 1, 'not again at once');
  const beganMs = service.clock.now;
  const hook = () => service.rows.selectFrom('member_hooks').selectAll().executeTakeFirstOrThrow();
  while (service.clock.now - beganMs < OFF_AFTER_MS) {
    assert.equal((await hook()).is_on, 1);
    await grace.tell('one more, so that something is new enough');
    service.clock.now = must((await hook()).next_ms, 'it waits for its next try');
    await step(failing);
  }
  assert.ok(asked.length < 20, `${asked.length} calls in three days`);
  const { isOn, url, why, waiting } = await grace.shown();
  assert.deepEqual([isOn, url, waiting], [false, URL_OF_NOBODY, 0]);
  assert.equal(why, 'the webhook answered 503');
  const told = await grace.told();
  assert.match(told.at(-1) ?? '', /has taken none of your messages since/);
  const before = asked.length;
  service.clock.now += DAY_MS;
  await grace.tell('nobody hears this there');
  await step(failing);
  assert.equal(asked.length, before);
});

test('A13: a message that is refused is given up, and the next one goes', async (context) => {
  const { service, join: joined, step } = await scene(context);
  const grace = await joined('grace');
  await grace.set(URL_OF_NOBODY);
  const number = await grace.tell('cannot be read there');
  const sent: number[] = [];
  const picky = async ({ body }: MemberCall): Promise<void> => {
    const said = JSON.parse(body) as { readonly number: number };
    sent.push(said.number);
    if (said.number === number) throw new KuraError('refused', 'the webhook answered 400');
  };
  await step(picky);
  await step(picky);
  await grace.tell('the next');
  service.clock.now += DAY_MS;
  await step(picky);
  assert.deepEqual(sent, [number - 1, number, number + 1]);
  assert.equal((await grace.shown()).failingMs, undefined);
});

test('A13: who answers slowly holds up nobody else, and what was set anew meanwhile stands', async (context) => {
  const { join: joined, step } = await scene(context);
  const [slow, quick] = [await joined('mallory'), await joined('grace')];
  await slow.set(URL_OF_NOBODY);
  await quick.set('https://quick.example.org/');
  const began = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const heard: string[] = [];
  const stepped = step(async ({ url }) => {
    heard.push(url.host);
    if (heard.length === 2) began.resolve();
    if (url.href !== URL_OF_NOBODY) return;
    await end.promise;
    throw new KuraError('unreachable', 'nobody there');
  });
  await began.promise;
  await slow.set('https://another.example.org/');
  end.resolve();
  await stepped;
  const { waiting, failingMs } = await slow.shown();
  assert.equal(waiting, 1, 'the new address has not had its first message');
  assert.equal(failingMs, undefined, 'and has failed nobody');
  assert.equal((await quick.shown()).waiting, 0);
  assert.ok(MAX_HOOKS >= 2);
});

test('A13: only https, ten times a day, told in the inbox, and nothing where it is not offered', async (context) => {
  const { join: joined } = await scene(context);
  const grace = await joined('grace');
  assert.partialDeepStrictEqual(await grace.shown(), { isOn: false, url: undefined, waiting: 0 });
  for (const bad of ['http://127.0.0.1/', 'https://u:p@example.org/', 'nonsense']) {
    await assert.rejects(grace.set(bad), refusal('usage'), bad);
  }
  for (let time = 0; time < MAX_SETS_A_DAY; time++) await grace.set(URL_OF_NOBODY);
  await assert.rejects(grace.set(URL_OF_NOBODY), refusal('busy'));
  await grace.client.call(clearWebhook, {});
  await grace.client.call(clearWebhook, {});
  assert.equal((await grace.shown()).url, undefined);
  const told = await grace.told();
  assert.equal(told.length, MAX_SETS_A_DAY + 1);
  assert.ok(told.every((body) => body.includes('hook.example.org') && !body.includes('/kura"')));
  const without = await (await scene(context, { memberWebhooks: false })).join('grace');
  await assert.rejects(without.set(URL_OF_NOBODY), refusal('unsupported'));
});
