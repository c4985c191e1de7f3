// Goal: what a device of a service does to save and to remove, over the wire, against the programs themselves:
// claims, copies at stores that dialled out, rows, receipts, and what another member's device may not do.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  systemAlarmClock as clock,
  DAY_MS,
  type KuraError,
  must,
  type PackId,
  PackIds,
  systemRandom as random,
  type SessionId,
  SMALL_SHAPE,
  sessionId,
  snapshotId,
  toHex,
} from '@kura/base';
import {
  type PackRecord,
  type SessionKind,
  type SnapshotHead,
  ticketWord,
  verifyAcknowledgement,
} from '@kura/contract';
import { CUSTODY_ENDPOINTS } from '@kura/contract/wire/endpoints/custody.ts';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { REMOVAL_ENDPOINTS as REMOVALS } from '@kura/contract/wire/endpoints/removals.ts';
import { packSetRoot } from '@kura/coordinator';
import { recordText } from '@kura/coordinator/uploads/record-text.ts';
import { readWhole } from '@kura/wire/body.ts';
import { ordersFor } from './orders.ts';
import { type Agent, inSession, newPack, send } from './packs.ts';
import { SmallService, type TestDevice } from './small-service.ts';

const shape = SMALL_SHAPE;
let service: SmallService;

/** One try, so that a refusal is seen at once. */
function put(agent: Agent, id: PackId, sealed: Uint8Array, sha256?: Uint8Array) {
  return inSession(agent, (session) =>
    agent.gateway.call(GATEWAY_ENDPOINTS.receivePack, {
      params: { pack: id },
      query: { session, hangUp: 'late' },
      body: { bytes: sealed, ...(sha256 === undefined ? {} : { sha256 }) },
      tries: 1,
    }),
  );
}

function headOf(uses: readonly PackId[]): SnapshotHead {
  return {
    snapshotId: snapshotId(toHex(random.bytes(32))),
    packId: must(uses.at(-1), 'a pack'),
    predecessor: undefined,
    deviceKey: random.bytes(32),
    timeMs: clock.nowMs(),
    packSetRoot: packSetRoot(must(PackIds.of(uses), 'each once')),
    packCount: uses.length,
    leafSalt: random.bytes(32),
  };
}

const isCode = (code: KuraError['code']) => (error: unknown) =>
  (error as KuraError).code === code || assert.fail(String(error));

