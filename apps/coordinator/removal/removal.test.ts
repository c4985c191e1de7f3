// D13: a removal can be taken back until the first store is told; each store confirms under its own key, and when all
// have, the log has it. Docs: docs/design/removal.md.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DAY_MS, must, type PackId, PackIds, toHex } from '@kura/base';
import {
  type DestroyPackWarrant,
  encodeWarrant,
  hashWarrant,
  type SnapshotHead,
  signForgetOrder,
  signRemovalConfirmation,
  signWarrant,
} from '@kura/contract';
import { transact } from '@kura/database';
import { ed25519PublicKey } from '@kura/log';
import { parseEvent } from '@kura/log/events.ts';
import { packSetRoot } from '../custody/commit-snapshot.ts';
import { readEvents } from '../custody/log-events.ts';
import { foundTestNetwork, refusal, START_MS, type TestStore } from '../fixtures.ts';
import { StoreErrands } from '../gateway/store-errands.ts';
import { Leases } from '../leases/leases.ts';
import { dueWarrants, orderRemoval } from '../warrants/order.ts';
import { beginCarrying } from './confirm.ts';
import { makeWayBack, revokeRemoval } from './revoke.ts';
import { carryOutTimedOrders, keepTimedOrder, revokeTimedOrder } from './timers.ts';
import { viewRemovals } from './views.ts';

const OWNER_SEED = new Uint8Array(32).fill(4);
const DELAY_MS = 14 * DAY_MS;

class Scene {
  readonly network: Awaited<ReturnType<typeof foundTestNetwork>>;
  /** What a store answers instead of its own confirmation. */
  answer: ((honest: Uint8Array) => Uint8Array) | undefined;
  readonly refused: string[] = [];

  constructor(network: Scene['network']) {
    this.network = network;
  }

  static async found(): Promise<Scene> {
    const network = await foundTestNetwork();
    const owner = { owner_key: ed25519PublicKey(OWNER_SEED) };
    await network.database.kysely.updateTable('members').set(owner).execute();
    return new Scene(network);
  }

  get memberId() {
    return this.network.coordinator.memberId;
  }

  get nowMs(): number {
    return this.network.clock.nowMs();
  }

  /** One snapshot of its own packs. */
  async save(count: number): Promise<{ head: SnapshotHead; packs: readonly PackId[] }> {
    const { coordinator } = this.network;
    const session = await coordinator.beginSession('backup');
    const records = this.network.newPacks(count);
    await coordinator.recordPacks(session, records);
    const packs = records.map((record) => record.packId);
    const head = this.network.head(packs);
    await coordinator.commitSnapshot(session, head, packs);
    await coordinator.endSession(session);
    return { head, packs };
  }

  forget(head: SnapshotHead, timeMs = this.nowMs): Uint8Array {
    return signForgetOrder(
      { memberId: this.memberId, timeMs, snapshots: [head.snapshotId] },
      OWNER_SEED,
    );
  }

  /** Marked, condemned, ordered: as a prune does. */
  async order(packs: readonly PackId[]): Promise<void> {
    const { coordinator } = this.network;
    const prune = await coordinator.beginSession('prune');
    const seen = (await coordinator.snapshots()).map(({ snapshotId }) => snapshotId);
    await coordinator.markPacks(packs);
    const doomed = await coordinator.condemnPacks(prune, packs, seen);
    assert.deepEqual([...doomed].sort(), [...packs].sort());
    const rows = await coordinator.packs(undefined, 1000);
    const warrants = this.network.stores.flatMap(({ identity: { storeId } }) => {
      const copyIds = rows
        .filter(({ packId }) => packs.includes(packId))
        .flatMap(({ copies }) => copies.filter((copy) => copy.storeId === storeId))
        .map(({ copyId }) => copyId);
      const times = { issuedMs: this.nowMs, notBeforeMs: this.nowMs + DELAY_MS };
      const fields = { kind: 'destroy-pack', storeId, copyIds, ...times } as const;
      return copyIds.length === 0 ? [] : [signWarrant<DestroyPackWarrant>(fields, OWNER_SEED)];
    });
    const at = { removalDelayMs: DELAY_MS, nowMs: this.nowMs };
    await this.act((of) => orderRemoval(of, warrants, at));
    await coordinator.endSession(prune);
  }

  act<Result>(work: (of: Parameters<typeof orderRemoval>[0]) => Promise<Result>): Promise<Result> {
    const { memberId } = this;
    return transact(this.network.database, (rows) => work({ rows, memberId }));
  }

  async view() {
    return this.act((of) => viewRemovals(of, { limit: 100, leafBytes: 1 }));
  }

