import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, must, type SnapshotId, toHex } from '@kura/base';
import {
  hashEntry,
  MerkleTree,
  openCheckpoint,
  receiptLeaf,
  verifyConsistency,
  verifyReceipt,
} from '@kura/log';
import {
  forgetOrder,
  foundTestNetwork,
  NETWORK_SECRET,
  refusal,
  storeAt,
  type TestNetwork,
} from '../fixtures.ts';
import { openCoordinator } from '../open.ts';

async function savedPacks(network: TestNetwork, count: number) {
  const session = await network.coordinator.beginSession('backup');
  const packs = network.newPacks(count);
  await network.coordinator.recordPacks(session, packs);
  return { session, packs, uses: packs.map((pack) => pack.packId) };
}

test('a receipt verifies offline: what is held where, since when, after what', async () => {
  const network = await foundTestNetwork();
  const { coordinator, clock } = network;
  const { session, packs, uses } = await savedPacks(network, 3);
  let before: SnapshotId | undefined;
  for (let count = 0; count < 9; count++) {
    clock.now += 1000;
    const head = network.head(uses, before);
    const receipt = await coordinator.commitSnapshot(session, head, uses);
    const body = verifyReceipt(receipt, coordinator.charter.log);
    assert.equal(receipt.leafIndex, count);
    assert.equal(receipt.witnessed, false);
    assert.equal(body.snapshotId, head.snapshotId);
    assert.equal(body.predecessor, before ?? null);
    assert.equal(body.timeMs, clock.now);
    assert.equal(body.packSetRoot, toHex(head.packSetRoot));
    const holders = packs[0]?.copies.map((copy) => copy.acknowledgement.storeId).toSorted();
    assert.deepEqual(
      body.stores.map((store) => store.storeId),
      holders,
    );
    assert.ok(body.stores.every((store) => store.copies === 3));
    assert.deepEqual(await coordinator.receipt(head.snapshotId), receipt);
    before = head.snapshotId;
  }
  const heads = await coordinator.snapshots();
  assert.deepEqual(
    heads.map((row) => row.leafIndex),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.equal(heads.at(-1)?.predecessor, heads.at(-2)?.snapshotId);
});

test('the log only grows: each signed head continues every earlier one', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const { session, uses } = await savedPacks(network, 1);
  const checkpoints = [];
  for (let count = 0; count < 12; count++) {
    const receipt = await coordinator.commitSnapshot(session, network.head(uses), uses);
    checkpoints.push(openCheckpoint(receipt.checkpoint, coordinator.charter.log));
  }
  const log = await coordinator.log();
  const tree = MerkleTree.fromEntryHashes(log.entryHashes);
  assert.equal(tree.size, 12);
  for (const { size: fromSize, head: fromHead } of checkpoints) {
    const proof: Uint8Array[] = tree.consistencyProof(fromSize);
    const toSize: number = tree.size;
    const toHead: Uint8Array = tree.head();
    assert.ok(verifyConsistency({ fromSize, fromHead, toSize, toHead, proof }));
  }
});

test('the leaf of a forgotten snapshot stays, and so does its receipt', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const { session, uses } = await savedPacks(network, 1);
  const head = network.head(uses);
  const receipt = await coordinator.commitSnapshot(session, head, uses);
  const order = forgetOrder(coordinator.memberId, head.snapshotId);
  await coordinator.forgetSnapshots(order);
  await coordinator.forgetSnapshots(order);
  assert.deepEqual(await coordinator.snapshots(), []);
  assert.deepEqual(await coordinator.receipt(head.snapshotId), receipt);
  const leaf = hashEntry(receiptLeaf(receipt.body, head.leafSalt));
  assert.deepEqual((await coordinator.log()).entryHashes, leaf);
});

