// Warrants reach their stores when their time has come, not before, and once; a store that refuses one keeps its
// copy, and is asked again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyId, DAY_MS, KuraError, type StoreId, toHex } from '@kura/base';
import { type DestroyPackWarrant, encodeWarrant, signWarrant, type Warrant } from '@kura/contract';
import { foundTestNetwork, START_MS, storeAt } from '../fixtures.ts';
import { Leases } from '../leases/leases.ts';
import { StoreErrands } from './store-errands.ts';

const OWNER_SEED = new Uint8Array(32).fill(4);

async function scene() {
  const network = await foundTestNetwork();
  const { database, clock, random } = network;
  const { storeId } = storeAt(network, 0).identity;
  const memberId = network.coordinator.memberId;
  const warrant = signWarrant<DestroyPackWarrant>(
    {
      kind: 'destroy-pack',
      storeId,
      copyIds: [copyId(toHex(random.bytes(32)))],
      issuedMs: START_MS,
      notBeforeMs: START_MS + DAY_MS,
    },
    OWNER_SEED,
  );
  await database.transact((rows) =>
    rows
      .insertInto('warrants')
      .values({
        warrant_id: 'ab'.repeat(16),
        member_id: memberId,
        store_id: storeId,
        body: encodeWarrant(warrant),
        not_before_ms: warrant.notBeforeMs,
        state: 'waiting',
      })
      .execute(),
  );
  const handed: Warrant[] = [];
  const failed: StoreId[] = [];
  const at = { database, clock, storeId, warrant, handed, failed, refuses: false };
  const errandsOf = (holder: string): StoreErrands =>
    new StoreErrands({
      database,
      leases: new Leases({ database, holder }),
      nowMs: () => clock.nowMs(),
      random,
      onFailure: (id) => failed.push(id),
      stores: {
        reachable: () => new Set([storeId]),
        remote: () => ({
          obey: async (given) => {
            if (at.refuses) throw new KuraError('refused', 'not by this key');
            handed.push(given);
            return undefined;
          },
        }),
      },
    });
  return { at, errandsOf };
}

async function stateOf({ database }: Awaited<ReturnType<typeof scene>>['at']): Promise<string> {
  const row = await database.kysely
    .selectFrom('warrants')
    .select('state')
    .executeTakeFirstOrThrow();
  return row.state;
}

test('D13: a warrant is handed over when its time has come, and once', async () => {
  const { at, errandsOf } = await scene();
  const errands = errandsOf('one');
  at.clock.now = START_MS + DAY_MS - 1;
  await errands.bringWarrants();
  assert.deepEqual(at.handed, []);
  at.clock.now++;
  await errands.bringWarrants();
  await errands.bringWarrants();
  assert.deepEqual(at.handed, [at.warrant]);
  assert.equal(await stateOf(at), 'obeyed');
});

test('a store that refuses is asked again; another gateway stays away meanwhile', async () => {
  const { at, errandsOf } = await scene();
  const [one, other] = [errandsOf('one'), errandsOf('other')];
  at.clock.now = START_MS + DAY_MS;
  at.refuses = true;
  await one.bringWarrants();
  assert.deepEqual(at.failed, [at.storeId]);
  assert.equal(await stateOf(at), 'waiting');
  at.refuses = false;
  await other.bringWarrants();
  assert.deepEqual(at.handed, [], 'the first gateway holds the lease');
  await one.bringWarrants();
  assert.equal(await stateOf(at), 'obeyed');
});