  /** Brings what is due to these stores, which obey and sign. */
  async bring(stores: readonly TestStore[]): Promise<void> {
    const { database, random } = this.network;
    const byId = new Map(stores.map((store) => [store.identity.storeId, store]));
    const errands = new StoreErrands({
      ...{ database, random, nowMs: () => this.nowMs },
      leases: new Leases({ database, holder: 'gateway' }),
      stores: {
        reachable: () => new Set(byId.keys()),
        remote: (storeId) => ({
          obey: async (warrant) => {
            const { seed } = must(byId.get(storeId), 'a store that was asked');
            const warrantHash = hashWarrant(encodeWarrant(warrant));
            const about = { storeId, warrantHash, copies: 1, timeMs: this.nowMs };
            const signed = signRemovalConfirmation(about, seed);
            return this.answer?.(signed) ?? signed;
          },
        }),
      },
      onFailure: (_, error) => this.refused.push((error as Error).message),
    });
    await errands.bringWarrants();
  }
}

describe('removal', () => {
  test('D13: each store confirms, and the log has one event with what they signed', async () => {
    const scene = await Scene.found();
    const { packs } = await scene.save(3);
    await scene.order(packs);
    scene.network.clock.now += DELAY_MS;
    const holders = scene.network.stores.slice(0, 2);
    await scene.bring(holders.slice(0, 1));
    assert.equal((await scene.view()).removals[0]?.state, 'carrying');
    assert.deepEqual(await scene.act((of) => readEvents(of, { after: 0, limit: 10 })), []);
    await scene.bring(scene.network.stores);
    const [removal] = (await scene.view()).removals;
    assert.equal(removal?.state, 'done');
    assert.ok(removal.stores.every(({ confirmedMs }) => confirmedMs === scene.nowMs));
    const [event] = await scene.act((of) => readEvents(of, { after: 0, limit: 10 }));
    const body = parseEvent(must(event, 'an event').body);
    assert.equal(body.event, 'deleted');
    assert.equal(body.subject.packCount, 3);
    assert.equal(body.subject.packSetRoot, toHex(packSetRoot(must(PackIds.of(packs), 'ids'))));
    assert.deepEqual(
      body.subject.stores.map(({ storeId }) => storeId),
      removal.stores.map(({ storeId }) => storeId),
    );
  });

  test('D13: a confirmation that another key signed counts for nothing', async () => {
    const scene = await Scene.found();
    const { packs } = await scene.save(1);
    await scene.order(packs);
    scene.network.clock.now += DELAY_MS;
    scene.answer = (signed) => signed.with(signed.length - 1, (signed.at(-1) ?? 0) ^ 1);
    await scene.bring(scene.network.stores);
    assert.match(scene.refused.join(), /confirmation of a removal is refused/);
    assert.equal((await scene.view()).removals[0]?.state, 'carrying');
    scene.answer = undefined;
    await scene.bring(scene.network.stores);
    assert.equal((await scene.view()).removals[0]?.state, 'done');
  });

  test('D13: a removal that is taken back before its time leaves everything as it was', async () => {
    const scene = await Scene.found();
    const { coordinator } = scene.network;
    const { packs } = await scene.save(3);
    const before = await coordinator.packs(undefined, 10);
    const usage = await coordinator.usage();
    await scene.order(packs);
    assert.deepEqual(await coordinator.packs(undefined, 10), []);
    const { removalId } = must((await scene.view()).removals[0], 'a removal');
    await scene.act((of) => revokeRemoval(of, removalId, scene.nowMs));
    await scene.act((of) => revokeRemoval(of, removalId, scene.nowMs));
    assert.deepEqual(await coordinator.packs(undefined, 10), before);
    assert.deepEqual(await coordinator.usage(), usage);
    scene.network.clock.now += 2 * DELAY_MS;
    await scene.bring(scene.network.stores);
    assert.deepEqual(await coordinator.packs(undefined, 10), before, 'no store is told');
    assert.equal((await scene.view()).removals[0]?.state, 'revoked');
    await scene.order(packs);
    assert.equal((await scene.view()).removals.length, 2, 'and it can be ordered again');
  });

  test('D13: a warrant that is taken back while a gateway is about to bring it is not brought', async () => {
    const scene = await Scene.found();
    const { packs } = await scene.save(1);
    await scene.order(packs);
    scene.network.clock.now += DELAY_MS;
    const { storeId } = must(scene.network.stores[0], 'a store').identity;
    const asked = { storeId, nowMs: scene.nowMs, limit: 1 };
    const [due] = await scene.act(({ rows }) => dueWarrants(rows, asked));
    const { warrantId } = must(due, 'a warrant that is due');
    const { removalId } = must((await scene.view()).removals[0], 'a removal');
    await scene.act((of) => revokeRemoval(of, removalId, scene.nowMs));
    assert.equal(await scene.act(({ rows }) => beginCarrying(rows, warrantId, scene.nowMs)), false);
    assert.equal((await scene.view()).removals[0]?.state, 'revoked');
  });

  test('D13: once a store was told it is too late', async () => {
    const scene = await Scene.found();
    const { head, packs } = await scene.save(2);
    await scene.network.coordinator.forgetSnapshots(scene.forget(head));
    await scene.order(packs);
    scene.network.clock.now += DELAY_MS;
    await scene.bring(scene.network.stores.slice(0, 1));
    const { removalId } = must((await scene.view()).removals[0], 'a removal');
    const late = scene.act((of) => revokeRemoval(of, removalId, scene.nowMs));
    await assert.rejects(late, refusal('refused', /being carried out/));
    const gone = scene.act((of) => makeWayBack(of, head.snapshotId, scene.nowMs));
    await assert.rejects(gone, refusal('not_found'));
    assert.deepEqual((await scene.view()).forgotten, []);
  });

  test('D13: a forgotten snapshot comes back with every pack that went after it', async () => {
    const scene = await Scene.found();
    const { coordinator } = scene.network;
    const old = await scene.save(1);
    const wanted = await scene.save(2);
    await coordinator.forgetSnapshots(scene.forget(old.head));
    await scene.order(old.packs);
    await coordinator.forgetSnapshots(scene.forget(wanted.head));
    await scene.order(wanted.packs);
    const head = await scene.act((of) => makeWayBack(of, wanted.head.snapshotId, scene.nowMs));
    assert.equal(head.pack_id, wanted.head.packId);
    const standing = (await coordinator.packs(undefined, 10)).map(({ packId }) => packId);
    assert.deepEqual(standing.sort(), [...wanted.packs].sort());
    const states = (await scene.view()).removals.map(({ state }) => state);
    assert.deepEqual(states, ['revoked', 'waiting'], 'the one before it goes on');
  });
});

