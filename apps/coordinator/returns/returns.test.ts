// Goal: rows that a kit is too old for come back as they were, once the stores and the log confirm them; what neither
// confirms does not, and until then nothing of the member is taken away (docs/design/rebuild.md).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError, must, type PackId, type StoreId } from '@kura/base';
import type { CopyStat, CustodyReceipt, PackRecord, SnapshotHead } from '@kura/contract';
import { copyIdOf } from '@kura/copy-seal';
import { transact } from '@kura/database';
import { logDueEvents, type NewEvent, noteEvent, readEvents } from '../custody/log-events.ts';
import { logSigner } from '../custody/log-key.ts';
import { readPacks } from '../custody/read-packs.ts';
import type { MemberRows } from '../db/tables.ts';
import { foundTestNetwork, NETWORK_SECRET, refusal, type TestNetwork } from '../fixtures.ts';
import { embeddedCopyKeys } from '../gateway/copy-keys.ts';
import { readUsage } from '../members/usage.ts';
import { awaitReturns, endAwaiting, isAwaited, refuseWhileAwaited } from './awaited.ts';
import { CopyConfirmer, type PlacedCopy, type ReturnedPack } from './confirm-copies.ts';
import { takeEvents } from './returned-events.ts';
import { dropGone, takePacks } from './returned-packs.ts';
import { takeSnapshots } from './returned-snapshots.ts';

const LEAVES = 4;
const EVENT: NewEvent = {
  event: 'settled',
  subject: { statement: 'ab'.repeat(32) },
  about: 'November',
};

/** A network that has saved, and can lose rows as one does whose kit is older. */
class Scene {
  readonly network: TestNetwork;
  readonly heads: SnapshotHead[] = [];
  readonly receipts: CustodyReceipt[] = [];
  packs: readonly PackRecord[] = [];

  constructor(network: TestNetwork) {
    this.network = network;
  }

  static async begin(snapshots: number): Promise<Scene> {
    const scene = new Scene(await foundTestNetwork());
    const { coordinator } = scene.network;
    const session = await coordinator.beginSession('backup');
    scene.packs = scene.network.newPacks(3);
    await coordinator.recordPacks(session, scene.packs);
    const uses = scene.packs.map(({ packId }) => packId);
    for (let count = 0; count < snapshots; count++) {
      const head = scene.network.head(uses, scene.heads.at(-1)?.snapshotId);
      scene.receipts.push(await coordinator.commitSnapshot(session, head, uses));
      scene.heads.push(head);
    }
    await coordinator.endSession(session);
    return scene;
  }

  get of(): MemberRows {
    return { rows: this.network.database.kysely, memberId: this.network.coordinator.memberId };
  }

  change<T>(work: (of: MemberRows) => Promise<T>): Promise<T> {
    const { memberId } = this.of;
    return transact(this.network.database, (rows) => work({ rows, memberId }));
  }

  signer() {
    return logSigner(NETWORK_SECRET, this.network.coordinator.charter.log.origin);
  }

  async lose(...tables: readonly ('snapshots' | 'receipts' | 'copies' | 'packs')[]): Promise<void> {
    for (const table of tables) await this.of.rows.deleteFrom(table).execute();
    await this.of.rows.updateTable('usage').set({ packs: 0, leaves: 0, snapshots: 0 }).execute();
  }

  note(): Promise<number> {
    const { random, clock } = this.network;
    return this.change((of) => noteEvent(of, EVENT, { random, nowMs: clock.nowMs() }));
  }

  logAll(): Promise<number> {
    return this.change(({ rows }) => logDueEvents(rows, this.signer()));
  }

  give(snapshots: Parameters<typeof takeSnapshots>[1]) {
    return this.change((of) => takeSnapshots(of, snapshots, this.signer().origin));
  }

  await(): Promise<unknown> {
    const row = { member_id: this.of.memberId, since_ms: 1 };
    return this.of.rows.insertInto('awaited_returns').values(row).execute();
  }
}

