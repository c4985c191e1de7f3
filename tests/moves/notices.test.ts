// Goal: after copies have moved by themselves, the card of their member finds out by itself, with nobody there but
// stores that it knew before: where everything lies now, and how to read it at a store that it never heard of
// (A16, A21).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CopyFinder } from '@kura/agent/card/find-copies.ts';
import { findNotices } from '@kura/agent/card/find-notices.ts';
import { MINUTE_MS, must, type PackId, SMALL_SHAPE, type StoreId } from '@kura/base';
import {
  type DestroyPackWarrant,
  ed25519PublicKey,
  type StoreReader,
  signWarrant,
} from '@kura/contract';
import { embeddedCopyKeys } from '@kura/coordinator';
import { writeCustodyEvents } from '@kura/coordinator/custody/write-events.ts';
import { NETWORK_SECRET } from '@kura/coordinator/fixtures.ts';
import { Leases } from '@kura/coordinator/leases/leases.ts';
import { AGAIN_MS } from '@kura/coordinator/notices/make-notices.ts';
import { NoticeCarrier } from '@kura/coordinator/notices/notice-carrier.ts';
import { releaseNotices } from '@kura/coordinator/notices/release-notices.ts';
import { writeNotices } from '@kura/coordinator/notices/write-notices.ts';
import { noticeName } from '@kura/copy-seal';
import { deriveServiceKeys, newRoot } from '@kura/member-seal';
import { loadNative } from '@kura/native';
import { Stage } from './stage.ts';

const CITIES = ['osaka', 'frankfurt', 'ishikari', 'stockholm'];
const native = loadNative();
const COORDINATOR_SEED = new Uint8Array(32).fill(9);
const NAME_KEY = new Uint8Array(32).fill(8);
const keys = embeddedCopyKeys(NETWORK_SECRET);

