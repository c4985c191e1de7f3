// R15 on a network with two devices: an honest history never raises an alarm, whoever saves, tags, rewrites and
// forgets; and of every earlier state of the tables that is shown again, whoever has seen a later one says so.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { must, type SnapshotId } from '@kura/base';
import { type KeptOrder, openForgetOrder, type SnapshotRow, signForgetOrder } from '@kura/contract';
import { newDevice } from '@kura/member-seal';
import { MemoryDisk } from '@kura/testing';
import { prune } from '../prune/prune.ts';
import { openReading } from '../read/reading.ts';
import { recover } from '../recover/recover.ts';
import { rewrite } from '../rewrite/rewrite.ts';
import { surveyRewrite } from '../rewrite/survey.ts';
import { replaceSnapshot } from '../snapshots/replace-snapshot.ts';
import { type TestContext, TestNetwork } from '../test-network.ts';
import { forget } from './forget.ts';
import { accept, type LookBack, learn, lookBack, newestKnown } from './look-back.ts';

/** What the tables say of a history at one moment. */
interface Tables {
  readonly rows: readonly SnapshotRow[];
  readonly orders: readonly KeptOrder[];
}

describe('looking back', () => {
  let network: TestNetwork;
  let devices: { disk: MemoryDisk; key: TestNetwork['device'] }[];

  beforeEach(async () => {
    network = await TestNetwork.found();
    const { random, keys } = network;
    const second = newDevice({ ownerSeed: keys.ownerSeed, random });
    devices = [
      { disk: new MemoryDisk(), key: network.device },
      { disk: new MemoryDisk(), key: second },
    ];
  });
  afterEach(() => network.close());

  const contextOf = async (device: number): Promise<TestContext> => {
    const { disk, key } = must(devices[device], 'a device');
    return { ...(await network.context(disk)), device: key };
  };
  const tables = async (): Promise<Tables> => ({
    rows: await network.coordinator.snapshots(),
    orders: await network.coordinator.forgetOrders(0, 1000),
  });
  const save = async (device: number): Promise<SnapshotId> =>
    network.save(
      { a: network.random.bytes(500), b: network.random.bytes(500) },
      {},
      await contextOf(device),
    );

  /** What this device finds when the network shows these tables; by default those that there are. */
  async function look(device: number, shown?: Tables): Promise<LookBack> {
    const { rows, orders } = shown ?? (await tables());
    const context = await contextOf(device);
    const reading = await openReading(context, { purpose: 'read' });
    const { coordinator } = context;
    const honest = coordinator.snapshots;
    coordinator.snapshots = async () => rows;
    try {
      const later = (after: number) => orders.filter(({ number }) => number > after);
      const told = { forgetOrders: async (after: number) => later(after) };
      return await lookBack(reading.snapshots, { ...context, coordinator: told });
    } finally {
      coordinator.snapshots = honest;
      reading.close();
    }
  }
  const kindsOf = ({ findings }: LookBack): string[] => findings.map(({ kind }) => kind);

  async function learnNow(device: number): Promise<void> {
    const seen = await look(device);
    assert.deepEqual(kindsOf(seen), []);
    await learn(seen, (await contextOf(device)).history);
  }

  async function tag(id: SnapshotId, device: number): Promise<void> {
    const context = await contextOf(device);
    const reading = await openReading(context, { purpose: 'read' });
    try {
      const stored = must(await reading.snapshots.find(id), 'the snapshot');
      await replaceSnapshot(stored, { tags: ['kept'] }, { ...context, reading });
    } finally {
      reading.close();
    }
  }

  async function cut(id: SnapshotId, device: number): Promise<void> {
    const context = await contextOf(device);
    const reading = await openReading(context, { purpose: 'read' });
    const chosen = [must(await reading.snapshots.find(id), 'the snapshot')];
    const isCut = (path: string): boolean => path.endsWith('/b');
    const survey = await surveyRewrite({ chosen, isCut, reading });
    reading.close();
    // What has lost it already would change nothing.
    if (survey.changes.length === 0) return forgetOne(id, device);
    const ports = { ...context, carryTerm: async () => undefined, onRewritten: () => undefined };
    await rewrite(survey, { forget: true }, ports);
  }

  async function forgetOne(id: SnapshotId, device: number): Promise<void> {
    await forget([id], await contextOf(device));
  }

  it('R15: of any earlier tables, shown again, whoever has seen later ones says so', async () => {
    const states: Tables[] = [await tables()];
    /** Of each device: the state that it saw last. */
    const seen = [0, 0];
    const acts = ['save', 'save', 'save', 'tag', 'rewrite', 'forget'] as const;
    for (let step = 0; step < 14; step++) {
      const device = network.random.below(2);
      const rows = await network.coordinator.snapshots();
      const some = rows[network.random.below(Math.max(1, rows.length))]?.snapshotId;
      const act = some === undefined ? 'save' : acts[network.random.below(acts.length)];
      if (some === undefined || act === 'save') await save(device);
      else if (act === 'tag') await tag(some, device);
      else if (act === 'rewrite') await cut(some, device);
      else await forgetOne(some, device);
      states.push(await tables());
      await learnNow(device);
      seen[device] = states.length - 1;
    }
    for (const device of [0, 1]) {
      assert.deepEqual(kindsOf(await look(device)), [], 'the tables as they are');
      for (const [state, shown] of states.slice(0, seen[device]).entries()) {
        assert.notDeepEqual(kindsOf(await look(device, shown)), [], `${device}: state ${state}`);
      }
    }
  });

  it('R15: a device without a memory sees every head that was taken out, but the newest', async () => {
    for (const device of [0, 1, 0, 1, 0]) await save(device);
    const { rows, orders } = await tables();
    devices[0] = { disk: new MemoryDisk(), key: must(devices[0], 'a device').key };
    for (const [index, { snapshotId }] of rows.entries()) {
      const rest = rows.filter((row) => row.snapshotId !== snapshotId);
      const found = await look(0, { rows: rest, orders });
      const wanted = index === rows.length - 1 ? [] : [snapshotId];
      assert.deepEqual(
        found.findings.map((finding) => finding.snapshotId),
        wanted,
      );
    }
  });

  it('what another device forgot is explained by its order, and by no order of anybody else', async () => {
    const first = await save(0);
    await save(1);
    await learnNow(0);
    await forgetOne(first, 1);
    const { rows, orders } = await tables();
    assert.deepEqual(kindsOf(await look(0)), []);
    const { memberId, ownerKey } = network.keys;
    const [order] = orders;
    assert.deepEqual(
      openForgetOrder(must(order, 'an order').order, { memberId, ownerKey }).snapshots,
      [first],
    );
    const fields = { memberId, timeMs: 1, snapshots: [first] };
    const forged = signForgetOrder(fields, network.random.bytes(32));
    const withForged = { rows, orders: [{ number: 1, order: forged }] };
    assert.deepEqual(kindsOf(await look(0, withForged)), ['missing']);
  });

  it('what is accepted is told no more, and counts again when it is back', async () => {
    const first = await save(0);
    const second = await save(0);
    const whole = await tables();
    const rest = { ...whole, rows: whole.rows.filter((row) => row.snapshotId !== second) };
    const gone = await look(0, rest);
    assert.deepEqual(kindsOf(gone), ['older']);
    assert.equal(newestKnown(gone)?.snapshotId, second);
    await accept(gone, await contextOf(0));
    const after = await look(0, rest);
    assert.deepEqual([kindsOf(after), [...after.known.accepted.keys()]], [[], [second]]);
    await learnNow(0);
    assert.deepEqual([...(await look(0)).known.standing.keys()].sort(), [first, second].sort());
    assert.deepEqual(kindsOf(await look(0, rest)), ['older']);
  });

  it('a memory that rots is told, and counts as none', async () => {
    await save(0);
    must(devices[0], 'a device').disk.flip('/home/member/heads.sealed', 40);
    assert.deepEqual(kindsOf(await look(0, { rows: [], orders: [] })), []);
    assert.match(network.warnings.join(), /what this device knew of the history cannot be read/);
    await learnNow(0);
    assert.deepEqual(kindsOf(await look(0, { rows: [], orders: [] })), ['older']);
  });

  it('a recovery takes what the stores have for the history, and says what others name', async () => {
    const first = await save(0);
    const second = await save(0);
    await forgetOne(first, 0);
    const limits = { dryRun: false, maxUnused: { kind: 'unlimited' } } as const;
    assert.ok((await prune(limits, await contextOf(0))).packsRemoved > 0);
    await network.loseHome(2);
    const context = await network.context();
    const ports = { ...context, shelves: context.stores, adopting: context.coordinator };
    const { snapshots, absent } = await recover(ports);
    assert.deepEqual([snapshots, absent], [1, 1]);
    const reading = await openReading(context, { purpose: 'read' });
    const after = await lookBack(reading.snapshots, context);
    reading.close();
    assert.deepEqual([kindsOf(after), [...after.known.standing.keys()]], [[], [second]]);
  });
});
