// Goal: a member asks for random places of its own copies itself, and learns of each store whether it has them; what is
// not as recorded is told the network, and who is away is not accused (mission A10, A12; threats R23).
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { must } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { TestNetwork } from '../test-network.ts';
import { auditMine, type OwnStoreAudit } from './audit-mine.ts';
import { drawPlaces } from './draw-places.ts';

const ALL = 1_000_000;

describe('a member audits its own copies', () => {
  let network: TestNetwork;

  const audit = async (places: number): Promise<ReadonlyMap<string, OwnStoreAudit>> => {
    const audits = await auditMine(places, await network.context());
    return new Map(audits.map((one) => [network.cityOf(one.storeId), one]));
  };
  const largest = async () => {
    const rows = await network.rows();
    return must(rows.toSorted((a, b) => b.leafCount - a.leafCount)[0], 'a pack');
  };

  beforeEach(async () => {
    network = await TestNetwork.found();
    await network.save({ a: network.random.bytes(60_000), b: network.random.bytes(3000) });
  });
  afterEach(() => network.close());

  it('R23: every place of every copy, at each store, if more are asked for than there are', async () => {
    const { windowLeaves, leafBytes } = network.shape;
    const rows = await network.rows();
    for (const [city, one] of await audit(ALL)) {
      const there = rows.filter(({ copies }) =>
        copies.some(({ storeId }) => network.cityOf(storeId) === city),
      );
      const windows = there.reduce((sum, { leafCount }) => sum + leafCount / windowLeaves, 0);
      assert.deepEqual([one.copies, one.asked, one.right], [there.length, windows, windows]);
      assert.equal(one.bytesRead, windows * windowLeaves * leafBytes);
      assert.deepEqual(one.faults, []);
    }
  });

  it('as many places of each store as were asked for', async () => {
    for (const one of (await audit(3)).values()) assert.deepEqual([one.asked, one.right], [3, 3]);
  });

  it('A12: a damaged leaf is found and told, once for its copy, and no other store is named', async () => {
    const row = await largest();
    network.damage('seoul', row, row.leafCount - 1);
    network.damage('seoul', row, 0);
    const audits = await audit(ALL);
    const { copyId, storeId } = must(
      row.copies.find((copy) => network.cityOf(copy.storeId) === 'seoul'),
      'a copy in Seoul',
    );
    const { faults } = must(audits.get('seoul'), 'Seoul answered');
    assert.deepEqual(
      faults.map((fault) => [fault.copyId, fault.code]),
      [[copyId, 'corrupt']],
    );
    assert.deepEqual(audits.get('frankfurt')?.faults, []);
    const told = must(await network.coordinator.pack(row.packId), 'the pack');
    const states = told.copies.map((copy) => [copy.storeId === storeId, copy.state]);
    assert.deepEqual(states.toSorted(), [
      [false, 'held'],
      [true, 'damaged'],
    ]);
  });

  it('C12: one that cannot be done stands as failed in the journal', async () => {
    const ports = await network.context();
    const noteCopy = () => Promise.reject(new Error('the tables are gone'));
    network.unlinkCopy('seoul', await largest());
    await assert.rejects(auditMine(ALL, { ...ports, noteCopy }), /the tables are gone/);
    const [latest] = await network.coordinator.journal(1);
    assert.deepEqual([latest?.kind, latest?.outcome], ['check', 'failed']);
  });

  it('A12: a copy that is gone is told as lost', async () => {
    const row = await largest();
    network.unlinkCopy('seoul', row);
    const { faults } = must((await audit(ALL)).get('seoul'), 'Seoul answered');
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['missing'],
    );
  });

  it('a store that is away is said to be away, and nothing of its copies changes', async () => {
    network.store('seoul').isAway = true;
    const one = must((await audit(ALL)).get('seoul'), 'it has copies');
    assert.ok(one.away !== undefined);
    assert.deepEqual([one.asked, one.faults], [0, []]);
    const rows = await network.rows();
    assert.ok(rows.every(({ copies }) => copies.every(({ state }) => state === 'held')));
  });

  it('every place is as likely as any other, and none comes twice', async () => {
    const random = new SeededRandom(3);
    const rows = (await network.rows()).filter(({ copies }) => copies.length > 0);
    const copies = rows.map((pack) => ({ pack, copy: must(pack.copies[0], 'a copy') }));
    const { windowLeaves } = network.shape;
    const drawn = new Map<string, number>();
    const total = drawPlaces(copies, { count: ALL, windowLeaves, random }).length;
    const draws = 400;
    const count = Math.floor(total / 3);
    for (let time = 0; time < draws; time++) {
      const places = drawPlaces(copies, { count, windowLeaves, random });
      const names = places.map(({ copy, firstLeaf }) => `${copy.copyId} ${firstLeaf}`);
      assert.equal(new Set(names).size, count);
      for (const name of names) drawn.set(name, (drawn.get(name) ?? 0) + 1);
    }
    assert.equal(drawn.size, total);
    const wanted = (draws * count) / total;
    for (const times of drawn.values()) {
      assert.ok(Math.abs(times - wanted) < 6 * Math.sqrt(wanted), `${times} times, not ${wanted}`);
    }
  });
});
