// Goal: an order to remove names every copy that there is, and none that has left with its store (D9, D13).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { must } from '@kura/base';
import { type DestroyPackWarrant, signWarrant } from '@kura/contract';
import { transact } from '@kura/database';
import { ed25519PublicKey } from '@kura/log';
import { foundTestNetwork, refusal, START_MS, storeAt } from '../fixtures.ts';
import { orderRemoval } from './order.ts';

const OWNER_SEED = new Uint8Array(32).fill(4);

async function condemned() {
  const network = await foundTestNetwork();
  const { coordinator, database } = network;
  const { memberId } = coordinator;
  const owner = { owner_key: ed25519PublicKey(OWNER_SEED) };
  await database.kysely.updateTable('members').set(owner).execute();
  const session = await coordinator.beginSession('backup');
  const [pack] = network.newPacks(1);
  await coordinator.recordPacks(session, [must(pack, 'a pack')]);
  await coordinator.endSession(session);
  const { packId, copies } = must(pack, 'a pack');
  await coordinator.beginSession('prune').then(async (prune) => {
    await coordinator.markPacks([packId]);
    await coordinator.condemnPacks(prune, [packId], []);
  });
  const warrants = copies.map(({ acknowledgement: { storeId, copyId } }) =>
    signWarrant<DestroyPackWarrant>(
      {
        ...{ kind: 'destroy-pack', storeId, copyIds: [copyId] },
        ...{ issuedMs: START_MS, notBeforeMs: START_MS },
      },
      OWNER_SEED,
    ),
  );
  const order = (some: readonly DestroyPackWarrant[]) =>
    transact(database, (rows) =>
      orderRemoval({ rows, memberId }, some, { removalDelayMs: 0, nowMs: START_MS }),
    );
  return { network, packId, warrants, order };
}

test('D13: an order that leaves a copy behind is refused', async () => {
  const { network, packId, warrants, order } = await condemned();
  await assert.rejects(order(warrants.slice(1)), refusal('refused', /behind/));
  assert.equal((await network.coordinator.pack(packId))?.state, 'destroying');
  assert.deepEqual(await order(warrants), [packId]);
  assert.equal(await network.coordinator.pack(packId), undefined);
});

test('D9: a copy that was lost with a store that has left needs no order', async () => {
  const { network, packId, warrants, order } = await condemned();
  const { storeId } = storeAt(network, 0).identity;
  await network.coordinator.setCopyState(packId, storeId, 'lost');
  await network.database.kysely
    .updateTable('stores')
    .set({ state: 'retired' })
    .where('store_id', '=', storeId)
    .execute();
  const others = warrants.filter((warrant) => warrant.storeId !== storeId);
  assert.equal(others.length, 1);
  assert.deepEqual(await order(others), [packId]);
});
