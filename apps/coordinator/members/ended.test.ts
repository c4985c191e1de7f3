// Goal: a closed membership restores for 30 days, then its devices are sent away (row C4).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { refusal } from '../fixtures.ts';
import { TestMember, TestService } from '../test-service.ts';
import { RESTORE_AFTER_END_MS } from './contract.ts';
import { endMemberships } from './ended.ts';
import { setMemberState } from './members.ts';

test('C4: devices of a closed member are withdrawn after 30 days, and not before', async (context) => {
  const service = await TestService.found(context);
  await service.serveAccounts();
  const grace = new TestMember(service, 'grace');
  const joan = new TestMember(service, 'joan');
  const identity = await grace.join(await service.token('member', { planId: 'basic' }));
  await joan.join(await service.token('member', { planId: 'basic' }));
  const { database } = service.service.network;
  const of = { rows: service.rows, memberId: grace.memberId };
  await setMemberState(of, 'closed', service.clock.now);
  const end = (nowMs: number) =>
    database.transact((rows) =>
      endMemberships(rows, { network: service.service.networkId, nowMs }),
    );
  const endMs = service.clock.now + RESTORE_AFTER_END_MS;
  assert.equal(await end(endMs - 1), 0);
  assert.equal(await end(endMs), 2, 'the device and the card');
  assert.equal(await end(endMs), 0);
  await service.book.refresh(service.rows);
  const device = service.client(identity);
  await assert.rejects(device.call(ACCOUNT_ENDPOINTS.devices, {}), refusal('refused', /withdrawn/));
});
