// Goal: an upload that nobody records costs its member the room that it takes, until the owner orders it away; and
// its id meets no other bytes, whatever becomes of it (rows C4, R7, R32).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, deviceId, KuraError, type PackId, type StoreId } from '@kura/base';
import type { PackRecord } from '@kura/contract';
import { copyIdOf } from '@kura/copy-seal';
import { transact } from '@kura/database';
import { foundTestNetwork, refusal } from '../fixtures.ts';
import { embeddedCopyKeys } from '../gateway/copy-keys.ts';
import { Leases } from '../leases/leases.ts';
import { setContract } from '../members/contract.ts';
import { setPlan } from '../members/plans.ts';
import { readUsage } from '../members/usage.ts';
import { type Claim, claimUpload, noteStored } from './claim.ts';
import { expireStoredUploads } from './expire.ts';
import { OrphanSearch } from './find-orphans.ts';
import { recordText } from './record-text.ts';

const LEAF_BYTES = 4096;
const SECRET = new Uint8Array(32).fill(5);

/** A member whose plan holds two packs of four leaves. */
async function scene() {
  const network = await foundTestNetwork();
  const { database, coordinator, clock } = network;
  const of = { rows: database.kysely, memberId: coordinator.memberId };
  await transact(database, async (rows) => {
    const none = { archives: undefined, hours: undefined, usesPerDay: undefined };
    const levels = [{ fromYears: 0, level: 2 }] as const;
    const fee = { feeMinor: 0, currency: 'JPY' };
    const capacityBytes = 8 * LEAF_BYTES;
    await setPlan(rows, { planId: 'small', levels, capacityBytes, ...none, ...fee });
    const period = { fromMs: clock.nowMs(), toMs: undefined, paidUntilMs: undefined };
    await setContract({ ...of, rows }, { planId: 'small', ...period });
  });
  const claim = async ({ packId, leafCount }: PackRecord, digest = 1): Promise<Claim> => {
    const asked = {
      ...{ packId, leafCount, leafBytes: LEAF_BYTES, largestLeaves: 16 },
      nowMs: clock.nowMs(),
      ...{ deviceId: deviceId('dd'.repeat(16)), gatewayId: '9a'.repeat(16), holder: packId },
      sessionId: await coordinator.beginSession('backup'),
      digest: new Uint8Array(32).fill(digest),
    };
    try {
      await transact(database, (rows) => claimUpload({ ...of, rows }, asked));
    } finally {
      await coordinator.endSession(asked.sessionId);
    }
    return asked;
  };
  const upload = async (pack: PackRecord): Promise<void> => {
    const held = await claim(pack);
    await transact(database, (rows) => noteStored({ ...of, rows }, held, recordText(pack)));
  };
  const expire = () => transact(database, (rows) => expireStoredUploads(rows, clock.nowMs()));
  const claimedLeaves = async () => (await readUsage(of)).claimedLeaves;
  return { ...network, network, of, claim, upload, expire, claimedLeaves };
}

test('C4, R32: whoever fills the plan every day and records nothing is refused the second time', async () => {
  const { network, coordinator, clock, upload, expire, claim, of } = await scene();
  const packs = network.newPacks(2);
  for (const pack of packs) await upload(pack);
  clock.now += 2 * DAY_MS;
  assert.equal(await expire(), 2);
  await assert.rejects(claim(network.newPack()), refusal('refused', /plan holds/));
  assert.deepEqual(await readUsage(of), { packs: 2, leaves: 8, claimedLeaves: 0, snapshots: 0 });
  const rows = await coordinator.packs(undefined, 10);
  assert.deepEqual(
    rows.map((row) => [row.state, row.copies.length]),
    [
      ['destroying', 2],
      ['destroying', 2],
    ],
  );
});

test('C11: the next prune removes what expired, and its room is there again', async () => {
  const { network, coordinator, clock, upload, expire, claim } = await scene();
  const packs = network.newPacks(2);
  for (const pack of packs) await upload(pack);
  clock.now += 2 * DAY_MS;
  await expire();
  const ids = packs.map(({ packId }) => packId);
  const backup = await coordinator.beginSession('backup');
  const commit = coordinator.commitSnapshot(backup, network.head(ids), ids);
  await assert.rejects(commit, refusal('refused', /is being destroyed/));
  await coordinator.endSession(backup);
  const prune = await coordinator.beginSession('prune');
  assert.deepEqual([...(await coordinator.condemnPacks(prune, ids, []))].sort(), ids.toSorted());
  await coordinator.dropPacks(ids);
  await coordinator.endSession(prune);
  await claim(network.newPack());
});

