import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PackId } from '@kura/base';
import { foundTestNetwork, refusal, type TestNetwork } from '../fixtures.ts';

async function savedPacks(network: TestNetwork, count: number): Promise<readonly PackId[]> {
  const { coordinator } = network;
  const session = await coordinator.beginSession('backup');
  const packs = network.newPacks(count);
  await coordinator.recordPacks(session, packs);
  await coordinator.endSession(session);
  return packs.map((pack) => pack.packId);
}

async function states(network: TestNetwork): Promise<Readonly<Record<string, string>>> {
  const packs = await network.coordinator.packs(undefined, 100);
  return Object.fromEntries(packs.map((pack) => [pack.packId, pack.state]));
}

test('C11: what nothing uses is marked, condemned and dropped; what is used stays', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const [used, unused] = await savedPacks(network, 2);
  assert.ok(used !== undefined && unused !== undefined);
  const session = await coordinator.beginSession('backup');
  const head = network.head([used]);
  await coordinator.commitSnapshot(session, head, [used]);
  await coordinator.endSession(session);
  const prune = await coordinator.beginSession('prune');
  await coordinator.markPacks([unused]);
  assert.deepEqual(await states(network), { [used]: 'standing', [unused]: 'marked' });
  const doomed = await coordinator.condemnPacks(prune, [unused], [head.snapshotId]);
  assert.deepEqual(doomed, [unused]);
  await coordinator.dropPacks(doomed);
  await coordinator.dropPacks(doomed);
  assert.deepEqual(await states(network), { [used]: 'standing' });
});

test('what is not marked is not condemned, what is not condemned not dropped', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const packs = await savedPacks(network, 2);
  const prune = await coordinator.beginSession('prune');
  assert.deepEqual(await coordinator.condemnPacks(prune, packs, []), []);
  await assert.rejects(coordinator.dropPacks(packs), refusal('refused', /not condemned/));
  await coordinator.markPacks(packs);
  await assert.rejects(coordinator.dropPacks(packs), refusal('refused'));
  assert.equal(Object.keys(await states(network)).length, 2);
});

test('C11: only a backup that began before the mark holds it up', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const packs = await savedPacks(network, 1);
  const earlier = await coordinator.beginSession('backup');
  const prune = await coordinator.beginSession('prune');
  await coordinator.markPacks(packs);
  await coordinator.beginSession('backup');
  assert.deepEqual(await coordinator.condemnPacks(prune, packs, []), []);
  await coordinator.endSession(earlier);
  assert.deepEqual(await coordinator.condemnPacks(prune, packs, []), packs);
});

test('C11: a dead process holds nothing up', async () => {
  const network = await foundTestNetwork();
  const { coordinator, processes } = network;
  const packs = await savedPacks(network, 1);
  Object.assign(processes.self, { pid: 7 });
  await coordinator.beginSession('backup');
  Object.assign(processes.self, { pid: 8 });
  const prune = await coordinator.beginSession('prune');
  await coordinator.markPacks(packs);
  assert.deepEqual(await coordinator.condemnPacks(prune, packs, []), []);
  processes.fates.set(7, 'dead');
  assert.deepEqual(await coordinator.condemnPacks(prune, packs, []), packs);
});

test('C11: a snapshot that the prune has not seen keeps what it may have used', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const packs = await savedPacks(network, 2);
  const prune = await coordinator.beginSession('prune');
  const backup = await coordinator.beginSession('backup');
  const uses = packs.slice(0, 1);
  const head = network.head(uses);
  await coordinator.commitSnapshot(backup, head, uses);
  await coordinator.endSession(backup);
  await coordinator.markPacks(packs);
  assert.deepEqual(await coordinator.condemnPacks(prune, packs, []), []);
  await coordinator.unmarkPacks(uses);
  const rest = packs.slice(1);
  assert.deepEqual(await coordinator.condemnPacks(prune, packs, [head.snapshotId]), rest);
});