describe('a card whose copies have moved', () => {
  let stage: Stage;
  let noticeKeys: ReturnType<typeof deriveServiceKeys>;

  const open = async (): Promise<void> => {
    stage = await Stage.open({ cities: CITIES });
    stage.network.unlock(NETWORK_SECRET);
    noticeKeys = deriveServiceKeys(newRoot(stage.random));
    await stage.database.transact(async (rows) => {
      const key = { notice_key: noticeKeys.noticeKey, card_key_hash: new Uint8Array(32).fill(4) };
      await rows.updateTable('members').set(key).where('member_id', '=', stage.member).execute();
      const readable = { kind: 'readable' as const, reader_address: '192.0.2.1:7445' };
      await rows.updateTable('stores').set(readable).execute();
    });
  };
  before(open);
  after(() => stage?.close());

  /** All that the coordinator and a gateway do about it. */
  const tellAll = async (): Promise<void> => {
    const transact = <T>(work: Parameters<typeof stage.database.transact<T>>[0]) =>
      stage.database.transact(work);
    await writeCustodyEvents(stage.network, transact);
    const parts = { keys, coordinatorSeed: COORDINATOR_SEED, noticeKeyOf: () => NAME_KEY };
    await writeNotices(stage.network, transact, parts);
    const leases = new Leases({ database: stage.database, holder: 'gateway' });
    await new NoticeCarrier({
      ...{ network: stage.network, leases, keys, native, stores: stage.ways() },
      onFailure: (error) => {
        throw error;
      },
    }).round();
  };

  /** What a card reads that knows the stores of these cities. */
  const read = async (cities: readonly string[], from = 0) => {
    const readers = new Map<StoreId, StoreReader>();
    const copyKeys = new Map<StoreId, Uint8Array>();
    for (const city of cities) {
      const store = must(stage.stores.get(city), 'a store');
      const { storeId } = store.identity;
      readers.set(storeId, store);
      copyKeys.set(storeId, (await keys.keysFor(stage.member, storeId)).copyKey);
    }
    const { noticeSeed, noticeKey } = noticeKeys;
    const coordinatorKey = ed25519PublicKey(COORDINATOR_SEED);
    return findNotices(from, {
      ...{ memberId: stage.member, nameKey: NAME_KEY, shape: SMALL_SHAPE, bulk: native.bulk },
      ...{ stores: { readers, copyKeys }, finder: new CopyFinder({ readers, copyKeys }) },
      keys: { noticeSeed, noticeKey, coordinatorKey },
      warn: (message) => assert.fail(message),
    });
  };

  it('A16: finds the notice at a store that it knew, and in it where its packs lie now', async () => {
    const { packId } = await stage.save(['osaka', 'frankfurt']);
    await stage.network.setStoreState(stage.idOf('osaka'), 'draining');
    const program = stage.program('one');
    await stage.run(program);
    await tellAll();
    const [notice, ...others] = await read(['frankfurt']);
    assert.deepEqual(others, []);
    const told = must(notice, 'a notice');
    const pack = must(
      told.packs.find((one) => one.packId === packId),
      'the pack that moved',
    );
    const cities = pack.copies.map(({ store }) => {
      const named = must(told.stores[store], 'a store of the notice');
      return stage.cityOf(named.identity.storeId);
    });
    assert.deepEqual(cities.sort(), await stage.heldAt(packId));
    assert.ok(!cities.includes('osaka'));
    for (const { store, root } of pack.copies) {
      const named = must(told.stores[store], 'a store of the notice');
      const { storeId } = named.identity;
      assert.ok(named.grant !== undefined && named.readers.length === 1);
      const { copyKey } = await keys.keysFor(stage.member, storeId);
      assert.deepEqual(named.copyKey, copyKey);
      const row = await stage.rows
        .selectFrom('copies')
        .select('root')
        .where('pack_id', '=', packId)
        .where('store_id', '=', storeId)
        .executeTakeFirstOrThrow();
      assert.deepEqual(root, row.root);
    }
  });

  it('A16: is told the next time only what has moved since, however often it is asked', async () => {
    await tellAll();
    assert.equal((await read(['frankfurt'])).length, 1);
    const { packId } = await stage.save(['frankfurt', 'ishikari']);
    await stage.network.setStoreState(stage.idOf('ishikari'), 'lost');
    stage.clock.now += AGAIN_MS - MINUTE_MS;
    await stage.run(stage.program('one'));
    await tellAll();
    assert.equal((await read(['frankfurt'], 1)).length, 0, 'one notice in ten minutes');
    stage.clock.now += MINUTE_MS;
    await tellAll();
    const [second, ...others] = await read(['frankfurt'], 1);
    assert.deepEqual(others, []);
    assert.equal(second?.number, 2);
    assert.ok(second?.packs.some((pack) => pack.packId === packId));
    const left = await stage.rows.selectFrom('moved_copies').selectAll().execute();
    assert.deepEqual(left, []);
  });

  it('A16: one that is overtaken goes with the next prune, and a card that is older finds the later one', async () => {
    const of = { rows: stage.rows, memberId: stage.member };
    const release = async (covered: number): Promise<readonly PackId[]> => {
      await stage.database.transact((rows) =>
        releaseNotices({ ...of, rows }, { covered, nowMs: stage.clock.now }),
      );
      const rows = await stage.coordinator(stage.member).packs(undefined, 100);
      return rows.filter(({ state }) => state === 'destroying').map(({ packId }) => packId);
    };
    assert.deepEqual(await release(0), [], 'no catalogue covers it');
    const numbersAt = async (city: string) => (await read([city])).map(({ number }) => number);
    assert.deepEqual(await numbersAt('frankfurt'), [1, 2]);
    const [overtaken, ...others] = await release(2);
    assert.deepEqual([overtaken, ...others], [noticeName(NAME_KEY, 1)], 'the newest stays');
    assert.deepEqual(await release(2), [overtaken], 'once');
    const row = await stage.coordinator(stage.member).pack(must(overtaken, 'the first notice'));
    for (const { storeId, copyId } of must(row, 'its row').copies) {
      const issuedMs = stage.clock.now;
      const fields = { kind: 'destroy-pack', storeId, copyIds: [copyId], issuedMs } as const;
      const warrant = signWarrant<DestroyPackWarrant>(
        { ...fields, notBeforeMs: issuedMs },
        stage.ownerSeed,
      );
      await must(stage.stores.get(stage.cityOf(storeId)), 'a store').remove(warrant);
    }
    for (const city of ['frankfurt', 'stockholm']) {
      assert.deepEqual(await numbersAt(city), [2], city);
    }
  });

  it('A16: one notice tells of all that moves at a time, and waits for what is on its way', async () => {
    stage.close();
    await open();
    const first = await stage.save(['osaka', 'frankfurt']);
    const second = await stage.save(['osaka', 'ishikari']);
    await stage.network.setStoreState(stage.idOf('osaka'), 'lost');
    // The second pack has no other source.
    stage.silent.add('ishikari');
    await stage.run(stage.program('one'));
    assert.ok((await stage.heldAt(first.packId)).includes('stockholm'));
    assert.deepEqual(await stage.heldAt(second.packId), ['ishikari']);
    await tellAll();
    assert.deepEqual(await read(['frankfurt', 'stockholm']), []);
    stage.silent.delete('ishikari');
    stage.clock.now += MINUTE_MS;
    await stage.run(stage.program('one'));
    await tellAll();
    const [notice, ...others] = await read(['frankfurt', 'stockholm']);
    assert.deepEqual(others, []);
    const told = must(notice, 'a notice').packs.map(({ packId }) => packId);
    assert.deepEqual(told, [first.packId, second.packId].sort());
  });

  it('A16: what never arrives holds up no notice for longer than ten minutes', async () => {
    stage.close();
    await open();
    const { packId } = await stage.save(['osaka', 'frankfurt']);
    await stage.save(['osaka', 'ishikari']);
    await stage.network.setStoreState(stage.idOf('osaka'), 'lost');
    stage.silent.add('ishikari');
    await stage.run(stage.program('one'));
    stage.clock.now += AGAIN_MS;
    await tellAll();
    const [notice] = await read(['frankfurt', 'stockholm']);
    assert.deepEqual(
      must(notice, 'a notice').packs.map((pack) => pack.packId),
      [packId],
    );
  });
});