test('R7: an id that was claimed meets no other bytes after its upload has expired', async () => {
  const { network, clock, upload, expire, claim } = await scene();
  const pack = network.newPack();
  await upload(pack);
  clock.now += 2 * DAY_MS;
  await expire();
  await assert.rejects(claim(pack, 2), refusal('already_exists'));
});

test('what a living session may still record does not expire', async () => {
  const { network, coordinator, clock, upload, expire, claimedLeaves } = await scene();
  await upload(network.newPack());
  clock.now += 2 * DAY_MS;
  const session = await coordinator.beginSession('backup');
  assert.equal(await expire(), 0);
  assert.equal(await claimedLeaves(), 4);
  await coordinator.endSession(session);
  clock.now -= 2 * DAY_MS;
  assert.equal(await expire(), 0, 'nor what is not a day old');
});

/** Stores that have copies of these packs, and one that may be away. */
async function search(made: Awaited<ReturnType<typeof scene>>, holders: readonly StoreId[]) {
  const { database, of, network } = made;
  const keys = embeddedCopyKeys(SECRET);
  for (const { identity } of network.stores) {
    const row = { store_id: identity.storeId, member_id: of.memberId, pseudonym: of.memberId };
    const known = { ...row, copy_key: null, admission: null };
    await of.rows.insertInto('store_members').values(known).execute();
  }
  const away = new Set<StoreId>();
  const held = new Set<string>();
  const keep = async (packId: PackId): Promise<void> => {
    for (const storeId of holders) {
      held.add(copyIdOf((await keys.keysFor(of.memberId, storeId)).copyKey, packId));
    }
  };
  const orphans = new OrphanSearch({
    network,
    leases: new Leases({ database, holder: 'one' }),
    keys,
    stores: {
      get: (storeId) => {
        if (away.has(storeId)) return undefined;
        return {
          stat: async (copyId) => {
            const leafHashes = new Uint8Array(4 * 32);
            if (held.has(copyId))
              return { copyId, leafCount: 4, root: new Uint8Array(32), leafHashes };
            throw new KuraError('missing', 'not here');
          },
        };
      },
    },
    onFailure: () => undefined,
  });
  return { orphans, away, keep };
}

test('C4: of an upload that broke off, the stores are asked; one that has a copy keeps its room taken', async () => {
  const made = await scene();
  const { network, coordinator, clock, claim, of, claimedLeaves } = made;
  const [first, second] = network.stores.map(({ identity }) => identity.storeId);
  assert.ok(first !== undefined && second !== undefined);
  const { orphans, away, keep } = await search(made, [first]);
  const [half, nothing] = network.newPacks(2);
  assert.ok(half !== undefined && nothing !== undefined);
  await claim(half);
  await claim(nothing);
  await keep(half.packId);
  await orphans.round();
  assert.equal(await claimedLeaves(), 8, 'not a day old');
  clock.now += 2 * DAY_MS;
  away.add(second);
  await orphans.round();
  assert.equal(await claimedLeaves(), 8, 'a store that is away may have copies');
  away.clear();
  await orphans.round();
  assert.deepEqual(await readUsage(of), { packs: 1, leaves: 4, claimedLeaves: 0, snapshots: 0 });
  const row = await coordinator.pack(half.packId);
  assert.equal(row?.state, 'destroying');
  assert.deepEqual(
    row?.copies.map(({ storeId }) => storeId),
    [first],
  );
  await assert.rejects(claim(nothing, 2), refusal('already_exists'));
});

test('an upload that somebody goes on with while stores are asked is left alone', async () => {
  const made = await scene();
  const { network, coordinator, clock, claim, claimedLeaves } = made;
  await claim(network.newPack());
  clock.now += 2 * DAY_MS;
  const { orphans } = await search(made, []);
  const session = await coordinator.beginSession('backup');
  await orphans.round();
  assert.equal(await claimedLeaves(), 4);
  await coordinator.endSession(session);
  await orphans.round();
  assert.equal(await claimedLeaves(), 0);
});
