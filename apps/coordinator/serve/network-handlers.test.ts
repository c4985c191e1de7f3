// Goal: a device knows every store that has copies of its member, also one that is being emptied: what it does not know
// it can neither read nor order to remove (D9, B7).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoreState } from '@kura/contract';
import { NETWORK_ENDPOINTS } from '@kura/contract/wire/endpoints/network.ts';
import { registration, testStore } from '../fixtures.ts';
import { ServiceCopyKeys } from '../gateway/member-keys.ts';
import { registerStore } from '../stores/stores.ts';
import { TestMember, TestService } from '../test-service.ts';
import { networkHandlers } from './network-handlers.ts';

/** State in the directory → what a device is told. */
const TOLD: readonly (readonly [StoreState, StoreState | undefined])[] = [
  ['active', 'active'],
  ['draining', 'active'],
  ['unreachable', 'unreachable'],
  ['lost', 'lost'],
  ['candidate', undefined],
  ['retired', undefined],
];

test('D9: a store that is being emptied is read and named like any other', async (context) => {
  const service = await TestService.found(context);
  await service.serveAccounts();
  const member = new TestMember(service, 'grace');
  const identity = await member.join(await service.token('member', { planId: 'basic' }));
  const { network, keys: secrets } = service.service;
  const keys = new ServiceCopyKeys(secrets.gatewaySecret, () => service.rows);
  await service.serve(NETWORK_ENDPOINTS, networkHandlers({ network, ...secrets, keys }));
  for (const [number, [state]] of TOLD.entries()) {
    const store = testStore(number);
    await registerStore(service.rows, registration(store), service.clock.nowMs());
    const { storeId } = store.identity;
    await service.rows
      .updateTable('stores')
      .set({ state })
      .where('store_id', '=', storeId)
      .execute();
  }
  const { stores } = await service.client(identity).call(NETWORK_ENDPOINTS.describeMine, {});
  const told = TOLD.map((_, number) => {
    const { storeId } = testStore(number).identity;
    return stores.find((store) => store.identity.storeId === storeId)?.state;
  });
  assert.deepEqual(
    told,
    TOLD.map(([, state]) => state),
  );
});