test('a head that does not say what it uses is refused, and leaves no trace', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const { session, uses } = await savedPacks(network, 3);
  const head = network.head(uses);
  const [first] = uses;
  assert.ok(first !== undefined);
  const wrong = [
    [{ ...head, packCount: 2 }, uses],
    [{ ...head, packSetRoot: new Uint8Array(32) }, uses],
    [head, uses.slice(1)],
    [{ ...network.head([...uses, first]) }, [...uses, first]],
    [{ ...head, packId: network.newPack().packId }, uses],
  ] as const;
  for (const [stated, used] of wrong) {
    await assert.rejects(coordinator.commitSnapshot(session, stated, used), refusal('refused'));
  }
  assert.deepEqual(await coordinator.snapshots(), []);
  assert.equal((await coordinator.log()).size, 0);
  await coordinator.commitSnapshot(session, head, uses);
  await assert.rejects(coordinator.commitSnapshot(session, head, uses), refusal('already_exists'));
});

test('A2: a snapshot whose packs are gone or weak is not committed', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const { session, uses, packs } = await savedPacks(network, 3);
  const unknown = network.newPack().packId;
  const ghostly = [...uses, unknown];
  await assert.rejects(
    coordinator.commitSnapshot(session, network.head(ghostly), ghostly),
    refusal('refused', new RegExp(`${unknown}.*is gone`)),
  );
  const weak = packs[1]?.packId;
  assert.ok(weak !== undefined);
  const { storeId } = storeAt(network, 0).identity;
  await coordinator.setCopyState(weak, storeId, 'damaged');
  await assert.rejects(
    coordinator.commitSnapshot(session, network.head(uses), uses),
    refusal('refused', new RegExp(`${weak}.*1 good copies`)),
  );
  await coordinator.setCopyState(weak, storeId, 'held');
  await coordinator.setStoreState(storeId, 'lost');
  await assert.rejects(
    coordinator.commitSnapshot(session, network.head(uses), uses),
    refusal('refused', /1 good copies/),
  );
  await coordinator.setStoreState(storeId, 'unreachable');
  await coordinator.commitSnapshot(session, network.head(uses), uses);
});

test('without the secret everything but a commit works; another is refused', async () => {
  const network = await foundTestNetwork();
  const { session, uses } = await savedPacks(network, 2);
  const { database, clock, random, processes } = network;
  const locked = await openCoordinator({ database, clock, random, processes });
  assert.equal((await locked.describe()).stores.length, 3);
  assert.equal((await locked.packs(undefined, 10)).length, 2);
  assert.deepEqual(await locked.snapshots(), []);
  const head = network.head(uses);
  await assert.rejects(locked.commitSnapshot(session, head, uses), refusal('refused'));
  assert.throws(() => locked.unlock(new Uint8Array(32)), refusal('refused'));
  locked.unlock(NETWORK_SECRET);
  const receipt = await locked.commitSnapshot(session, head, uses);
  assert.equal(verifyReceipt(receipt, network.coordinator.charter.log).packCount, 2);
});

test('a log that is not the one signed last is never continued', async () => {
  const network = await foundTestNetwork();
  const { coordinator, database } = network;
  const { session, uses } = await savedPacks(network, 1);
  await coordinator.commitSnapshot(session, network.head(uses), uses);
  const other = fromHex('77'.repeat(32));
  await database.kysely.updateTable('log_frontier').set({ peaks: other }).execute();
  const commit = coordinator.commitSnapshot(session, network.head(uses), uses);
  await assert.rejects(commit, refusal('corrupt'));
});

test('after a total loss packs are adopted, and are as weak as they are', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const session = await coordinator.beginSession('repair');
  const store = storeAt(network, 0);
  const found = network.newPacks(2).map(({ packId, leafCount, copies }) => {
    const { storeId, copyId, root } = must(copies[0], 'two copies').acknowledgement;
    return { packId, leafCount, copies: [{ storeId, copyId, root }] };
  });
  await coordinator.adoptPacks(session, found);
  await coordinator.adoptPacks(session, found);
  const uses = found.map((pack) => pack.packId);
  const head = network.head(uses);
  await assert.rejects(coordinator.commitSnapshot(session, head, uses), refusal('refused'));
  const receipt = await coordinator.adoptSnapshot(session, head, uses);
  assert.deepEqual(
    verifyReceipt(receipt, coordinator.charter.log).stores.map((held) => held.storeId),
    [store.identity.storeId],
  );
  assert.equal((await coordinator.snapshots()).length, 1);
  const empty = [{ packId: network.newPack().packId, leafCount: 4, copies: [] }];
  await assert.rejects(coordinator.adoptPacks(session, empty), refusal('refused'));
});