describe('snapshots that a card gives back', () => {
  it('stand as they stood, with the receipt that the log has at its place', async () => {
    const scene = await Scene.begin(2);
    const { coordinator } = scene.network;
    const before = await coordinator.snapshots();
    await scene.lose('snapshots', 'receipts');
    const given = before.map((row, at) => ({ row, receipt: scene.receipts[at] }));
    const { taken, refused } = await scene.give(given);
    assert.deepEqual([taken, refused], [2, []]);
    assert.deepEqual(await coordinator.snapshots(), before);
    for (const [at, { snapshotId }] of before.entries()) {
      const receipt = await coordinator.receipt(snapshotId);
      assert.equal(receipt?.body, scene.receipts[at]?.body);
      assert.equal(receipt?.leafIndex, at);
    }
    assert.equal((await readUsage(scene.of)).snapshots, 2);
    assert.equal((await scene.give(given)).taken, 0, 'and once');
  });

  it('R20: are refused with another body, at another place, without a pack, or once forgotten', async () => {
    const scene = await Scene.begin(2);
    const [row, other] = await scene.network.coordinator.snapshots();
    const [receipt, foreign] = scene.receipts;
    assert.ok(row !== undefined && other !== undefined && receipt !== undefined);
    await scene.lose('snapshots', 'receipts');
    const forged = { ...receipt, body: receipt.body.replace('"timeMs":1', '"timeMs":2') };
    assert.notEqual(forged.body, receipt.body);
    const elsewhere = { row: { ...row, leafIndex: 1 }, receipt: { ...receipt, leafIndex: 1 } };
    const beyond = { row: { ...row, leafIndex: 7 }, receipt: undefined };
    const lies = [{ row, receipt: forged }, { row, receipt: foreign }, elsewhere, beyond];
    for (const lie of lies) {
      const { taken, refused } = await scene.give([lie]);
      assert.deepEqual([taken, refused.map(({ why }) => why)], [0, ['log']]);
    }
    const packId = 'ef'.repeat(32) as PackId;
    const bodiless = await scene.give([{ row: { ...row, packId }, receipt }]);
    assert.deepEqual(
      bodiless.refused.map(({ why }) => why),
      ['pack'],
    );
  });

  it('one whose receipt is elsewhere stands without it, and gets it when it comes', async () => {
    const scene = await Scene.begin(1);
    const { coordinator } = scene.network;
    const [row] = await coordinator.snapshots();
    const given = must(row, 'it was saved');
    await scene.lose('snapshots', 'receipts');
    assert.equal((await scene.give([{ row: given, receipt: undefined }])).taken, 1);
    assert.equal((await coordinator.snapshots())[0]?.loggedMs, undefined);
    assert.equal((await scene.give([{ row: given, receipt: scene.receipts[0] }])).taken, 0);
    assert.deepEqual(await coordinator.snapshots(), [given]);
  });
});

describe('a prune that began before a snapshot came back', () => {
  it('condemns nothing that it has marked, until it has looked into that snapshot', async () => {
    const scene = await Scene.begin(1);
    const { coordinator } = scene.network;
    const [row] = await coordinator.snapshots();
    const given = { row: must(row, 'it was saved'), receipt: scene.receipts[0] };
    await scene.of.rows.deleteFrom('snapshots').execute();
    const ids = scene.packs.map(({ packId }) => packId);
    const prune = await coordinator.beginSession('prune');
    await coordinator.markPacks(ids);
    await scene.give([given]);
    assert.deepEqual(await coordinator.condemnPacks(prune, ids, []), []);
    const seen = [given.row.snapshotId];
    assert.equal((await coordinator.condemnPacks(prune, ids, seen)).length, ids.length);
  });
});

