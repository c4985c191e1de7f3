// Damage, as every store must treat it: found by its own check, healed where it can be, and
// otherwise out of the way of a good copy. Never given out as if nothing were.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchAll, packBytes, rejectsWith, sendCopy, type WithStore } from './store-fixture.ts';

export function damageTests(scene: WithStore): void {
  test(
    'A11: a store finds its own damage, and heals what it can',
    scene(async ({ store, shape, around, damage, canHeal }) => {
      const id = around.newCopyId();
      const bytes = around.random.bytes(packBytes(shape, 1));
      const sending = { id, member: around.alice.member, bytes };
      const first = await sendCopy(store, sending);
      assert.equal((await store.scrub(id)).state, 'intact');
      await damage(id, [2]);
      assert.notDeepEqual(await fetchAll(store, id, shape), bytes);
      const found = await store.scrub(id);
      assert.deepEqual(found.badLeaves, [2]);
      assert.equal(found.state, canHeal ? 'healed' : 'damaged');
      const again = await sendCopy(store, sending);
      assert.deepEqual(again.root, first.root);
      assert.equal((await store.scrub(id)).state, 'intact');
      assert.deepEqual(await fetchAll(store, id, shape), bytes);
    }),
  );

  test(
    'A11: what cannot be healed is reported once, and makes way for a good copy',
    scene(async ({ store, shape, around, damage }) => {
      const id = around.newCopyId();
      const bytes = around.random.bytes(packBytes(shape, 1));
      const sending = { id, member: around.alice.member, bytes };
      const first = await sendCopy(store, sending);
      const all = Array.from({ length: shape.packLeaves[1] }, (_, leaf) => leaf);
      await damage(id, all);
      assert.deepEqual(await store.scrub(id), { copyId: id, state: 'damaged', badLeaves: all });
      assert.equal((await store.scrub(id)).state, 'missing');
      await rejectsWith(store.stat(id), 'missing');
      const second = await sendCopy(store, sending);
      assert.deepEqual(second.root, first.root);
      assert.deepEqual(await fetchAll(store, id, shape), bytes);
    }),
  );

  test(
    'a damaged copy is never acknowledged again as it is',
    scene(async ({ store, shape, around, damage }) => {
      const id = around.newCopyId();
      const bytes = around.random.bytes(packBytes(shape, 0));
      const sending = { id, member: around.alice.member, bytes };
      await sendCopy(store, sending);
      await damage(id, [0, 1, 2, 3]);
      await sendCopy(store, sending);
      assert.equal((await store.scrub(id)).state, 'intact');
      assert.deepEqual(await fetchAll(store, id, shape), bytes);
    }),
  );
}
