// D13: removal by the operator takes a consent of the owner, a notice, and each store's own word that the notice was
// long enough; until the first store is told, the owner takes it back (docs/design/removal.md, By the operator).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, KuraError } from '@kura/base';
import { signClosingConsent, signClosingWithdrawal } from '@kura/contract';
import { parseEvent } from '@kura/log/events.ts';
import { readEvents } from '../custody/log-events.ts';
import { refusal } from '../fixtures.ts';
import { readInbox } from '../inbox/inbox.ts';
import { judgeContract, RESTORE_AFTER_END_MS, setContract } from '../members/contract.ts';
import { endMemberships } from '../members/ended.ts';
import { revokeRemoval } from '../removal/revoke.ts';
import { viewRemovals } from '../removal/views.ts';
import { giveNotice, stopClosing, withdrawConsent } from './closings.ts';
import { keepConsent, readConsent } from './consents.ts';
import { ClosingScene, DELAY_MS, NOTICE_MS } from './test-scene.ts';

const reason = (wanted: string) => (error: unknown) =>
  error instanceof KuraError && error.code === 'refused' && error.context.reason === wanted;

async function toldOf(scene: ClosingScene): Promise<readonly string[]> {
  const messages = await scene.act((of) => readInbox(of, { after: 0, limit: 100 }));
  return messages.map(({ body }) => {
    const { state, confirmed } = JSON.parse(body) as Record<string, string>;
    return confirmed === undefined ? String(state) : 'confirmed';
  });
}

async function removalsOf(scene: ClosingScene) {
  return (await scene.act((of) => viewRemovals(of, { limit: 10, leafBytes: 1 }))).removals;
}

test('D13: a closing goes from the notice to the event in the log, and the member hears of each step', async () => {
  const scene = await ClosingScene.found();
  const { coordinator, clock } = scene.network;
  const packs = await scene.save(3);
  await scene.give();
  await scene.round();
  assert.equal((await coordinator.packs(undefined, 10)).length, 3);
  clock.now += NOTICE_MS - 7 * DAY_MS;
  await scene.round();
  clock.now += 7 * DAY_MS;
  await scene.round();
  assert.equal((await scene.view()).state, 'ordering');
  assert.deepEqual(await coordinator.packs(undefined, 10), []);
  assert.equal((await coordinator.snapshots()).length, 1, 'what can come back is not given up');
  clock.now += DELAY_MS;
  await scene.round();
  assert.equal((await scene.view()).state, 'done');
  assert.deepEqual(await coordinator.snapshots(), []);
  assert.deepEqual((await coordinator.usage()).snapshots, 0);
  const events = await scene.act((of) => readEvents(of, { after: 0, limit: 10 }));
  const deleted = events.map(({ body }) => parseEvent(body)).filter((e) => e.event === 'deleted');
  assert.deepEqual(
    deleted.map(({ subject }) => [subject.packCount, subject.stores.length]),
    [[packs.length, scene.obeyed.length]],
  );
  assert.deepEqual(await toldOf(scene), [
    ...['notice', 'notice', 'carrying'],
    ...scene.obeyed.map(() => 'confirmed'),
    'done',
  ]);
});

test('D13: who has not consented, has not ended, has paid or has no device is given no notice', async () => {
  const scene = await ClosingScene.found();
  const { database } = scene.network;
  const give = (days?: number) => scene.act((of) => giveNotice(of, scene.order(days)));
  await assert.rejects(give(), reason('consent'));
  const forged = signClosingConsent(
    { memberId: scene.memberId, days: 30, timeMs: 1 },
    new Uint8Array(32).fill(5),
  );
  await assert.rejects(
    scene.act((of) => keepConsent(of, forged)),
    reason('signature'),
  );
  await scene.act((of) => keepConsent(of, scene.consent(60)));
  await assert.rejects(give(59), (error: unknown) => (error as KuraError).code === 'usage');
  await database.kysely.updateTable('members').set({ state: 'active' }).execute();
  await assert.rejects(give(), reason('contract'));
  await database.kysely.updateTable('members').set({ state: 'closed' }).execute();
  const paid = { planId: 'own', fromMs: scene.nowMs, toMs: undefined };
  const paidUntilMs = scene.nowMs + DAY_MS;
  await scene.act((of) => setContract(of, { ...paid, paidUntilMs }));
  await assert.rejects(give(), reason('paid'));
  await scene.act((of) => setContract(of, { ...paid, paidUntilMs: scene.nowMs }));
  await database.kysely.updateTable('devices').set({ revoked_ms: 1 }).execute();
  await assert.rejects(give(), reason('devices'));
  await database.kysely.updateTable('devices').set({ revoked_ms: null }).execute();
  await give();
  await assert.rejects(give(), (error: unknown) => (error as KuraError).code === 'already_exists');
});

