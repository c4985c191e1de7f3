import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { must } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { faultDisk } from '@kura/testing';
import { TestNetwork } from '../test-network.ts';
import { check } from './check.ts';
import { planRepair, type RepairPlan, type RepairSummary, repair } from './repair.ts';

describe('repair', () => {
  let network: TestNetwork;
  let data: PackRow;

  const found = async (cities?: readonly string[]): Promise<void> => {
    network = await TestNetwork.found(cities === undefined ? {} : { cities });
    await network.save({ a: network.random.bytes(30_000), b: network.random.bytes(3000) });
    const rows = (await network.rows()).toSorted((a, b) => b.leafCount - a.leafCount);
    data = must(rows[0], 'a pack of data');
  };
  const foundAnew = async (cities: readonly string[]): Promise<void> => {
    network.close();
    await found(cities);
  };
  const plan = async (): Promise<RepairPlan> => {
    const context = await network.context();
    return planRepair(await check({ kind: 'all' }, context), context);
  };
  const mend = async (planned?: RepairPlan): Promise<RepairSummary> =>
    repair(planned ?? (await plan()), await network.context());
  const shown = ({ items }: RepairPlan): string[] =>
    items.map(({ act, storeId }) => `${act} in ${network.cityOf(storeId)}`);
  const heldIn = async ({ packId }: PackRow): Promise<string[]> => {
    const row = must(await network.coordinator.pack(packId), 'the row of the pack');
    const held = row.copies.filter((copy) => copy.state === 'held');
    return held.map(({ storeId }) => network.cityOf(storeId)).sort();
  };
  const assertWhole = async (): Promise<void> => {
    const report = await check({ kind: 'all' }, await network.context());
    assert.deepEqual(report.hurtPacks, []);
  };

  beforeEach(() => found());
  afterEach(() => network.close());

  it('A5: rot is healed on the shelf, by parity', async () => {
    network.damage('seoul', data, 1);
    const planned = await plan();
    assert.deepEqual(shown(planned), ['heal in seoul']);
    const done = await mend(planned);
    assert.deepEqual([done.copiesHealed, done.copiesWritten], [1, 0]);
    await assertWhole();
  });

  it('A5: what parity cannot heal, or is gone, is written again from the other copy', async () => {
    network.ruin('seoul', data);
    const done = await mend();
    assert.deepEqual([done.copiesHealed, done.copiesWritten], [0, 1]);
    assert.equal(done.bytesWritten, data.leafCount * network.shape.leafBytes);
    await assertWhole();
    network.unlinkCopy('frankfurt', data);
    assert.deepEqual(shown(await plan()), ['rewrite in frankfurt']);
    await mend();
    await assertWhole();
    assert.deepEqual(await heldIn(data), ['frankfurt', 'seoul']);
  });

  it('A5: another store takes the place of one that is away', async () => {
    network.store('seoul').isAway = true;
    const planned = await plan();
    assert.deepEqual(new Set(shown(planned)), new Set(['place in osaka']));
    const done = await mend(planned);
    assert.equal(done.packsBelowStrength, 0);
    assert.equal(done.copiesWritten, (await network.rows()).length);
    network.store('frankfurt').isAway = true;
    const report = await check({ kind: 'all' }, await network.context());
    assert.ok(report.hurtPacks.every((pack) => pack.intactCopies === 1));
  });

  it('A5: turns to another store in the same run when the planned one is full', async () => {
    await foundAnew(['frankfurt', 'seoul', 'osaka', 'ishikari']);
    const [first, second] = await heldIn(data);
    network.store(must(first, 'a holder')).isAway = true;
    const planned = await plan();
    const [target] = new Set(planned.items.map((item) => network.cityOf(item.storeId)));
    const full = network.store(must(target, 'a planned store'));
    full.disk.capacityBytes = full.disk.usedBytes;
    const done = await mend(planned);
    assert.deepEqual([done.packsBelowStrength, done.failures], [0, []]);
    const fourth = ['frankfurt', 'seoul', 'osaka', 'ishikari'].find(
      (city) => ![first, second, target].includes(city),
    );
    for (const row of await network.rows()) {
      assert.ok((await heldIn(row)).includes(must(fourth, 'a fourth city')));
    }
  });

  it('A5: also when the store of a hurt copy takes nothing any more', async () => {
    network.ruin('seoul', data);
    const planned = await plan();
    network.store('seoul').wrap = (disk) =>
      faultDisk(disk, { only: ['create'], at: 1, lasting: true, errno: 'ENOSPC' });
    const done = await mend(planned);
    assert.deepEqual([done.copiesWritten, done.packsBelowStrength], [1, 0]);
    assert.ok((await heldIn(data)).includes('osaka'));
  });

  it('tells why, where no store is left, and mends the other packs all the same', async () => {
    await foundAnew(['frankfurt', 'seoul']);
    const rows = await network.rows();
    for (const row of rows) network.unlinkCopy('seoul', row);
    const full = network.store('seoul').disk;
    const planned = await plan();
    const smallest = Math.min(...rows.map((row) => row.leafCount));
    // Room for one small pack with its parity and tables, not for two.
    full.capacityBytes = full.usedBytes + (smallest + 8) * network.shape.leafBytes;
    const done = await mend(planned);
    assert.ok(done.copiesWritten >= 1, `${done.copiesWritten} written`);
    assert.equal(done.packsBelowStrength, rows.length - done.copiesWritten);
    assert.equal(done.failures.length > 0, true);
    assert.ok(done.failures.every((why) => why.length > 0));
  });

  it('a pack without any copy is hopeless; one that is only away is said to be that', async () => {
    for (const city of ['seoul', 'frankfurt']) network.unlinkCopy(city, data);
    const lost = await plan();
    assert.deepEqual(
      lost.hopeless.map(({ packId, kind }) => [packId, kind]),
      [[data.packId, 'lost']],
    );
    const done = await mend(lost);
    assert.deepEqual([done.packsLost, done.packsAway, done.packsBelowStrength], [1, 0, 0]);
    for (const city of ['seoul', 'frankfurt']) network.store(city).isAway = true;
    const away = await plan();
    assert.ok(away.hopeless.every(({ kind }) => kind === 'away'));
    assert.equal((await mend(away)).packsAway, (await network.rows()).length);
  });

  it('a medium that does not give a sector is healed where it lies', async () => {
    await foundAnew(['frankfurt', 'seoul']);
    // After the store's record nothing can be read while the check looks.
    let isBad = true;
    network.store('seoul').wrap = (disk) =>
      faultDisk(disk, isBad ? { only: ['read'], at: 2, lasting: true } : {});
    const planned = await plan();
    isBad = false;
    assert.deepEqual(new Set(shown(planned)), new Set(['heal in seoul']));
    const done = await mend(planned);
    assert.equal(done.copiesHealed, planned.items.length);
  });

  it('a defect of ours is not taken for a pack that cannot be mended', async () => {
    network.unlinkCopy('seoul', data);
    const planned = await plan();
    const context = await network.context();
    const replicate = (): never => {
      throw new TypeError('a defect');
    };
    const broken = { ...context, steps: { ...context.steps, replicate } };
    await assert.rejects(repair(planned, broken), TypeError);
    assert.deepEqual(await network.coordinator.sessions(), []);
  });

  it('C11: nothing is written for a pack that a prune has dropped since the check', async () => {
    network.unlinkCopy('seoul', data);
    const planned = await plan();
    const { coordinator } = network;
    const session = await coordinator.beginSession('prune');
    await coordinator.markPacks([data.packId]);
    const seen = (await coordinator.snapshots()).map((row) => row.snapshotId);
    await coordinator.condemnPacks(session, [data.packId], seen);
    await coordinator.dropPacks([data.packId]);
    await coordinator.endSession(session);
    const done = await mend(planned);
    assert.deepEqual([done.copiesWritten, done.packsBelowStrength], [0, 0]);
  });
});
