// Goal: guesses at passphrases are counted where they come from, so that nobody who guesses keeps an owner out, and
// no clock that jumped does (R40, R32).
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { DAY_MS, MINUTE_MS } from '@kura/base';
import { keyHashOf } from '@kura/certificates';
import * as opaque from '@serenity-kit/opaque';
import { refusal } from '../fixtures.ts';
import { TestMember, TestService } from '../test-service.ts';
import { MAX_FROM_ONE_PLACE, MAX_LOGIN_FAILURES, MAX_STRANGERS, startLogin } from './login.ts';

await opaque.ready;
const { startLoginRequest: startRequest } = opaque.client.startLogin({ password: 'a guess' });

async function scene(context: TestContext) {
  const service = await TestService.found(context);
  await service.serveAccounts();
  const member = new TestMember(service, 'grace');
  const identity = await member.join(await service.token('member', { planId: 'basic' }));
  const keyHash = keyHashOf(new X509Certificate(identity.certificatePem));
  const attempt = (address: string, account = 'grace', key?: Uint8Array) => {
    const from = { address, keyHash: key };
    return startLogin(service.service, { account, startRequest, from });
  };
  /** So many that have begun and did not end well. */
  const begin = async (
    count: number,
    of: (index: number) => { readonly name: string; readonly origin: string },
  ): Promise<void> => {
    const rest = { state: null, begun_ms: service.clock.nowMs() };
    const rows = Array.from({ length: count }, (_, index) => ({
      ...{ login_id: String(index), ...of(index), ...rest },
    }));
    await service.rows.insertInto('logins').values(rows).execute();
  };
  return { service, keyHash, attempt, begin };
}

async function guess(count: number, attempt: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index++) await attempt();
}

test('R40: ten guesses at an account from one address, and none more, while others may log in', async (context) => {
  const { attempt } = await scene(context);
  await guess(MAX_LOGIN_FAILURES, () => attempt('192.0.2.1'));
  await assert.rejects(attempt('192.0.2.1'), refusal('busy', /too many/));
  await attempt('192.0.2.2');
});

test('R40: guesses from everywhere end too, and a device of the member gets in all the same', async (context) => {
  const { attempt, begin, keyHash, service } = await scene(context);
  await begin(MAX_STRANGERS, (index) => ({ name: 'grace', origin: `192.0.2.${index}` }));
  await assert.rejects(attempt('198.51.100.1'), refusal('busy'));
  service.clock.now += 30 * MINUTE_MS; // its certificate may have ended
  await attempt('198.51.100.1', 'grace', keyHash);
  await assert.rejects(attempt('198.51.100.1', 'grace', new Uint8Array(32)), refusal('busy'));
  await guess(MAX_LOGIN_FAILURES - 1, () => attempt('198.51.100.1', 'grace', keyHash));
  await assert.rejects(attempt('198.51.100.1', 'grace', keyHash), refusal('busy'));
});

test('R32: one address fills no table with names', async (context) => {
  const { attempt, begin } = await scene(context);
  await begin(MAX_FROM_ONE_PLACE, (index) => ({ name: `name-${index}`, origin: '192.0.2.1' }));
  await assert.rejects(attempt('192.0.2.1', 'another'), refusal('busy'));
  await attempt('192.0.2.2', 'another');
});

test('what a clock that jumped ahead has left locks nobody out', async (context) => {
  const { attempt, service } = await scene(context);
  service.clock.now += 3650 * DAY_MS;
  await guess(MAX_LOGIN_FAILURES, () => attempt('192.0.2.1'));
  service.clock.now -= 3650 * DAY_MS;
  await attempt('192.0.2.1');
});
