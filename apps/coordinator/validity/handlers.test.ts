// Goal: over the wire a member sees its own statements and objects to its own; an operator sees how each stands (A22).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, packId } from '@kura/base';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { VALIDITY_ENDPOINTS } from '@kura/contract/wire/endpoints/validity.ts';
import { transact } from '@kura/database';
import { accountHandlers } from '../accounts/handlers.ts';
import { refusal } from '../fixtures.ts';
import { ServiceCopyKeys } from '../gateway/member-keys.ts';
import { TestMember, TestService } from '../test-service.ts';
import { validityHandlers } from './handlers.ts';
import { validityStep } from './validity-step.ts';

const { validityAudits, validityStatement, objectToStatement } = VALIDITY_ENDPOINTS;
const query = { limit: 10 };
const params = { statement: 1 };

test("A22: statements are their member's, and objections too", async (context) => {
  const service = await TestService.found(context);
  const { network, networkId, keys } = service.service;
  await service.serve(
    { ...ACCOUNT_ENDPOINTS, ...VALIDITY_ENDPOINTS },
    { ...accountHandlers(service.service), ...validityHandlers(network) },
  );
  const join = async (name: string) => {
    const member = new TestMember(service, name);
    const token = await service.token('member', { planId: 'basic' });
    return { memberId: member.memberId, client: service.client(await member.join(token)) };
  };
  const [grace, mallory] = [await join('grace'), await join('mallory')];
  await transact(network.database, async (rows) => {
    const pack = { member_id: grace.memberId, pack_id: packId('ab'.repeat(32)), leaf_count: 16 };
    const times = { recorded_ms: service.clock.now, moved_ms: null, retired_ms: null };
    const state = { state: 'standing', marked_at: null, marked_ms: null, changed_at: 1 } as const;
    const row = { ...pack, ...times, ...state, device_id: null };
    await rows.insertInto('packs').values(row).execute();
  });
  service.clock.now += 20 * DAY_MS;
  await validityStep({
    ...{ database: network.database, networkId, minimumCopies: 0, random: service.random },
    keys: new ServiceCopyKeys(keys.gatewaySecret, () => service.rows),
    settings: { closingDay: 1, deadlineDays: 7, objectionDays: 14 },
    transact: (work) => transact(network.database, work),
    nowMs: () => service.clock.now,
  });
  const own = (await grace.client.call(validityAudits, { query })).audits;
  assert.deepEqual(
    own.map(({ number, state }) => [number, state]),
    [[1, 'issued']],
  );
  const { statement } = await grace.client.call(validityStatement, { params });
  assert.ok(statement.includes(grace.memberId));
  const text = 'that cannot be';
  assert.deepEqual((await mallory.client.call(validityAudits, { query })).audits, []);
  await assert.rejects(mallory.client.call(validityStatement, { params }), refusal('not_found'));
  await assert.rejects(
    mallory.client.call(objectToStatement, { params, body: { text } }),
    refusal('not_found'),
  );
  await grace.client.call(objectToStatement, { params, body: { text } });
  const operator = service.client(await service.identity('operator'));
  const [seen] = (await operator.call(validityAudits, { query })).audits;
  assert.deepEqual(
    [seen?.memberId, seen?.attempt, seen?.objections[0]?.text],
    [grace.memberId, 2, text],
  );
  await assert.rejects(operator.call(validityStatement, { params }), refusal('refused'));
});