describe('custody over the wire', () => {
  let device: TestDevice;
  let agent: Agent;

  before(async () => {
    service = await SmallService.start(['osaka', 'frankfurt', 'seoul']);
    device = await service.join();
    agent = service.agent(device);
  });
  after(() => service.close());

  test('a session that began unheard is the same one when it is asked for again', async () => {
    const ask = (id: SessionId, kind: SessionKind) =>
      agent.coordinator.call(CUSTODY_ENDPOINTS.beginSession, {
        ...{ params: { session: id }, body: { kind, level: 1 } },
      });
    const session = sessionId(toHex(random.bytes(16)));
    await ask(session, 'prune');
    await ask(session, 'prune');
    const known = (await agent.tables.journal(10)).filter((entry) => entry.sessionId === session);
    assert.deepEqual(
      known.map(({ outcome }) => outcome),
      ['running'],
    );
    await assert.rejects(ask(session, 'backup'), isCode('usage'));
    await agent.tables.endSession(session);
    await assert.rejects(ask(session, 'prune'), isCode('interrupted'));
  });

  test('A18: packs of all sizes end up acknowledged at two stores, and become rows when named', async () => {
    const session = await agent.tables.beginSession('backup');
    const packs = ([0, 1, 2] as const).map(newPack);
    const records: PackRecord[] = [];
    for (const pack of packs) records.push(await send(agent, pack));
    const { stores } = await agent.tables.describe();
    for (const record of records) {
      assert.equal(new Set(record.copies.map((copy) => copy.acknowledgement.storeId)).size, 2);
      for (const { acknowledgement: ack } of record.copies) {
        const store = stores.find(({ identity }) => identity.storeId === ack.storeId);
        verifyAcknowledgement(ack, must(store, 'a store of the network').identity.publicKey);
      }
    }
    const ids = packs.map(({ id }) => id);
    assert.equal(await agent.tables.pack(must(ids[0], 'a pack')), undefined, 'not custody yet');
    await agent.tables.recordPacks(session, records);
    await agent.tables.recordPacks(session, records);
    const head = headOf(ids);
    const receipt = await agent.tables.commitSnapshot(session, head, ids);
    assert.deepEqual(await agent.tables.commitSnapshot(session, head, ids), receipt, 'once');
    assert.deepEqual(
      (await agent.tables.snapshots()).map((row) => row.snapshotId),
      [head.snapshotId],
    );
    const rows = await agent.tables.packs(undefined, 100);
    assert.deepEqual(rows.map((row) => row.packId).toSorted(), ids.toSorted());
    await agent.tables.endSession(session);
  });

  test('C5: a pack that is sent again is answered with the same record, without its body', async () => {
    const { id, sealed } = newPack(1);
    const first = await put(agent, id, sealed);
    assert.equal(first.state, 'stored');
    const again = await put(agent, id, sealed);
    assert.deepEqual(again.record, first.record);
    const asked = await agent.gateway.call(GATEWAY_ENDPOINTS.describeUpload, {
      params: { pack: id },
    });
    assert.deepEqual([asked.state, asked.record], ['stored', first.record]);
  });

  test('R7: other bytes under an id that was claimed are refused, before and after a body that broke', async () => {
    const { id, sealed } = newPack();
    const other = newPack().sealed;
    const sha256 = createHash('sha256').update(other).digest();
    await assert.rejects(put(agent, id, sealed, sha256), isCode('corrupt'));
    await assert.rejects(put(agent, id, sealed), isCode('refused'), 'the digest was pinned');
    assert.equal((await put(agent, id, other)).state, 'stored', 'its own bytes go on at once');
    await assert.rejects(put(agent, id, sealed), isCode('refused'));
  });

  test('R1: sizes that no pack has are refused before a byte is taken', async () => {
    for (const sizeBytes of [1, shape.leafBytes, shape.packLeaves[0] * shape.leafBytes + 1]) {
      const { id } = newPack();
      await assert.rejects(put(agent, id, new Uint8Array(sizeBytes)), isCode('refused'));
    }
  });

  test('A14: what one member stored is nothing to another', async () => {
    const stranger = service.agent(await service.join());
    const session = await stranger.tables.beginSession('backup');
    const pack = newPack();
    const record = await send(agent, pack);
    await assert.rejects(stranger.tables.recordPacks(session, [record]), isCode('refused'));
    const asked = await stranger.gateway.call(GATEWAY_ENDPOINTS.describeUpload, {
      params: { pack: pack.id },
    });
    assert.equal(asked.state, 'absent');
    assert.equal(await stranger.tables.pack(pack.id), undefined);
    assert.deepEqual(await stranger.tables.packs(undefined, 10), []);
    const copies = record.copies.map(({ acknowledgement: { storeId, copyId } }) => ({
      storeId,
      copyId,
    }));
    const tickets = (from: Agent) =>
      from.coordinator.call(CUSTODY_ENDPOINTS.tickets, { body: { copies } });
    await assert.rejects(tickets(stranger), isCode('refused'));
    await assert.rejects(tickets(agent), isCode('refused'), 'not in custody before it is recorded');
    const mine = await agent.tables.beginSession('backup');
    await agent.tables.recordPacks(mine, [record]);
    assert.equal((await tickets(agent)).tickets.length, 2);
    await assert.rejects(tickets(stranger), isCode('refused'));
  });

  test('B1: a copy of a store without a port is read through the gateway, with a ticket only', async () => {
    const pack = newPack(1);
    const record = await send(agent, pack);
    const session = await agent.tables.beginSession('backup');
    await agent.tables.recordPacks(session, [record]);
    const { storeId, copyId, leafCount } = must(record.copies[0], 'a copy').acknowledgement;
    const { tickets } = await agent.coordinator.call(CUSTODY_ENDPOINTS.tickets, {
      body: { copies: [{ storeId, copyId }] },
    });
    const read = (authorization: string | undefined, from = agent) =>
      from.gateway.call(GATEWAY_ENDPOINTS.relayLeaves, {
        params: { store: storeId, copy: copyId },
        query: { first: 0, count: leafCount },
        ...(authorization === undefined ? {} : { authorization }),
      });
    const word = `Kura ${ticketWord(must(tickets[0], 'a ticket'))}`;
    const leaves = await readWhole(await read(word));
    const hashes = must(record.copies[0], 'a copy').leafHashes;
    const first = createHash('sha256').update(leaves.subarray(0, shape.leafBytes)).digest();
    assert.equal(Buffer.compare(first, hashes.subarray(0, 32)), 0);
    await assert.rejects(read(undefined), isCode('refused'));
    const stolen = service.agent(await service.join());
    await assert.rejects(read(word, stolen), isCode('refused'), 'it is bound to a key');
  });

  test('A15: a store that goes away is replaced by the next, and is ranked down for all', async () => {
    const pack = newPack(2);
    const record = await send(agent, pack);
    const gone = must(record.copies[0], 'a copy').acknowledgement.storeId;
    const store = must(
      service.stores.find(({ storeId }) => storeId === gone),
      'a store of the service',
    );
    // Its shelf is taken away under it: it answers, and takes nothing.
    fs.renameSync(`${store.folder}/shelf`, `${store.folder}/away`);
    const next = await send(agent, newPack());
    const holders = next.copies.map((copy) => copy.acknowledgement.storeId);
    assert.ok(!holders.includes(gone));
    assert.equal(holders.length, 2);
    assert.deepEqual(
      next.failures.map((failure) => failure.storeId),
      [gone],
    );
    fs.renameSync(`${store.folder}/away`, `${store.folder}/shelf`);
    const later = await send(agent, newPack());
    const found = later.copies.map((copy) => copy.acknowledgement.storeId);
    assert.ok(!found.includes(gone), 'asked only if nothing else is left');
    assert.deepEqual(later.failures, []);
    await service.tables.kysely.deleteFrom('store_scores').execute();
  });

  test('A10: a copy that a device found at fault is looked at by the network, and made anew', async () => {
    const record = await send(agent, newPack(1));
    const session = await agent.tables.beginSession('backup');
    await agent.tables.recordPacks(session, [record]);
    const { storeId, copyId, root } = must(record.copies[0], 'a copy').acknowledgement;
    const store = must(
      service.stores.find((one) => one.storeId === storeId),
      'a store of the service',
    );
    const file = `${store.folder}/shelf/copies/${copyId.slice(0, 2)}/${copyId}`;
    fs.rmSync(file);
    const why = 'it is missing';
    await agent.tables.reportFault(record.packId, storeId, why);
    await agent.tables.reportFault(record.packId, storeId, why);
    const opened = await service.tables.kysely.selectFrom('incidents').selectAll().execute();
    assert.equal(opened.length, 1, 'once');
    const copyNow = async () => {
      const row = await agent.tables.pack(record.packId);
      return row?.copies.find((one) => one.storeId === storeId);
    };
    const verdict = async (): Promise<string | null | undefined> =>
      (await service.tables.kysely.selectFrom('incidents').select('verdict').executeTakeFirst())
        ?.verdict;
    while ((await verdict()) === null || (await copyNow())?.state !== 'held') await setImmediate();
    assert.equal(await verdict(), 'loss');
    assert.ok(fs.existsSync(file));
    const copy = await copyNow();
    assert.equal(copy?.state, 'held');
    assert.equal(Buffer.compare(must(copy, 'a copy').root, root), 0, 'the same bytes');
    const stranger = service.agent(await service.join());
    const foreign = stranger.tables.reportFault(record.packId, storeId, why);
    await assert.rejects(foreign, isCode('not_found'));
  });

  test('what changed is told once, and a page never cuts what belongs together', async () => {
    const other = service.agent(await service.join());
    const session = await other.tables.beginSession('backup');
    const records: PackRecord[] = [];
    for (let count = 0; count < 5; count++) records.push(await send(other, newPack()));
    await other.tables.recordPacks(session, records.slice(0, 3));
    await other.tables.recordPacks(session, records.slice(3));
    const first = await other.tables.changedPacks(0, 1);
    assert.deepEqual([first.rows.length, first.isComplete], [3, false]);
    const second = await other.tables.changedPacks(first.tick, 10);
    assert.deepEqual([second.rows.length, second.isComplete], [2, true]);
    const none = await other.tables.changedPacks(second.tick, 10);
    assert.deepEqual([none.rows, none.dropped, none.isComplete], [[], [], true]);
    const [marked] = records;
    await other.tables.markPacks([must(marked, 'a pack').packId]);
    const third = await other.tables.changedPacks(second.tick, 10);
    assert.deepEqual(
      third.rows.map((row) => [row.packId, row.state]),
      [[must(marked, 'a pack').packId, 'marked']],
    );
  });

  test('A16: notices that are overtaken are given up in a prune of their owner, and nowhere else', async () => {
    const member = await service.join();
    const { memberId } = member;
    const other = service.agent(member);
    const backup = await other.tables.beginSession('backup');
    const lying = [await send(other, newPack()), await send(other, newPack())];
    await service.tables.transact(async (rows) => {
      for (const [index, record] of lying.entries()) {
        const row = { member_id: memberId, number: index + 1, pack_id: record.packId, body: '' };
        const times = { made_ms: 0, next_ms: 0, tries: 0 };
        const stored = { state: 'stored', signature: '', record: recordText(record) } as const;
        await rows
          .insertInto('notices')
          .values({ ...row, ...times, ...stored })
          .execute();
      }
    });
    const [first, newest] = lying.map(({ packId: id }) => id);
    const stateOf = async (id = first) => (await other.tables.pack(must(id, 'a pack')))?.state;
    await assert.rejects(other.tables.releaseNotices(backup, 2), isCode('refused'));
    await other.tables.endSession(backup);
    const prune = await other.tables.beginSession('prune');
    const thief = service.agent({ ...member, ownerSeed: random.bytes(32) });
    await assert.rejects(thief.tables.releaseNotices(prune, 2), isCode('refused'));
    assert.equal(await stateOf(), undefined);
    await other.tables.releaseNotices(prune, 2);
    await other.tables.releaseNotices(prune, 2);
    assert.equal(await stateOf(), 'destroying');
    assert.equal(await stateOf(newest), undefined);
    const id = must(first, 'a pack');
    assert.deepEqual(await other.tables.condemnPacks(prune, [id], []), [first]);
    // Its removal is taken back like any other; nothing needs it, so the next prune gives it up again.
    const { copies } = must(lying[0], 'the first notice');
    await other.tables.orderRemoval(
      [id],
      ordersFor(copies, { by: member.ownerSeed, delayMs: 2 * DAY_MS }),
    );
    await other.tables.endSession(prune);
    assert.equal(await stateOf(), undefined);
    const { removals } = await other.coordinator.call(REMOVALS.removals, { query: { limit: 1 } });
    const removal = must(removals[0], 'its removal').removalId;
    await other.coordinator.call(REMOVALS.revokeRemoval, { params: { removal } });
    assert.equal(await stateOf(), 'standing');
    assert.equal((await other.tables.pack(id))?.copies.length, copies.length);
    await other.tables.markPacks([id]);
    const again = await other.tables.beginSession('prune');
    assert.deepEqual(await other.tables.condemnPacks(again, [id], []), [first]);
    await other.tables.endSession(again);
  });

  test('D13: rows go with the order, warrants wait and can be revoked; less than all copies is refused', async () => {
    const member = await service.join();
    const other = service.agent(member);
    const session = await other.tables.beginSession('backup');
    const record = await send(other, newPack());
    await other.tables.recordPacks(session, [record]);
    await other.tables.endSession(session);
    const prune = await other.tables.beginSession('prune');
    const order = (copies: PackRecord['copies'], by = member.ownerSeed, delayMs = 2 * DAY_MS) =>
      ordersFor(copies, { by, delayMs });
    const { packId: id } = record;
    await assert.rejects(other.tables.orderRemoval([id], order(record.copies)), isCode('refused'));
    await other.tables.markPacks([id]);
    const thief = service.agent({ ...member, ownerSeed: random.bytes(32) });
    await assert.rejects(thief.tables.condemnPacks(prune, [id], []), isCode('refused'));
    assert.equal((await other.tables.pack(id))?.state, 'marked');
    assert.deepEqual(await other.tables.condemnPacks(prune, [id], []), [id]);
    const refused = [
      order(record.copies.slice(1)),
      order(record.copies, random.bytes(32)),
      order(record.copies, member.ownerSeed, 0),
      order(record.copies, member.ownerSeed, 3652 * DAY_MS),
    ];
    for (const warrants of refused) {
      await assert.rejects(other.tables.orderRemoval([id], warrants), isCode('refused'));
    }
    const whole = order(record.copies);
    await other.tables.orderRemoval([id], whole);
    await other.tables.orderRemoval([id], whole);
    assert.equal(await other.tables.pack(id), undefined);
    const states = async (): Promise<string[]> => {
      const rows = await service.tables.kysely
        .selectFrom('warrants')
        .select('state')
        .where('member_id', '=', member.memberId)
        .execute();
      return rows.map((row) => row.state);
    };
    assert.deepEqual(await states(), ['waiting', 'waiting']);
    const { dropped } = await other.tables.changedPacks(0, 10);
    assert.deepEqual(dropped, [id]);
    const asked = () => other.coordinator.call(REMOVALS.removals, { query: { limit: 10 } });
    const { removals } = await asked();
    const { removalId: removal, state, packs } = must(removals[0], 'a removal');
    assert.deepEqual([removals.length, state, packs], [1, 'waiting', 1]);
    const stranger = service.agent(await service.join());
    const revoke = (by: Agent) =>
      by.coordinator.call(REMOVALS.revokeRemoval, { params: { removal } });
    await assert.rejects(revoke(stranger), isCode('not_found'));
    await revoke(other);
    assert.equal((await other.tables.pack(id))?.copies.length, record.copies.length);
    assert.deepEqual(await states(), ['revoked', 'revoked']);
    assert.equal((await asked()).removals[0]?.state, 'revoked');
  });
});
