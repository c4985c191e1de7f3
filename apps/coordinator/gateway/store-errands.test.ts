// Warrants reach their stores when their time has come, not before, and once; a store that refuses one keeps its
// copy, and is asked again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyId, DAY_MS, KuraError, type StoreId, toHex } from '@kura/base';
import { type DestroyPackWarrant, encodeWarrant, signWarrant, type Warrant } from '@kura/contract';
import { foundTestNetwork, START_MS, storeAt } from '../fixtures.ts';
import { Leases } from '../leases/leases.ts';
import { beginCarrying } from '../removal/confirm.ts';
import { orderHold } from '../stores/holds.ts';
import { StoreErrands } from './store-errands.ts';

const OWNER_SEED = new Uint8Array(32).fill(4);
const WARRANT = 'ab'.repeat(16);

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
        warrant_id: WARRANT,
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

test('D13: a store on hold is handed none until it is released, also one that is held at the last moment', async () => {
  const { at, errandsOf } = await scene();
  const errands = errandsOf('one');
  const order = (isHeld: boolean) =>
    at.database.transact((rows) =>
      orderHold(rows, at.storeId, { isHeld, why: '', operator: 'ada', nowMs: at.clock.now }),
    );
  at.clock.now = START_MS + DAY_MS;
  await order(true);
  await errands.bringWarrants();
  const begun = await at.database.transact((rows) => beginCarrying(rows, WARRANT, at.clock.now));
  assert.equal(begun, false);
  assert.deepEqual(at.handed, []);
  assert.equal(await stateOf(at), 'waiting');
  await order(false);
  await errands.bringWarrants();
  assert.deepEqual(at.handed, [at.warrant]);
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