describe('events that a card gives back', () => {
  it('go on with the chain, and what was noted meanwhile comes after them', async () => {
    const scene = await Scene.begin(0);
    for (let count = 0; count < 3; count++) await scene.note();
    await scene.logAll();
    const told = await readEvents(scene.of, { after: 0, limit: 10 });
    await scene.of.rows.deleteFrom('custody_events').where('number', '>', 1).execute();
    await scene.await();
    await scene.note();
    assert.equal(await scene.logAll(), 0, 'nothing of a member who is waited for gets a leaf');
    const given = told.map(({ number, body, leaf_index: leaf }) => ({
      number,
      receipt: { body, leafIndex: must(leaf, 'it was logged') },
    }));
    const origin = scene.signer().origin;
    assert.equal(await scene.change((of) => takeEvents(of, given, origin)), 2);
    await scene.change(endAwaiting);
    assert.equal(await scene.logAll(), 1);
    const all = await readEvents(scene.of, { after: 0, limit: 10 });
    assert.deepEqual(
      all.map(({ number, leaf_index: leaf }) => [number, leaf]),
      [
        [1, 0],
        [2, 1],
        [3, 2],
        [4, 3],
      ],
    );
    assert.deepEqual(
      all.slice(0, 3).map(({ body }) => body),
      told.map(({ body }) => body),
    );
    assert.equal(await scene.change((of) => takeEvents(of, given, origin)), 0);
  });

  it('R16: one that does not follow, or is not in the log, is refused with all of its call', async () => {
    const scene = await Scene.begin(0);
    for (let count = 0; count < 3; count++) await scene.note();
    await scene.logAll();
    const told = await readEvents(scene.of, { after: 0, limit: 10 });
    await scene.of.rows.deleteFrom('custody_events').where('number', '>', 1).execute();
    const given = told.slice(1).map(({ number, body, leaf_index: leaf }) => ({
      number,
      receipt: { body, leafIndex: must(leaf, 'it was logged') },
    }));
    const [second, third] = given;
    assert.ok(second !== undefined && third !== undefined);
    const misplaced = { ...second, receipt: { ...second.receipt, leafIndex: 2 } };
    for (const lie of [[third], [second, { ...third, number: 2 }], [misplaced]]) {
      const taking = scene.change((of) => takeEvents(of, lie, scene.signer().origin));
      await assert.rejects(taking, refusal('refused', /event \d of custody/));
    }
    assert.equal((await readEvents(scene.of, { after: 0, limit: 10 })).length, 1);
  });
});