describe('a term', () => {
  test('D13: is kept until its time, and then forgets without a device', async () => {
    const scene = await Scene.found();
    const { coordinator, database } = scene.network;
    const { head } = await scene.save(1);
    const endMs = START_MS + 90 * DAY_MS;
    const order = scene.forget(head, endMs);
    await assert.rejects(coordinator.forgetSnapshots(order), refusal('refused', /dated ahead/));
    await scene.act((of) => keepTimedOrder(of, order, scene.nowMs));
    await scene.act((of) => keepTimedOrder(of, order, scene.nowMs));
    assert.deepEqual(
      (await scene.view()).terms.map(({ dueMs, snapshots }) => [dueMs, snapshots]),
      [[endMs, [head.snapshotId]]],
    );
    const pass = (nowMs: number) =>
      transact(database, (rows) => carryOutTimedOrders(rows, { nowMs }));
    assert.equal(await pass(endMs - 1), 0);
    assert.equal((await coordinator.snapshots()).length, 1);
    assert.equal(await pass(endMs), 1);
    assert.equal((await coordinator.snapshots()).length, 0);
    const [kept] = await coordinator.forgetOrders(0, 10);
    assert.deepEqual(kept?.order, order, 'whoever misses it finds why');
    assert.equal(await pass(endMs), 0);
  });

  test('D13: needs the owner’s signature, and can be taken back', async () => {
    const scene = await Scene.found();
    const { head } = await scene.save(1);
    const timeMs = START_MS + DAY_MS;
    const forged = signForgetOrder(
      { memberId: scene.memberId, timeMs, snapshots: [head.snapshotId] },
      new Uint8Array(32).fill(5),
    );
    const keep = (order: Uint8Array) => scene.act((of) => keepTimedOrder(of, order, scene.nowMs));
    await assert.rejects(keep(forged), refusal('refused', /order to forget/));
    await assert.rejects(keep(scene.forget(head, START_MS)), refusal('refused', /over before/));
    await keep(scene.forget(head, timeMs));
    const { termId } = must((await scene.view()).terms[0], 'a term');
    await scene.act((of) => revokeTimedOrder(of, termId));
    assert.deepEqual((await scene.view()).terms, []);
    await assert.rejects(
      scene.act((of) => revokeTimedOrder(of, termId)),
      refusal('not_found'),
    );
  });
});
