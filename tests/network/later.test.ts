// Goal: what a network does by itself when days have passed, by the programs themselves: stores remove what its owner
// ordered and sign for it (D13), and what a store that fell silent had is made again elsewhere, with no key of its
// owner (A2). The clock of coordinator and stores is the system's, and a test moves it on.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { RemotePackSink } from '@kura/agent/network/remote-pack-sink.ts';
import {
  type AlarmClock,
  systemAlarmClock as clock,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  must,
  packId,
  systemRandom as random,
  SMALL_SHAPE,
  toHex,
} from '@kura/base';
import {
  type DestroyPackWarrant,
  ed25519PublicKey,
  encodeWarrant,
  openRemovalConfirmation,
  type PackRecord,
  signClosingConsent,
  signWarrant,
} from '@kura/contract';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { CLOSING_ENDPOINTS as CLOSINGS } from '@kura/contract/wire/endpoints/closings.ts';
import { REMOVAL_ENDPOINTS } from '@kura/contract/wire/endpoints/removals.ts';
import { giveNotice } from '@kura/coordinator/closing/closings.ts';
import { readEvents } from '@kura/coordinator/custody/log-events.ts';
import { setMemberState } from '@kura/coordinator/members/members.ts';
import { AWAY_IS_LOST_MS } from '@kura/coordinator/moves/outlook.ts';
import { orderHold } from '@kura/coordinator/stores/holds.ts';
import { parseEvent } from '@kura/log/events.ts';
import { HANG_MS } from '../real/kura.ts';
import { knowNotice } from './known-notice.ts';
import { SmallService, type TestDevice } from './small-service.ts';

/** Of every SmallService. */
const DELAY_MS = DAY_MS;

class MovedClock implements AlarmClock {
  aheadMs = 0;
  readonly after = clock.after;
  readonly elapsedMs = clock.elapsedMs;
  readonly nowMs = (): number => clock.nowMs() + this.aheadMs;
}