describe('packs that a card gives back', () => {
  /** What stores have, as a gateway asks them. */
  const confirmerOf = (scene: Scene, shelves: ReadonlyMap<string, CopyStat>, away?: StoreId) => {
    const known = new Set(scene.network.stores.map(({ identity }) => identity.storeId));
    return new CopyConfirmer({
      memberId: scene.of.memberId,
      keys,
      isKnown: (storeId) => known.has(storeId),
      storeAt: (storeId) =>
        storeId === away
          ? undefined
          : {
              stat: async (copyId) => {
                const stat = shelves.get(`${storeId} ${copyId}`);
                if (stat !== undefined) return stat;
                throw new KuraError('missing', 'the store does not have it');
              },
            },
    });
  };
  const cardOf = ({ packs }: Scene): readonly ReturnedPack[] =>
    packs.map(({ packId, leafCount, copies }) => ({
      ...{ packId, leafCount },
      copies: copies.map(({ acknowledgement: { storeId, root } }) => ({ storeId, root })),
    }));
  const keys = embeddedCopyKeys(NETWORK_SECRET);
  const nameAt = async ({ of }: Scene, storeId: StoreId, packId: PackId) => {
    const copyId = copyIdOf((await keys.keysFor(of.memberId, storeId)).copyKey, packId);
    return { copyId, name: `${storeId} ${copyId}` };
  };
  const shelvesOf = async (scene: Scene): Promise<Map<string, CopyStat>> => {
    const shelves = new Map<string, CopyStat>();
    for (const { packId, leafCount, copies } of cardOf(scene)) {
      for (const { storeId, root } of copies) {
        const { copyId, name } = await nameAt(scene, storeId, packId);
        shelves.set(name, { copyId, leafCount, root, leafHashes: root });
      }
    }
    return shelves;
  };
  const unshelve = async (scene: Scene, shelves: Map<string, CopyStat>, copy: PlacedCopy) =>
    shelves.delete((await nameAt(scene, copy.storeId, copy.packId)).name);
  const take = (scene: Scene, packs: Parameters<typeof takePacks>[1]) =>
    scene.change((of) => takePacks(of, packs, { packLeaves: [LEAVES], nowMs: 1 }));

  it('D14: have rows for the copies that their stores confirm, under the root that the card knows', async () => {
    const scene = await Scene.begin(0);
    const shelves = await shelvesOf(scene);
    await scene.lose('copies', 'packs');
    const [name] = shelves.keys();
    const stat = must(shelves.get(String(name)), 'a copy');
    shelves.set(String(name), { ...stat, root: new Uint8Array(32) });
    const card = cardOf(scene);
    const { confirmed, unconfirmed } = await confirmerOf(scene, shelves).confirm(card);
    assert.deepEqual(
      unconfirmed.map(({ why }) => why),
      ['other'],
    );
    assert.equal((await take(scene, confirmed)).length, card.length);
    const rows = await readPacks(scene.of, { after: undefined, limit: 10 });
    const copies = card.reduce((sum, pack) => sum + pack.copies.length, 0);
    assert.equal(
      rows.reduce((sum, row) => sum + row.copies.length, 0),
      copies - 1,
    );
    const usage = await readUsage(scene.of);
    assert.deepEqual([usage.packs, usage.leaves], [card.length, card.length * LEAVES]);
  });

  it('a store that is away, or not of this network, confirms nothing, and says nothing of a loss', async () => {
    const scene = await Scene.begin(0);
    const shelves = await shelvesOf(scene);
    const [pack] = cardOf(scene);
    const { storeId: away } = must(pack?.copies[0], 'a copy');
    const strange = 'ab'.repeat(16) as StoreId;
    const told = {
      ...must(pack, 'a pack'),
      copies: [...must(pack, 'a pack').copies, { storeId: strange, root: new Uint8Array(32) }],
    };
    const confirmer = confirmerOf(scene, shelves, away);
    const { confirmed, unconfirmed } = await confirmer.confirm([told]);
    assert.equal(confirmed[0]?.copies.length, must(pack, 'a pack').copies.length - 1);
    assert.deepEqual(unconfirmed.map(({ why }) => why).sort(), ['away', 'unknown']);
    const rows = await readPacks(scene.of, { after: undefined, limit: 10 });
    assert.deepEqual(await confirmer.missing(rows), []);
  });

  it('a row goes only when every store of it says that the pack is not there', async () => {
    const scene = await Scene.begin(0);
    const shelves = await shelvesOf(scene);
    const [first, second] = await readPacks(scene.of, { after: undefined, limit: 10 });
    assert.ok(first !== undefined && second !== undefined);
    const [one] = second.copies;
    const lost = [...first.copies.map(({ storeId }) => ({ packId: first.packId, storeId }))];
    lost.push({ packId: second.packId, storeId: must(one, 'a copy').storeId });
    for (const copy of lost) assert.ok(await unshelve(scene, shelves, copy));
    const gone = await confirmerOf(scene, shelves).missing([first, second]);
    assert.equal(await scene.change((of) => dropGone(of, gone, 1)), 1);
    const left = await readPacks(scene.of, { after: undefined, limit: 10 });
    assert.ok(left.every(({ packId }) => packId !== first.packId));
    const still = left.find(({ packId }) => packId === second.packId);
    assert.equal(still?.copies.length, second.copies.length - 1);
    const back = cardOf(scene).filter(({ packId }) => packId === first.packId);
    const { confirmed } = await confirmerOf(scene, await shelvesOf(scene)).confirm(back);
    assert.deepEqual(await take(scene, confirmed), [], 'and what was dropped stays so');
  });

  it('after a rebuild every member with keys of their own is waited for, once', async () => {
    const { of, network } = await Scene.begin(0);
    await awaitReturns(of.rows, network.clock.nowMs());
    assert.equal(await isAwaited(of), false, 'an embedded network has nobody to wait for');
    const keys = { owner_key: new Uint8Array(32).fill(1) };
    await of.rows.updateTable('members').set(keys).execute();
    for (let count = 0; count < 2; count++) await awaitReturns(of.rows, network.clock.nowMs());
    assert.equal((await of.rows.selectFrom('awaited_returns').selectAll().execute()).length, 1);
    assert.ok(await isAwaited(of));
  });

  it('a member who is waited for condemns nothing', async () => {
    const scene = await Scene.begin(0);
    await scene.await();
    await assert.rejects(refuseWhileAwaited(scene.of), refusal('refused', /was rebuilt/));
    await scene.change(endAwaiting);
    await refuseWhileAwaited(scene.of);
  });
});
