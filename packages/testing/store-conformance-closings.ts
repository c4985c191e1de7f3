// Removal by the operator, as every store must treat it: after a notice that the owner has consented to, counted by the
// store's own clocks (docs/design/removal.md).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, KuraError, must } from '@kura/base';
import { signClosingWithdrawal } from '@kura/contract';
import { copiesAt, type Scene, stored, type WithStore } from './store-fixture.ts';

/** Told on the day it was given, and thirty days later. */
async function known(at: Scene, notice = noticeOf(at)): Promise<Uint8Array> {
  await at.store.hearNotice(notice);
  at.around.clock.advance(30 * DAY_MS);
  return notice;
}

function noticeOf({ store, around }: Scene): Uint8Array {
  return around.notice(store.identity.storeId);
}

async function refuses(work: Promise<unknown>, reason: string): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof KuraError && error.code === 'refused', String(error));
    assert.equal(error.context.reason, reason, error.message);
    return true;
  });
}

export function closingTests(scene: WithStore): void {
  test(
    'D13: a closing removes what it names when its notice has been known for its days; again is no error',
    scene(async (at) => {
      const { store, around } = at;
      const gone = await stored(at, around.alice);
      const stays = await stored(at, around.bob);
      const notice = noticeOf(at);
      const copyIds = [gone];
      const warrant = around.close(store.identity.storeId, { notice, copyIds });
      await refuses(store.remove(warrant), 'early');
      const held = await store.hearNotice(notice);
      assert.deepEqual(held, { heldMs: 0, neededMs: 30 * DAY_MS });
      around.clock.advance(30 * DAY_MS - 1);
      await refuses(store.remove(warrant), 'early');
      around.clock.advance(1);
      assert.deepEqual(await store.remove(warrant), copyIds);
      assert.deepEqual(await store.remove(warrant), copyIds);
      assert.deepEqual(await copiesAt(store), [stays]);
    }),
  );

  test(
    'D13: a clock that jumps brings no day of a notice, and one that is set back takes none away',
    scene(async (at) => {
      const { store, around } = at;
      const notice = noticeOf(at);
      const startMs = around.clock.nowMs();
      await store.hearNotice(notice);
      around.clock.set(startMs + 400 * DAY_MS);
      assert.equal((await store.hearNotice(notice)).heldMs, 0);
      around.clock.set(startMs);
      assert.equal((await store.hearNotice(notice)).heldMs, 0);
      around.clock.advance(2 * DAY_MS);
      assert.equal((await store.hearNotice(notice)).heldMs, 2 * DAY_MS);
    }),
  );

  test(
    'D13: another notice begins anew, also one that says it was given long ago',
    scene(async (at) => {
      const { store, around } = at;
      const copyIds = [await stored(at, around.alice)];
      await known(at);
      const backdated = around.notice(store.identity.storeId, { givenMs: 0 });
      const warrant = around.close(store.identity.storeId, { notice: backdated, copyIds });
      await refuses(store.remove(warrant), 'early');
      assert.equal((await store.hearNotice(backdated)).heldMs, 0);
      await refuses(store.remove(warrant), 'early');
    }),
  );

  test(
    'D13: a closing is for the copies of who was given notice, and of nobody else',
    scene(async (at) => {
      const { store, around } = at;
      const mine = await stored(at, around.alice);
      const others = await stored(at, around.bob);
      const notice = await known(at);
      const warrant = around.close(store.identity.storeId, { notice, copyIds: [mine, others] });
      await refuses(store.remove(warrant), 'copy');
      assert.equal((await copiesAt(store)).length, 2);
    }),
  );

  test(
    'D13: a consent that its owner has taken back is void, whatever notice was given under it',
    scene(async (at) => {
      const { store, around } = at;
      const { member, seed } = around.alice;
      const copyIds = [await stored(at, around.alice)];
      const notice = await known(at);
      const warrant = around.close(store.identity.storeId, { notice, copyIds });
      const forged = signClosingWithdrawal({ memberId: member, timeMs: 5000 }, around.bob.seed);
      await refuses(store.takeWithdrawal(member, forged), 'signature');
      await store.takeWithdrawal(
        member,
        signClosingWithdrawal({ memberId: member, timeMs: 5000 }, seed),
      );
      await store.takeWithdrawal(
        member,
        signClosingWithdrawal({ memberId: member, timeMs: 10 }, seed),
      );
      await refuses(store.remove(warrant), 'revoked');
      await refuses(store.hearNotice(notice), 'revoked');
      const anew = around.notice(store.identity.storeId, {
        consent: around.consent({ timeMs: 5001 }),
      });
      await store.hearNotice(anew);
      around.clock.advance(30 * DAY_MS);
      const fresh = around.close(store.identity.storeId, { notice: anew, copyIds });
      assert.deepEqual(await store.remove(fresh), copyIds);
    }),
  );

  test(
    'D13: no notice and no closing that lacks a signature is heard',
    scene(async (at) => {
      const { store, around } = at;
      const { storeId } = store.identity;
      const { stranger, bob } = around;
      const named = around.newStoreId();
      const unheard: readonly (readonly [string, Uint8Array])[] = [
        ['signature', around.notice(storeId, { by: around.alice.seed })],
        ['signature', around.notice(storeId, { consent: around.consent({ by: bob.seed }) })],
        ['signature', around.notice(storeId, { pseudonym: bob.member })],
        ['key', around.notice(storeId, { pseudonym: stranger.member })],
        ['store', around.notice(named)],
        ['early', around.notice(storeId, { days: 29 })],
        ['long', around.notice(storeId, { consent: around.consent({ days: 29 }), days: 40 })],
      ];
      for (const [reason, notice] of unheard) await refuses(store.hearNotice(notice), reason);
      const copyIds = [await stored(at, around.alice)];
      const notice = await known(at);
      const warrant = around.close(storeId, { notice, copyIds });
      const bad = [
        { ...warrant, copyIds: [must(copyIds[0], 'a copy'), around.newCopyId()] },
        around.close(storeId, { notice, copyIds, by: around.alice.seed }),
        around.close(named, { notice, copyIds }),
      ];
      for (const one of bad) await assert.rejects(store.remove(one), { code: 'refused' });
      assert.deepEqual(await copiesAt(store), copyIds);
    }),
  );
}
