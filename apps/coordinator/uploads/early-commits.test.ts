// Goal: a backup whose device has hung up becomes a snapshot when all its packs are stored, and not before; and
// what never will be is told (row A19).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deviceId, PackIds, sessionId } from '@kura/base';
import { transact } from '@kura/database';
import { logSigner } from '../custody/log-key.ts';
import { foundTestNetwork, NETWORK_SECRET, refusal } from '../fixtures.ts';
import { readInbox } from '../inbox/inbox.ts';
import { reapSessions } from '../sessions/reap.ts';
import { CLAIM_LEASE_MS, claimUpload, noteReceived, noteStored, renewClaim } from './claim.ts';
import { earlyCommits, finishEarlyCommit, GIVEN_UP_MS, keepEarlyCommit } from './early-commits.ts';
import { recordText } from './record-text.ts';

const LEAF_BYTES = 4096;
const SESSION = sessionId('5e'.repeat(16));

/** A device that has sent two packs and hung up. */
async function handedOver() {
  const network = await foundTestNetwork();
  const { database, coordinator, clock } = network;
  const { memberId } = coordinator;
  const of = { rows: database.kysely, memberId };
  const session = await coordinator.beginSession('backup');
  const packs = network.newPacks(2);
  const uses = packs.map(({ packId }) => packId);
  const commit = { head: network.head(uses), uses: PackIds.of(new Set(uses)) ?? [] };
  const inRows = <T>(work: (of_: typeof of) => Promise<T>): Promise<T> =>
    transact(database, (rows) => work({ rows, memberId }));
  const held = packs.map(({ packId }, index) => ({ packId, holder: `holder ${index}` }));
  for (const [index, { packId, leafCount }] of packs.entries()) {
    const claim = {
      ...{ packId, leafCount, leafBytes: LEAF_BYTES, largestLeaves: leafCount, sessionId: session },
      ...{ digest: new Uint8Array(32).fill(index), gatewayId: '9a'.repeat(16) },
      ...{ deviceId: deviceId('dd'.repeat(16)), holder: `holder ${index}`, nowMs: clock.nowMs() },
    };
    await inRows((rows) => claimUpload(rows, claim));
    await inRows((rows) => noteReceived(rows, claim, clock.nowMs()));
  }
  await inRows((rows) => keepEarlyCommit(rows, session, { commit, nowMs: clock.nowMs() }));
  const finish = async () => {
    const [next] = await earlyCommits(database.kysely);
    assert.ok(next !== undefined, 'there is one');
    const strength = { minimumCopies: 2, packLeaves: [4] };
    const signer = logSigner(NETWORK_SECRET, coordinator.charter.log.origin);
    const { processes } = network;
    const finishing = { strength, signer, processes, nowMs: clock.nowMs() };
    return inRows(({ rows }) => finishEarlyCommit(rows, next, finishing));
  };
  const store = async (index: 0 | 1): Promise<void> => {
    const [pack, holding] = [packs[index], held[index]];
    assert.ok(pack !== undefined && holding !== undefined);
    await inRows((rows) => noteStored(rows, holding, recordText(pack)));
  };
  const renew = async (): Promise<void> => {
    for (const one of held) await inRows((rows) => renewClaim(rows, one, clock.nowMs()));
  };
  const inbox = async () => {
    const all = await readInbox(of, { after: 0, limit: 10 });
    return all.map(({ kind }) => kind);
  };
  return { network, of, session, commit, inRows, finish, store, renew, inbox };
}

describe('A19: a backup that was handed over', () => {
  it('is a snapshot when all its packs are stored, and not before', async () => {
    const { network, commit, finish, store, inbox } = await handedOver();
    const { coordinator } = network;
    assert.equal(await finish(), 'waiting');
    await store(0);
    assert.equal(await finish(), 'waiting');
    assert.deepEqual(await coordinator.snapshots(), []);
    assert.equal(await coordinator.pack(commit.head.packId), undefined, 'no row before');
    await store(1);
    assert.equal(await finish(), 'stored');
    const [snapshot] = await coordinator.snapshots();
    assert.equal(snapshot?.snapshotId, commit.head.snapshotId);
    assert.ok((await coordinator.receipt(commit.head.snapshotId)) !== undefined);
    assert.deepEqual(await inbox(), ['stored']);
    assert.deepEqual(await earlyCommits(network.database.kysely), []);
    const [entry] = await coordinator.journal();
    assert.equal(entry?.outcome, 'done');
  });

  it('waits as long as its gateway lives, however long stores are away, and its session with it', async () => {
    const { network, finish, store, renew, inRows } = await handedOver();
    const { clock, processes } = network;
    for (let quarter = 0; quarter < 8; quarter++) {
      clock.now += 2 * GIVEN_UP_MS;
      await renew();
      await inRows(({ rows }) => reapSessions(rows, { processes, nowMs: clock.nowMs() }));
      assert.equal(await finish(), 'waiting');
    }
    await store(0);
    await store(1);
    assert.equal(await finish(), 'stored');
  });

  it('is told as failed when the gateway is gone with its spool', async () => {
    const { network, finish, store, inbox } = await handedOver();
    await store(0);
    network.clock.now += CLAIM_LEASE_MS + GIVEN_UP_MS;
    assert.equal(await finish(), 'waiting', 'it may still be back');
    network.clock.now += 1;
    assert.equal(await finish(), 'failed');
    assert.deepEqual(await inbox(), ['failed']);
    assert.deepEqual(await network.coordinator.snapshots(), []);
    assert.deepEqual(await earlyCommits(network.database.kysely), []);
    const [entry] = await network.coordinator.journal();
    assert.equal(entry?.outcome, 'failed');
  });

  it('of packs that nobody has sent is refused; twice is once', async () => {
    const { network, inRows, session, commit } = await handedOver();
    const nowMs = network.clock.nowMs();
    await inRows((of) => keepEarlyCommit(of, session, { commit, nowMs }));
    assert.equal((await earlyCommits(network.database.kysely)).length, 1);
    const other = network.newPack().packId;
    const unknown = { head: network.head([other]), uses: [other] };
    await assert.rejects(
      inRows((of) => keepEarlyCommit(of, SESSION, { commit: unknown, nowMs })),
      refusal('refused', /was not sent/),
    );
  });
});
