// What leaves a history leaves a signed order behind; what was proved restorable is kept as long as it stands (C11,
// R28).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ed25519PublicKey } from '@kura/contract';
import { forgetOrder, foundTestNetwork, NETWORK_SECRET, type TestNetwork } from '../fixtures.ts';

async function savedPack(network: TestNetwork) {
  const { coordinator } = network;
  const session = await coordinator.beginSession('backup');
  const pack = network.newPack();
  await coordinator.recordPacks(session, [pack]);
  return { session, uses: [pack.packId] };
}

test('C11: an order drops its heads and is kept, once, for whoever misses them', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const { session, uses } = await savedPack(network);
  const heads = [network.head(uses), network.head(uses)] as const;
  for (const head of heads) await coordinator.commitSnapshot(session, head, uses);
  const order = forgetOrder(coordinator.memberId, heads[0].snapshotId);
  await coordinator.forgetSnapshots(order);
  await coordinator.forgetSnapshots(order);
  const left = (await coordinator.snapshots()).map(({ snapshotId }) => snapshotId);
  assert.deepEqual(left, [heads[1].snapshotId]);
  const kept = await coordinator.forgetOrders(0, 10);
  assert.deepEqual(
    kept.map((one) => one.order),
    [order],
  );
  assert.deepEqual(await coordinator.forgetOrders(kept[0]?.number ?? 0, 10), []);
});

test('R28: where the owner is known, an order of anybody else drops nothing', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const { session, uses } = await savedPack(network);
  const head = network.head(uses);
  await coordinator.commitSnapshot(session, head, uses);
  const owned = async (ownerKey: Uint8Array): Promise<void> => {
    await network.database.transact(async (rows) => {
      await rows.updateTable('members').set({ owner_key: ownerKey }).execute();
    });
  };
  const order = forgetOrder(coordinator.memberId, head.snapshotId);
  await owned(new Uint8Array(32).fill(3));
  await assert.rejects(coordinator.forgetSnapshots(order), { code: 'refused' });
  assert.equal((await coordinator.snapshots()).length, 1);
  await owned(ed25519PublicKey(NETWORK_SECRET));
  await coordinator.forgetSnapshots(order);
  assert.deepEqual(await coordinator.snapshots(), []);
});

test('the last proof of a snapshot counts, and none of what is not there', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const { session, uses } = await savedPack(network);
  const head = network.head(uses);
  await coordinator.commitSnapshot(session, head, uses);
  const { snapshotId } = head;
  const proof = { snapshotId, files: 2, bytes: 20, totalFiles: 4, totalBytes: 40 };
  await coordinator.noteProof(proof);
  network.clock.now += 1000;
  await coordinator.noteProof({ ...proof, files: 4, bytes: 40 });
  const [kept, ...others] = await coordinator.proofs();
  assert.deepEqual([kept?.files, kept?.provedMs, others.length], [4, network.clock.now, 0]);
  await coordinator.forgetSnapshots(forgetOrder(coordinator.memberId, snapshotId));
  assert.deepEqual(await coordinator.proofs(), []);
  await assert.rejects(coordinator.noteProof(proof), { code: 'not_found' });
});
