// A network founded in a file and opened again: what `kura init` and every later command do.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SMALL_SHAPE, systemClock, systemRandom } from '@kura/base';
import { verifyReceipt } from '@kura/log';
import {
  foundTestNetwork,
  NETWORK_SECRET,
  openTestDatabase,
  refusal,
  registration,
  testStore,
} from './fixtures.ts';
import { foundCoordinator } from './found.ts';
import { openCoordinator } from './open.ts';

const folder = mkdtempSync(join(tmpdir(), 'kura-coordinator-'));
after(() => rmSync(folder, { recursive: true }));

const parts = { clock: systemClock, random: systemRandom, networkSecret: NETWORK_SECRET };

test('a network is what it was founded as, in every later process', async () => {
  const path = join(folder, 'network.db');
  const network = await foundTestNetwork({ path });
  const founded = await network.coordinator.describe();
  const session = await network.coordinator.beginSession('backup');
  const pack = network.newPack();
  await network.coordinator.recordPacks(session, [pack]);
  const head = network.head([pack.packId]);
  const receipt = await network.coordinator.commitSnapshot(session, head, [pack.packId]);
  network.coordinator.close();
  const opened = await openCoordinator({ ...parts, database: path });
  assert.deepEqual(await opened.describe(), founded);
  assert.deepEqual(founded.shape, SMALL_SHAPE);
  assert.equal(founded.home.name, 'tokyo');
  assert.equal((await opened.pack(pack.packId))?.copies.length, 2);
  assert.equal((await opened.snapshots())[0]?.snapshotId, head.snapshotId);
  assert.deepEqual(await opened.receipt(head.snapshotId), receipt);
  assert.equal(verifyReceipt(receipt, opened.charter.log).snapshotId, head.snapshotId);
  opened.checkTables();
  opened.close();
});

test('a network is founded once, and not without enough stores', async () => {
  const network = await foundTestNetwork();
  const { database, clock, random } = network;
  const founding = {
    memberId: network.coordinator.charter.memberId,
    shape: SMALL_SHAPE,
    home: (await network.coordinator.describe()).home,
    copies: 2,
    level: 1,
    removalDelayMs: 0,
  };
  const stores = [testStore(0), testStore(1)].map(registration);
  const again = { ...parts, database, clock, random, stores, network: founding };
  await assert.rejects(foundCoordinator(again), refusal('already_exists'));
  const empty = { ...again, database: await openTestDatabase() };
  const few = { ...empty, stores: stores.slice(1) };
  await assert.rejects(foundCoordinator(few), refusal('too_few_stores'));
  for (const copies of [0, 9, 1.5]) {
    const odd = { ...empty, network: { ...founding, copies } };
    await assert.rejects(foundCoordinator(odd), refusal('usage'));
  }
  const [twin = assert.fail('two stores')] = stores;
  const doubled = { ...empty, stores: [...stores, twin] };
  await assert.rejects(foundCoordinator(doubled), refusal('already_exists'));
  const notFounded = openCoordinator({ ...parts, database: empty.database });
  await assert.rejects(notFounded, refusal('no_network'));
  assert.equal((await (await foundCoordinator(empty)).describe()).stores.length, 2);
});

test('no network and damaged tables are told apart', async () => {
  const open = (name: string) => openCoordinator({ ...parts, database: join(folder, name) });
  await assert.rejects(open('nothing.db'), refusal('no_network'));
  await assert.rejects(open('no/folder.db'), refusal('no_network'));
  writeFileSync(join(folder, 'letter.db'), 'Dear reader, this is a letter. '.repeat(40));
  await assert.rejects(open('letter.db'), refusal('corrupt'));
});

test("another network's secret does not open this one", async () => {
  const path = join(folder, 'secret.db');
  (await foundTestNetwork({ path })).coordinator.close();
  const wrong = { ...parts, database: path, networkSecret: new Uint8Array(32) };
  await assert.rejects(openCoordinator(wrong), refusal('refused'));
});

test('two connections save into one network at once', async () => {
  const path = join(folder, 'shared.db');
  const network = await foundTestNetwork({ path });
  const other = await openCoordinator({ ...parts, database: path });
  const receipts = await Promise.all(
    [network.coordinator, other].map(async (coordinator) => {
      const session = await coordinator.beginSession('backup');
      const uses = [];
      for (let count = 0; count < 5; count++) {
        const pack = network.newPack();
        await coordinator.recordPacks(session, [pack]);
        uses.push(pack.packId);
      }
      return coordinator.commitSnapshot(session, network.head(uses), uses);
    }),
  );
  assert.deepEqual(receipts.map((receipt) => receipt.leafIndex).toSorted(), [0, 1]);
  for (const receipt of receipts) verifyReceipt(receipt, network.coordinator.charter.log);
  assert.equal((await other.packs(undefined, 100)).length, 10);
  other.close();
  network.coordinator.close();
});