test('D13: the owner takes it back until a store is told; rows stand again, and stores hear of it', async () => {
  const scene = await ClosingScene.found();
  const { coordinator, clock } = scene.network;
  await scene.save(2);
  const before = await coordinator.packs(undefined, 10);
  const usage = await coordinator.usage();
  await scene.give();
  await scene.round();
  clock.now += NOTICE_MS;
  await scene.round();
  const [removal] = await removalsOf(scene);
  assert.equal(removal?.state, 'waiting');
  const single = scene.act((of) => revokeRemoval(of, removal.removalId, scene.nowMs));
  await assert.rejects(single, reason('closing'));
  const forged = signClosingWithdrawal(
    { memberId: scene.memberId, timeMs: scene.nowMs },
    new Uint8Array(32).fill(5),
  );
  const withdraw = (signed: Uint8Array) =>
    scene.act((of) => withdrawConsent(of, signed, scene.nowMs));
  await assert.rejects(withdraw(forged), reason('signature'));
  await withdraw(scene.withdrawal());
  assert.equal((await scene.view()).state, 'revoked');
  assert.deepEqual(await coordinator.packs(undefined, 10), before);
  assert.deepEqual(await coordinator.usage(), usage);
  assert.equal(await scene.act(readConsent), undefined);
  clock.now += 2 * DELAY_MS;
  await scene.round();
  assert.deepEqual(scene.obeyed, []);
  const keepers = new Set(before.flatMap(({ copies }) => copies.map(({ storeId }) => storeId)));
  assert.deepEqual(new Set(scene.withdrawn), keepers);
  await scene.round();
  assert.equal(scene.withdrawn.length, keepers.size, 'each is told once');
  const again = scene.act((of) => giveNotice(of, scene.order()));
  await assert.rejects(again, reason('consent'));
  const stale = scene.act((of) => keepConsent(of, scene.consent(30, 1)));
  await assert.rejects(stale, reason('revoked'));
});

test('D13: no store is told before it has known the notice for its days by its own word', async () => {
  const scene = await ClosingScene.found();
  const { clock } = scene.network;
  await scene.save(1);
  scene.heldMs = 0;
  await scene.give();
  clock.now += NOTICE_MS;
  await scene.round();
  clock.now += DELAY_MS;
  await scene.round();
  assert.deepEqual(scene.obeyed, []);
  assert.equal((await scene.view()).state, 'ordering', 'and it can still be taken back');
  scene.heldMs = NOTICE_MS;
  clock.now += DAY_MS;
  await scene.round();
  assert.equal((await scene.view()).state, 'done');
});

test('D13: a contract that is paid again stops it, also in the moment before the first store is told', async () => {
  const scene = await ClosingScene.found();
  const { coordinator, clock } = scene.network;
  await scene.save(1);
  await scene.give();
  await scene.round();
  clock.now += NOTICE_MS;
  await scene.round();
  clock.now += DELAY_MS;
  const terms = { planId: 'own', fromMs: scene.nowMs, toMs: undefined };
  await scene.act((of) => setContract(of, { ...terms, paidUntilMs: scene.nowMs + DAY_MS }));
  await scene.carry();
  assert.equal((await scene.view()).state, 'stopped');
  assert.match((await scene.view()).why ?? '', /paid until/);
  assert.deepEqual(scene.obeyed, []);
  assert.equal((await coordinator.packs(undefined, 10)).length, 1);
  assert.equal((await toldOf(scene)).at(-1), 'stopped');
});

test('D13: an operator takes a notice back, and the consent stands', async () => {
  const scene = await ClosingScene.found();
  await scene.save(1);
  await scene.give();
  const { nowMs } = scene;
  await scene.act((of) => stopClosing(of, { operator: 'ada', nowMs }));
  assert.equal((await scene.view()).state, 'stopped');
  assert.notEqual(await scene.act(readConsent), undefined);
  const again = scene.act((of) => stopClosing(of, { operator: 'ada', nowMs }));
  await assert.rejects(again, refusal('not_found'));
});

test('C4, D13: who was given notice restores, and keeps the devices, until a store is told', async () => {
  const scene = await ClosingScene.found();
  const { clock } = scene.network;
  await scene.save(1);
  clock.now += RESTORE_AFTER_END_MS - DAY_MS;
  await scene.give();
  clock.now += 2 * DAY_MS;
  const network = scene.memberId;
  const read = () => scene.act((of) => judgeContract(of, { act: 'read' }, scene.nowMs));
  const end = () => scene.act(({ rows }) => endMemberships(rows, { network, nowMs: scene.nowMs }));
  await read();
  assert.equal(await end(), 0);
  await scene.act((of) => withdrawConsent(of, scene.withdrawal(), scene.nowMs));
  await assert.rejects(read(), reason('closed'));
  assert.equal(await end(), 1);
});
