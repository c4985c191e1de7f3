import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS, must } from '@kura/base';
import { foundTestNetwork, HandProcesses, refusal, type TestNetwork } from '../fixtures.ts';
import { openCoordinator } from '../open.ts';
import { SESSION_LEASE_MS } from './sessions.ts';

/** Another process on the same tables. */
async function neighbour({ database, clock, random }: TestNetwork, pid: number) {
  const processes = new HandProcesses(pid);
  return { coordinator: await openCoordinator({ database, clock, random, processes }), processes };
}

test('the session of a dead process is removed by whoever looks', async () => {
  const network = await foundTestNetwork();
  const other = await neighbour(network, 200);
  const session = await network.coordinator.beginSession('backup');
  assert.equal((await other.coordinator.sessions()).length, 1);
  other.processes.fates.set(network.processes.self.pid, 'dead');
  assert.deepEqual(await other.coordinator.sessions(), []);
  const [entry] = await other.coordinator.journal();
  assert.equal(entry?.outcome, 'abandoned');
  await assert.rejects(network.coordinator.renewSession(session), refusal('interrupted'));
  const late = network.coordinator.recordPacks(session, [network.newPack()]);
  await assert.rejects(late, refusal('interrupted'));
});

test('a session that reports lives on; one that does not is given up', async () => {
  const network = await foundTestNetwork();
  const other = await neighbour(network, 200);
  other.processes.fates.set(network.processes.self.pid, 'unknown');
  const session = await network.coordinator.beginSession('backup');
  for (let count = 0; count < 5; count++) {
    network.clock.now += SESSION_LEASE_MS - MINUTE_MS;
    assert.equal((await other.coordinator.sessions()).length, 1);
    await network.coordinator.renewSession(session);
  }
  network.clock.now += SESSION_LEASE_MS + 1;
  await network.coordinator.renewSession(session);
  assert.equal((await other.coordinator.sessions()).length, 1, 'late, but nobody had looked');
  network.clock.now += SESSION_LEASE_MS + 1;
  assert.deepEqual(await other.coordinator.sessions(), []);
  await assert.rejects(network.coordinator.renewSession(session), refusal('interrupted'));
});

test('what a session does counts as reporting', async () => {
  const network = await foundTestNetwork();
  const session = await network.coordinator.beginSession('backup');
  for (let count = 0; count < 3; count++) {
    network.clock.now += SESSION_LEASE_MS - 1;
    await network.coordinator.recordPacks(session, [network.newPack()]);
  }
  assert.equal((await network.coordinator.sessions()).length, 1);
});

test('prune and repair exclude each other, backups nothing, and the dead nobody', async () => {
  const network = await foundTestNetwork();
  const other = await neighbour(network, 200);
  const prune = await network.coordinator.beginSession('prune');
  await assert.rejects(other.coordinator.beginSession('prune'), refusal('busy', /process 100/));
  await assert.rejects(other.coordinator.beginSession('repair'), refusal('busy'));
  for (const kind of ['backup', 'restore', 'check'] as const) {
    await other.coordinator.beginSession(kind);
  }
  await network.coordinator.endSession(prune);
  await network.coordinator.beginSession('repair');
  await assert.rejects(other.coordinator.beginSession('prune'), refusal('busy'));
  other.processes.fates.set(network.processes.self.pid, 'dead');
  await other.coordinator.beginSession('prune');
});

test('C12: the journal says when a session ran, how it went and what it counted', async () => {
  const network = await foundTestNetwork();
  const { coordinator, clock } = network;
  const began = clock.now;
  const backup = await coordinator.beginSession('backup');
  clock.now += 5000;
  const figures = { files_new: 12, data_added: 34_567, copies_min: 2 };
  await coordinator.endSession(backup, 'done', figures);
  const failed = await coordinator.beginSession('restore');
  await coordinator.endSession(failed, 'failed', { error: 'no_space' });
  const running = await coordinator.beginSession('check');
  await coordinator.endSession(backup, 'failed');
  const [newest, middle, oldest] = await coordinator.journal();
  assert.deepEqual(oldest, {
    sessionId: backup,
    kind: 'backup',
    beganMs: began,
    endedMs: began + 5000,
    outcome: 'done',
    figures,
    line: undefined,
    places: [],
  });
  assert.equal(middle?.outcome, 'failed');
  assert.equal(newest?.sessionId, running);
  assert.equal(newest?.endedMs, undefined);
  assert.equal((await coordinator.journal(1)).length, 1);
});

test('C12: the journal keeps what a living session was about, and says where its packs lie now', async () => {
  const network = await foundTestNetwork();
  const { coordinator, stores } = network;
  const session = await coordinator.beginSession('backup');
  const line = Uint8Array.of(1, 2, 3);
  await coordinator.noteSession(session, Uint8Array.of(9));
  await coordinator.noteSession(session, line);
  const packs = [network.newPack(), network.newPack()];
  await coordinator.recordPacks(session, packs);
  await coordinator.endSession(session);
  await coordinator.noteSession(session, Uint8Array.of(8));
  const later = await coordinator.beginSession('backup');
  await coordinator.recordPacks(later, [network.newPack()]);
  const entryOf = async () =>
    must(
      (await coordinator.journal()).find(({ sessionId }) => sessionId === session),
      'its entry',
    );
  const entry = await entryOf();
  assert.deepEqual(entry.line && Uint8Array.from(entry.line), line);
  const holders = packs.flatMap(({ copies }) => copies.map((copy) => copy.acknowledgement.storeId));
  const expected = stores
    .map(({ identity: { storeId } }) => ({
      storeId,
      copies: holders.filter((holder) => holder === storeId).length,
    }))
    .filter(({ copies }) => copies > 0)
    .toSorted((a, b) => (a.storeId < b.storeId ? -1 : 1));
  assert.deepEqual(entry.places, expected);
  for (const { packId, copies } of packs) {
    for (const { acknowledgement } of copies) {
      await coordinator.setCopyState(packId, acknowledgement.storeId, 'lost');
    }
  }
  assert.deepEqual((await entryOf()).places, [], 'lost copies are nowhere');
});
