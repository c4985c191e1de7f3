import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { byteString, KuraError, must } from '@kura/base';
import type { CoordinatorPort } from '@kura/contract';
import { SeededRandom } from '@kura/testing';
import { openReading } from '../read/reading.ts';
import { type TestContext, TestNetwork } from '../test-network.ts';
import { type BackupSummary, backup } from './backup.ts';
import { backupOptions } from './test-options.ts';

const random = new SeededRandom(21);
const DAY_MS = 24 * 60 * 60 * 1000;

/** The same coordinator, but for these methods. */
function coordinatorWith(
  coordinator: TestContext['coordinator'],
  change: Partial<CoordinatorPort>,
): TestContext['coordinator'] {
  return new Proxy(coordinator, {
    get: (target, name) => {
      const changed: unknown = Reflect.get(change, name);
      if (changed !== undefined) return changed;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('the end of a backup', () => {
  let network: TestNetwork;
  before(async () => {
    network = await TestNetwork.found();
  });
  afterEach(() => {
    for (const store of network.stores) store.isAway = false;
  });
  after(() => network.close());

  async function saveAgain(change: Partial<CoordinatorPort> = {}): Promise<BackupSummary> {
    const context = await network.context();
    return await backup(backupOptions({ paths: [byteString(network.source)] }), {
      ...context,
      coordinator: coordinatorWith(context.coordinator, change),
    });
  }

  it('C2: the head comes after every pack it names, and each of them stands at strength', async () => {
    const id = await network.save({ a: random.bytes(50_000), 'b/c': random.bytes(3000) });
    const [head] = await network.coordinator.snapshots();
    assert.equal(head?.snapshotId, id);
    const rows = await network.rows();
    assert.ok(rows.length >= 2);
    for (const { copies, state } of rows) {
      assert.equal(state, 'standing');
      assert.equal(copies.filter((copy) => copy.state === 'held').length, network.copies);
    }
    assert.ok(rows.some(({ packId }) => packId === head?.packId));
    const receipt = must(await network.coordinator.receipt(id), 'the acknowledgement');
    assert.equal(JSON.parse(receipt.body).packCount, rows.length);
  });

  it('the record knows what the backup takes in one copy, its own pack with it', async () => {
    const before = new Set((await network.rows()).map(({ packId }) => packId));
    const id = await network.save({ a: random.bytes(80_000), d: random.bytes(10_000) });
    const added = (await network.rows()).filter(({ packId }) => !before.has(packId));
    const leaves = added.reduce((sum, { leafCount }) => sum + leafCount, 0);
    const reading = await openReading(await network.context(), { purpose: 'read' });
    const stored = (await reading.snapshots.list()).find((one) => one.id === id);
    reading.close();
    const packed = stored?.snapshot.statistics.dataAddedPacked ?? 0;
    const { leafBytes, packLeaves } = network.shape;
    assert.ok(packed >= leaves * leafBytes, 'never less than it takes');
    assert.ok(
      packed <= (leaves + packLeaves[0]) * leafBytes,
      'the record is of a size nobody knows yet',
    );
  });

  it('C2: without the acknowledgement there is no snapshot, and nothing is sent twice after', async () => {
    const count = (await network.coordinator.snapshots()).length;
    writeFileSync(join(network.source, 'a'), random.bytes(60_000));
    const refusing = {
      commitSnapshot: async () => {
        throw new KuraError('io', 'the power is out');
      },
    };
    await assert.rejects(saveAgain(refusing), { code: 'io' });
    assert.equal((await network.coordinator.snapshots()).length, count);
    assert.deepEqual(await network.coordinator.sessions(), [], 'no session is left');
    const { statistics, snapshotId } = await saveAgain();
    assert.notEqual(snapshotId, undefined);
    assert.equal(statistics.dataAdded, 0, 'its packs were in the tables and in the index');
  });

  it('C2: a pack that is lost under the backup refuses the commit, and the next one mends it', async () => {
    const content = random.bytes(40_000);
    await network.save({ a: content });
    const rows = await network.rows();
    const losing: Partial<CoordinatorPort> = {
      commitSnapshot: async (session, head, uses) => {
        for (const row of rows) {
          const { storeId } = must(row.copies[0], 'a copy');
          await network.coordinator.setCopyState(row.packId, storeId, 'lost');
        }
        return await network.coordinator.commitSnapshot(session, head, uses);
      },
    };
    await assert.rejects(saveAgain(losing), { code: 'refused', message: /has 1 good copies/ });
    const { statistics } = await saveAgain();
    assert.ok(statistics.dataAdded >= content.length, 'what is weak is stored anew');
  });

  it('C2: a store that is away: its copies are used for a week, and the summary says how few are left', async () => {
    await network.save({ a: random.bytes(30_000) });
    const held = new Set(
      (await network.rows()).flatMap(({ copies }) => copies.map((c) => c.storeId)),
    );
    const away = must(
      network.stores.find(({ identity }) => held.has(identity.storeId)),
      'a store with copies',
    );
    away.isAway = true;
    await network.coordinator.setStoreState(away.identity.storeId, 'unreachable');
    const within = await saveAgain();
    assert.equal(within.statistics.dataAdded, 0);
    assert.equal(within.copiesMin, 1);
    assert.equal(within.newCopiesMin, 2);
    assert.ok(within.packsBelowStrength > 0);
    network.clock.advance(7 * DAY_MS + 1);
    const later = await saveAgain();
    assert.equal(later.statistics.dataAdded, 30_000);
    assert.deepEqual([later.copiesMin, later.packsBelowStrength], [2, 0]);
  });
});