test('C11: a marked pack can be rescued; of a condemned one there is no use', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const [rescued, doomed] = await savedPacks(network, 2);
  assert.ok(rescued !== undefined && doomed !== undefined);
  const prune = await coordinator.beginSession('prune');
  await coordinator.markPacks([rescued, doomed]);
  const backup = await coordinator.beginSession('backup');
  assert.equal(await coordinator.rescuePack(backup, rescued), true);
  assert.deepEqual(await coordinator.condemnPacks(prune, [rescued, doomed], []), [doomed]);
  assert.equal(await coordinator.rescuePack(backup, doomed), false);
  const both = [rescued, doomed];
  const commit = coordinator.commitSnapshot(backup, network.head(both), both);
  await assert.rejects(commit, refusal('refused', new RegExp(`${doomed}.*being destroyed`)));
  const copy = network.newPack().copies[0] ?? assert.fail('a pack has copies');
  await assert.rejects(coordinator.addCopy(doomed, copy), refusal('refused'));
  await coordinator.dropPacks([doomed]);
  assert.equal(await coordinator.rescuePack(backup, doomed), false);
  await coordinator.commitSnapshot(backup, network.head([rescued]), [rescued]);
});

test('C11: a commit takes back what was marked meanwhile, its own new packs included', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const backup = await coordinator.beginSession('backup');
  const pack = network.newPack();
  await coordinator.recordPacks(backup, [pack]);
  const uses = [pack.packId];
  const prune = await coordinator.beginSession('prune');
  await coordinator.markPacks(uses);
  assert.deepEqual(await coordinator.condemnPacks(prune, uses, []), []);
  await coordinator.commitSnapshot(backup, network.head(uses), uses);
  await coordinator.endSession(backup);
  assert.deepEqual(await states(network), { [pack.packId]: 'standing' });
  assert.deepEqual(await coordinator.condemnPacks(prune, uses, []), []);
});

test('a prune that was killed leaves what the next one finishes', async () => {
  const network = await foundTestNetwork();
  const { coordinator, processes } = network;
  const packs = await savedPacks(network, 2);
  Object.assign(processes.self, { pid: 7 });
  const killed = await coordinator.beginSession('prune');
  await coordinator.markPacks(packs);
  await coordinator.condemnPacks(killed, packs.slice(0, 1), []);
  processes.fates.set(7, 'dead');
  Object.assign(processes.self, { pid: 8 });
  const next = await coordinator.beginSession('prune');
  assert.deepEqual((await coordinator.condemnPacks(next, packs, [])).toSorted(), packs.toSorted());
  await coordinator.dropPacks(packs);
  assert.deepEqual(await states(network), {});
});

test('marking again changes nothing: an old mark stays old', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const packs = await savedPacks(network, 2);
  const prune = await coordinator.beginSession('prune');
  await coordinator.markPacks(packs);
  await coordinator.condemnPacks(prune, packs.slice(0, 1), []);
  network.clock.now += 1000;
  await coordinator.beginSession('backup');
  await coordinator.markPacks(packs);
  assert.equal((await states(network))[packs[0] ?? ''], 'destroying');
  const marked = await coordinator.pack(packs[1] ?? assert.fail('two packs'));
  assert.equal(marked?.markedMs, network.clock.now - 1000);
  assert.deepEqual(await coordinator.condemnPacks(prune, packs.slice(1), []), packs.slice(1));
});

test('only a living prune condemns', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const packs = await savedPacks(network, 1);
  await coordinator.markPacks(packs);
  const backup = await coordinator.beginSession('backup');
  await assert.rejects(coordinator.condemnPacks(backup, packs, []), refusal('refused'));
  const prune = await coordinator.beginSession('prune');
  await coordinator.endSession(prune);
  await assert.rejects(coordinator.condemnPacks(prune, packs, []), refusal('interrupted'));
});
