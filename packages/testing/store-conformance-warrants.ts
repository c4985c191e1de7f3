// Removal, as every store must treat it: two kinds of warrant, checked whole before anything goes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CopyId } from '@kura/base';
import { FRESH_ACKNOWLEDGEMENT_MS, MAX_WARRANT_COPIES, type Warrant } from '@kura/contract';
import {
  copiesAt,
  fetchAll,
  packBytes,
  rejectsWith,
  type Scene,
  sendCopy,
  stored,
  type WithStore,
} from './store-fixture.ts';

export function warrantTests(scene: WithStore): void {
  test(
    'R28: the owner destroys what the warrant names and nothing else; again is no error',
    scene(async (at) => {
      const { store, shape, around } = at;
      const gone = [await stored(at, around.alice), await stored(at, around.alice)];
      const kept = await stored(at, around.alice);
      const warrant = around.destroy(store.identity.storeId, { copyIds: gone });
      assert.deepEqual([...(await store.remove(warrant))].sort(), [...gone].sort());
      assert.deepEqual(await copiesAt(store), [kept]);
      for (const id of gone) await rejectsWith(fetchAll(store, id, shape), 'missing');
      assert.deepEqual([...(await store.remove(warrant))].sort(), [...gone].sort());
      assert.equal((await fetchAll(store, kept, shape)).length, packBytes(shape, 0));
    }),
  );

  test(
    'a destroyed name may be stored anew',
    scene(async (at) => {
      const { store, shape, around } = at;
      const id = await stored(at, around.alice);
      await store.remove(around.destroy(store.identity.storeId, { copyIds: [id] }));
      const bytes = around.random.bytes(packBytes(shape, 0));
      await sendCopy(store, { id, member: around.alice.member, bytes });
      assert.deepEqual(await fetchAll(store, id, shape), bytes);
    }),
  );

  test(
    'R30: a warrant is obeyed when its delay has passed, not before',
    scene(async (at) => {
      const { store, around } = at;
      const id = await stored(at, around.alice);
      const notBeforeMs = around.clock.nowMs() + 1000;
      const warrant = around.destroy(store.identity.storeId, { copyIds: [id], notBeforeMs });
      around.clock.advance(999);
      await rejectsWith(store.remove(warrant), 'refused');
      around.clock.advance(1);
      assert.deepEqual(await store.remove(warrant), [id]);
    }),
  );

  test(
    'D13: a copy is retired when enough other stores have just vouched for theirs',
    scene(async (at) => {
      const { store, around } = at;
      const id = await stored(at, around.bob);
      const warrant = around.retire(store.identity.storeId, { copyId: id });
      assert.deepEqual(await store.remove(warrant), [id]);
      assert.deepEqual(await copiesAt(store), []);
    }),
  );

  test(
    'R28: no invalid warrant removes anything',
    scene(async (at) => {
      const { store, around } = at;
      const mine = await stored(at, around.alice);
      const others = await stored(at, around.bob);
      for (const [why, warrant] of invalidWarrants(at, { mine, others })) {
        await assert.rejects(store.remove(warrant), { code: 'refused' }, why);
        assert.deepEqual(await copiesAt(store), [mine, others].sort(), why);
      }
    }),
  );
}

interface TwoCopies {
  readonly mine: CopyId;
  readonly others: CopyId;
}

function invalidWarrants(
  { store, around }: Scene,
  { mine, others }: TwoCopies,
): [string, Warrant][] {
  const { storeId } = store.identity;
  const copyIds = [mine];
  const valid = around.destroy(storeId, { copyIds });
  const retire = around.retire(storeId, { copyId: mine });
  const [first, second] = around.acknowledgements();
  const twice = first === undefined ? [] : [first, first];
  const unknown = second === undefined ? [] : [{ ...second, storeId: around.newStoreId() }];
  const own = first === undefined ? [] : [{ ...first, storeId }];
  const old = around.acknowledgements();
  around.clock.advance(FRESH_ACKNOWLEDGEMENT_MS + 1);
  const tooMany = Array.from({ length: MAX_WARRANT_COPIES + 1 }, () => mine);
  return [
    ['another store', around.destroy(around.newStoreId(), { copyIds })],
    ['another owner', around.destroy(storeId, { copyIds, by: around.bob.seed })],
    ['one copy of another owner', around.destroy(storeId, { copyIds: [mine, others] })],
    ['the coordinator as owner', around.destroy(storeId, { copyIds, by: around.coordinatorSeed })],
    ['a copy put in later', { ...valid, copyIds: [mine, others] }],
    ['a copy exchanged', { ...valid, copyIds: [others] }],
    ['a time changed', { ...valid, notBeforeMs: valid.notBeforeMs - 1 }],
    ['a signature cut', { ...valid, signature: valid.signature.subarray(1) }],
    ['too many copies', around.destroy(storeId, { copyIds: tooMany })],
    ['a time that is none', { ...valid, notBeforeMs: Number.NaN }],
    ['nobody known, nothing there', around.destroy(storeId, { by: new Uint8Array(32) })],
    ['the owner as coordinator', around.retire(storeId, { copyId: mine, by: around.alice.seed })],
    ['too few others', around.retire(storeId, { copyId: mine, others: twice })],
    ['no other at all', around.retire(storeId, { copyId: mine, others: [], minimumCopies: 0 })],
    ['a store nobody knows', around.retire(storeId, { copyId: mine, others: unknown })],
    ['this store for itself', around.retire(storeId, { copyId: mine, others: own })],
    ['stale acknowledgements', around.retire(storeId, { copyId: mine, others: old })],
    ['another copy retired', { ...retire, copyId: others }],
    ['a lower minimum', { ...retire, minimumCopies: 1 }],
  ];
}