describe('days later', () => {
  const moved = new MovedClock();
  let service: SmallService;
  let member: TestDevice;
  let agent: ReturnType<SmallService['agent']>;

  before(async () => {
    service = await SmallService.start(['osaka', 'frankfurt', 'seoul'], { clock: moved });
    // Of what they state, lower levels leave a share to higher ones: less than this machine's disk has to be free.
    await service.tables.kysely.updateTable('stores').set({ capacity_bytes: 1e9 }).execute();
    member = await service.join();
    agent = service.agent(member);
  });
  after(() => service?.close());

  let hasGivenUp = false;
  /** What hangs is named, and does not let those after it hang as well. */
  async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    assert.ok(!hasGivenUp, 'a case before this one waited in vain');
    const fromMs = clock.elapsedMs();
    while (!(await isSo())) {
      hasGivenUp = clock.elapsedMs() - fromMs > HANG_MS;
      assert.ok(!hasGivenUp, `waited in vain for: ${what}`);
      await setImmediate();
    }
  }

  async function save(by = agent): Promise<PackRecord> {
    const session = await by.tables.beginSession('backup');
    const { gateway: client, deviceSeed } = by;
    const sink = new RemotePackSink({
      ...{ client, shape: SMALL_SHAPE, session, clock, deviceSeed },
      meet: async () => undefined,
    });
    const [leaves] = SMALL_SHAPE.packLeaves;
    const upload = await sink.open(packId(toHex(random.bytes(32))), leaves);
    await upload.write(random.bytes(leaves * SMALL_SHAPE.leafBytes));
    const record = await upload.finish();
    await by.tables.recordPacks(session, [record]);
    await by.tables.endSession(session);
    return record;
  }

  const fileOf = ({ acknowledgement: { storeId, copyId } }: PackRecord['copies'][number]) => {
    const store = must(
      service.stores.find((one) => one.storeId === storeId),
      'a store of the service',
    );
    return `${store.folder}/shelf/copies/${copyId.slice(0, 2)}/${copyId}`;
  };

  /** As if the stores had had the notice of this member for so much longer. */
  async function knownFor(heldMs: number, { memberId, ownerSeed }: TestDevice): Promise<void> {
    const told = await service.tables.kysely
      .selectFrom('closing_stores')
      .select(['store_id', 'notice'])
      .where('member_id', '=', memberId)
      .execute();
    for (const { store_id: storeId, notice } of told) {
      const { folder } = must(
        service.stores.find((one) => one.storeId === storeId),
        'a store of the service',
      );
      await knowNotice({
        ...{ state: `${folder}/state`, storeId, notice: must(notice, 'a notice'), heldMs },
        coordinatorKey: service.keys.coordinatorKey,
        ...{ ownerKey: ed25519PublicKey(ownerSeed), nowMs: moved.nowMs() },
      });
    }
    await service.tables.kysely
      .updateTable('closing_stores')
      .set({ next_ms: moved.nowMs() })
      .where('member_id', '=', memberId)
      .execute();
  }

  /** By its owner; due after the delay. */
  async function orderRemovalOf({ packId: id, copies }: PackRecord) {
    const prune = await agent.tables.beginSession('prune');
    await agent.tables.markPacks([id]);
    await agent.tables.condemnPacks(prune, [id], []);
    const issuedMs = moved.nowMs();
    const warrants = copies.map(({ acknowledgement: { storeId, copyId } }) =>
      signWarrant<DestroyPackWarrant>(
        {
          ...{ kind: 'destroy-pack', storeId, copyIds: [copyId] },
          ...{ issuedMs, notBeforeMs: issuedMs + DELAY_MS },
        },
        member.ownerSeed,
      ),
    );
    await agent.tables.orderRemoval([id], warrants);
    await agent.tables.endSession(prune);
    return warrants;
  }

  /** The newest. */
  async function removal() {
    const asked = { query: { limit: 1 } };
    const { removals } = await agent.coordinator.call(REMOVAL_ENDPOINTS.removals, asked);
    return must(removals[0], 'the removal');
  }

  it('D13: each store removes what was ordered, signs for it, and the log has what it signed', async () => {
    const record = await save();
    const { copies } = record;
    const warrants = await orderRemovalOf(record);
    assert.ok(
      copies.every((copy) => fs.existsSync(fileOf(copy))),
      'it waits for its time',
    );
    moved.aheadMs += DELAY_MS;
    await until('the removal done', async () => (await removal()).state === 'done');
    assert.ok(
      copies.every((copy) => !fs.existsSync(fileOf(copy))),
      'the bytes are gone',
    );
    const { kysely: rows } = service.tables;
    const confirmed = await rows.selectFrom('removal_stores').selectAll().execute();
    assert.equal(confirmed.length, copies.length);
    const { stores } = await agent.tables.describe();
    for (const { store_id: storeId, confirmation } of confirmed) {
      const store = stores.find(({ identity }) => identity.storeId === storeId);
      const warrant = must(
        warrants.find((one) => one.storeId === storeId),
        'its warrant',
      );
      openRemovalConfirmation(must(confirmation, 'what it signed'), {
        ...{ storeId, storeKey: must(store, 'a store').identity.publicKey },
        encodedWarrant: encodeWarrant(warrant),
      });
    }
    const of = { rows, memberId: member.memberId };
    const events = (await readEvents(of, { after: 0, limit: 10 })).map(({ body }) =>
      parseEvent(body),
    );
    const deleted = events.filter(({ event }) => event === 'deleted');
    assert.equal(deleted.length, 1);
  });

  it('D13: a store that the operator holds removes nothing, over its own start, until it is released', async () => {
    const record = await save();
    const [first, ...others] = record.copies;
    const kept = must(first, 'a copy');
    const { storeId } = kept.acknowledgement;
    const holding = must(
      service.stores.find((one) => one.storeId === storeId),
      'its store',
    );
    await orderRemovalOf(record);
    const order = (isHeld: boolean) =>
      service.tables.transact((rows) =>
        orderHold(rows, storeId, { isHeld, why: '', operator: 'ada', nowMs: moved.nowMs() }),
      );
    const { kysely: rows } = service.tables;
    const held = () =>
      rows
        .selectFrom('stores')
        .select(['is_held', 'hold_number', 'hold_heard'])
        .where('store_id', '=', storeId)
        .executeTakeFirstOrThrow();
    await order(true);
    await service.restart(holding);
    moved.aheadMs += DELAY_MS;
    const confirmed = async () => {
      const { stores } = await removal();
      return stores.filter(({ confirmedMs }) => confirmedMs !== undefined);
    };
    await until('the others remove', async () => (await confirmed()).length >= others.length);
    assert.ok(others.every((copy) => !fs.existsSync(fileOf(copy))));
    assert.ok(fs.existsSync(fileOf(kept)), 'what lies at the held store stays');
    assert.equal((await removal()).state, 'carrying');
    // Tables from before the hold: it is the store that remembers.
    const unheld = { is_held: 0, hold_number: 0, hold_heard: 0 } as const;
    await rows.updateTable('stores').set(unheld).where('store_id', '=', storeId).execute();
    await service.restart(holding);
    assert.deepEqual({ ...(await held()) }, { is_held: 1, hold_number: 1, hold_heard: 1 });
    assert.ok(fs.existsSync(fileOf(kept)));
    await order(false);
    await service.restart(holding);
    await until('the removal done', async () => (await removal()).state === 'done');
    assert.ok(!fs.existsSync(fileOf(kept)));
  });

  it('D13: an operator’s closing removes nothing before each store has known it for its days', async () => {
    const leaving = await service.join();
    const { memberId, ownerSeed } = leaving;
    const device = service.agent(leaving);
    const record = await save(device);
    const { kysely: rows } = service.tables;
    const givenMs = moved.nowMs() - 31 * DAY_MS;
    const consented = { memberId, days: 30, timeMs: givenMs - DAY_MS };
    const consent = signClosingConsent(consented, ownerSeed);
    await device.coordinator.call(CLOSINGS.consentToClosing, { body: { consent } });
    const { coordinatorSeed } = service.keys;
    await service.tables.transact(async (all) => {
      await all
        .updateTable('contracts')
        .set({ from_ms: 0 })
        .where('member_id', '=', memberId)
        .execute();
      await setMemberState({ rows: all, memberId }, 'closed', givenMs);
      const order = { days: undefined, operator: 'ada', coordinatorSeed, nowMs: givenMs };
      await giveNotice({ rows: all, memberId }, order);
    });
    const own = async () => {
      const { closings } = await device.coordinator.call(CLOSINGS.ownClosings, {
        query: { limit: 1 },
      });
      return must(closings[0], 'the closing');
    };
    // The days are over by the coordinator's tables; the stores hear of it now.
    await until('it is ordered', async () => (await own()).state === 'ordering');
    const waiting = () =>
      rows.selectFrom('warrants').select('state').where('member_id', '=', memberId).execute();
    await until('the warrants', async () => (await waiting()).length >= record.copies.length);
    moved.aheadMs += DELAY_MS;
    const untold = () =>
      rows
        .selectFrom('closing_stores')
        .where('next_ms', '<=', moved.nowMs())
        .select('store_id')
        .execute();
    await until('every store told', async () => (await untold()).length === 0);
    assert.ok(
      (await waiting()).every(({ state }) => state === 'early'),
      'no store has known it for longer than since a moment ago',
    );
    assert.ok(record.copies.every((copy) => fs.existsSync(fileOf(copy))));
    await knownFor(31 * DAY_MS, leaving);
    await until('the closing done', async () => (await own()).state === 'done');
    assert.ok(
      record.copies.every((copy) => !fs.existsSync(fileOf(copy))),
      'the bytes are gone',
    );
    const { messages } = await device.coordinator.call(ACCOUNT_ENDPOINTS.inbox, {
      query: { after: 0, limit: 100 },
    });
    const told = messages.filter(({ kind }) => kind === 'contract');
    const confirmed = told.filter(({ body }) => body.includes('confirmed'));
    assert.equal(confirmed.length, record.copies.length);
  });

  it('A2: what a silent store had is made again elsewhere, begun within the hour', async () => {
    const { packId: id, copies } = await save();
    const gone = must(copies[0], 'a copy').acknowledgement.storeId;
    const silent = must(
      service.stores.find(({ storeId }) => storeId === gone),
      'its store',
    );
    await silent.program.stop(0);
    const { kysely: rows } = service.tables;
    const stateOf = async () => {
      const row = await rows
        .selectFrom('stores')
        .select(['state', 'away_since_ms'])
        .where('store_id', '=', gone)
        .executeTakeFirstOrThrow();
      return row;
    };
    moved.aheadMs += 2 * MINUTE_MS;
    await until('it is away', async () => (await stateOf()).state === 'unreachable');
    // The clock has left the others behind as well: until they are heard again they are away, and would be lost.
    const others = () =>
      rows.selectFrom('stores').select('state').where('store_id', '!=', gone).execute();
    const allActive = async () => (await others()).every(({ state }) => state === 'active');
    await until('the others heard again', allActive);
    moved.aheadMs += AWAY_IS_LOST_MS;
    const lostMs = ((await stateOf()).away_since_ms ?? 0) + AWAY_IS_LOST_MS;
    const standing = async () => {
      const pack = must(await agent.tables.pack(id), 'the pack');
      return pack.copies.filter(({ storeId, state }) => storeId !== gone && state === 'held');
    };
    await until('two copies elsewhere', async () => (await standing()).length >= 2);
    const spread = new Set((await standing()).map(({ storeId }) => storeId));
    assert.equal(spread.size, 2, 'two stores, and none of them the silent one');
    const of = { rows, memberId: member.memberId };
    const repaired = async () =>
      (await readEvents(of, { after: 0, limit: 100 })).filter(({ event }) => event === 'repaired');
    await until('its event', async () => (await repaired()).length > 0);
    // What was planned in a moment in which others seemed to be away as well may have been given up again.
    const move = await rows
      .selectFrom('moves')
      .selectAll()
      .where('kind', '=', 'add')
      .where('member_id', '=', member.memberId)
      .where('state', '=', 'done')
      .executeTakeFirstOrThrow();
    assert.equal(move.cause, 'loss');
    assert.ok((move.started_ms ?? Number.POSITIVE_INFINITY) - lostMs <= HOUR_MS);
    assert.notEqual(move.from_store, gone);
  });
});
