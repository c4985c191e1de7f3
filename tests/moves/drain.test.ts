// Goal: a store that is emptied loses nothing on the way: every copy of it is made elsewhere, read back, counted, and
// only then removed by a warrant that the store checks for itself (A8, D9, D13).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Stage } from './stage.ts';

const CITIES = ['osaka', 'frankfurt', 'ishikari', 'stockholm'];

describe('a store is emptied', () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open({ cities: CITIES });
  });
  after(() => stage?.close());

  it('D9: its copies are made elsewhere, then removed, and the others are as they were', async () => {
    const moved = [
      await stage.save(['osaka', 'frankfurt']),
      await stage.save(['osaka', 'ishikari']),
    ];
    const stays = await stage.save(['frankfurt', 'ishikari']);
    const before = await stage.heldAt(stays.packId);
    await stage.network.setStoreState(stage.idOf('osaka'), 'draining');
    await stage.run(stage.program('one'));
    for (const { packId } of moved) {
      const cities = await stage.heldAt(packId);
      assert.equal(cities.length, 2);
      assert.ok(!cities.includes('osaka'));
    }
    assert.deepEqual(await stage.heldAt(stays.packId), before);
    assert.deepEqual(await stage.namesAt('osaka'), []);
    const states = await stage.rows.selectFrom('moves').select(['kind', 'state']).execute();
    assert.ok(states.length >= 2 && states.every(({ state }) => state === 'done'));
    const left = await stage.rows.selectFrom('move_packs').selectAll().execute();
    assert.deepEqual(left, []);
  });
});
