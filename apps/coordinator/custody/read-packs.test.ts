import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CopyId, type PackId, toHex } from '@kura/base';
import { sql } from 'kysely';
import type { CoordinatorDatabase } from '../db/tables.ts';
import { foundTestNetwork, refusal, storeAt } from '../fixtures.ts';

const PACKS = 5000;

test('5,000 packs are paged in the order of their ids, each once, with their copies', async () => {
  const network = await foundTestNetwork();
  const { coordinator, random } = network;
  const session = await coordinator.beginSession('repair');
  const found = Array.from({ length: PACKS }, () => ({
    packId: toHex(random.bytes(32)) as PackId,
    leafCount: 4,
    copies: [0, 1].map((number) => ({
      storeId: storeAt(network, number).identity.storeId,
      copyId: toHex(random.bytes(32)) as CopyId,
      root: random.bytes(32),
    })),
  }));
  await coordinator.adoptPacks(session, found);
  const paged: PackId[] = [];
  for (let after: PackId | undefined; ; after = paged.at(-1)) {
    const page = await coordinator.packs(after, 700);
    if (page.length === 0) break;
    assert.ok(page.every((pack) => pack.copies.length === 2));
    paged.push(...page.map((pack) => pack.packId));
  }
  assert.deepEqual(paged, found.map((pack) => pack.packId).toSorted());
  await assert.rejects(coordinator.packs(undefined, 0), /a page has 1 to 10000 packs/);
});

test('no query that runs per page, per pack or per batch reads a whole table', async () => {
  const { database } = await foundTestNetwork();
  const of = "member_id = 'm'";
  const queries = [
    `select pack_id from packs where ${of} and pack_id > 'a' order by pack_id limit 10`,
    `select pack_id from copies where ${of} and pack_id >= 'a' and pack_id <= 'b'
       order by pack_id, store_id`,
    `select pack_id from copies where ${of} and pack_id in ('a', 'b') order by store_id`,
    `update packs set state = 'marked' where ${of} and pack_id in ('a', 'b') and state = 'standing'`,
    `update copies set state = 'lost' where store_id = 's'`,
    `select pack_id from packs where ${of} and changed_at > 5 order by changed_at limit 10`,
    `select pack_id from dropped_packs where ${of} and pack_id in ('a', 'b')`,
    `select pack_id from dropped_packs where ${of} and dropped_at > 5 order by dropped_at limit 10`,
    `delete from packs where ${of} and pack_id in ('a', 'b')`,
    `select body from receipts where ${of} and snapshot_id = 'a'`,
    `select snapshot_id from snapshots where ${of} order by committed_at`,
    `select session_id from sessions where ${of} order by began_at`,
    `select session_id from journal where ${of} order by began_at desc limit 10`,
    'select session_id from sessions where renewed_ms < 5',
    `select packs.session_id, copies.store_id, count(*) from packs inner join copies
       on copies.member_id = packs.member_id and copies.pack_id = packs.pack_id
       where packs.${of} and packs.session_id in ('a', 'b') and copies.state = 'held'
       group by packs.session_id, copies.store_id`,
    `select inbox.number from inbox left join webhook_calls as calls
       on calls.member_id = inbox.member_id and calls.number = inbox.number
       where inbox.kind = 'incident' and inbox.made_ms > 5
       and (calls.tries is null or calls.next_ms <= 7) order by inbox.made_ms limit 20`,
  ];
  for (const query of queries) {
    for (const step of await planOf(database, query)) {
      assert.doesNotMatch(step, /^SCAN|Seq Scan/, query);
    }
  }
});

test('events that wait for their leaf are found among all that there are', async () => {
  const { database } = await foundTestNetwork();
  const query = `select * from custody_events where leaf_index is null and member_id not in
    (select member_id from awaited_returns) order by member_id, number limit 100`;
  const steps = (await planOf(database, query)).join();
  assert.match(steps, /(?:INDEX|Scan using|Index Scan on) custody_events_unlogged/);
});

/** How the database would go about it; scans are avoided where it has a choice. */
async function planOf(database: CoordinatorDatabase, query: string): Promise<readonly string[]> {
  const isServer = database.capabilities.parallelWriters;
  return database.transact(async (rows) => {
    if (isServer) await sql`set local enable_seqscan = off`.execute(rows);
    const explain = sql.raw<Record<string, unknown>>(
      `${isServer ? 'explain' : 'explain query plan'} ${query}`,
    );
    const { rows: steps } = await explain.execute(rows);
    return steps.map((step) => String(step.detail ?? step['QUERY PLAN']));
  });
}

test('a damaged copy is told from a lost and a held one', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const session = await coordinator.beginSession('check');
  const pack = network.newPack(network.stores);
  await coordinator.recordPacks(session, [pack]);
  const states = ['damaged', 'lost', 'held'] as const;
  for (const [number, state] of states.entries()) {
    const { storeId } = storeAt(network, number).identity;
    await coordinator.setCopyState(pack.packId, storeId, state);
    const row = await coordinator.pack(pack.packId);
    assert.equal(row?.copies.find((copy) => copy.storeId === storeId)?.state, state);
  }
  const unknown = coordinator.setCopyState(
    network.newPack().packId,
    storeAt(network, 0).identity.storeId,
    'lost',
  );
  await assert.rejects(unknown, refusal('not_found'));
});
