// Goal: whatever program is killed, before or after any of its acts on tables and stores, another one goes on: no pack
// is ever below its copies, none is lost, no bytes are left without a row, and the store gets empty (A8, C9, D13).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { writeCustodyEvents } from '@kura/coordinator/custody/write-events.ts';
import { NETWORK_SECRET } from '@kura/coordinator/fixtures.ts';
import { Killed, Mortal, Stage } from './stage.ts';

const CITIES = ['osaka', 'frankfurt', 'ishikari'];

/** Every copy that counts is whole at its store, and each pack has at least two. */
async function assertSafe(stage: Stage, packs: readonly Saved[], when: string): Promise<void> {
  for (const { packId } of packs) {
    const pack = await stage.coordinator().pack(packId);
    const held = (pack?.copies ?? []).filter(({ state }) => state === 'held');
    assert.ok(held.length >= 2, `${held.length} copies ${when}`);
    for (const { storeId, copyId, root } of held) {
      const read = await stage.acknowledge(storeId, copyId);
      assert.equal(Buffer.compare(read.root, root), 0, when);
    }
  }
}

/** What stores hold is what the tables say. */
async function assertNoStrays(stage: Stage, when: string): Promise<void> {
  for (const city of CITIES) {
    const rows = await stage.rows
      .selectFrom('copies')
      .select('copy_id')
      .where('store_id', '=', stage.idOf(city))
      .execute();
    const wanted = rows.map((row) => row.copy_id).sort();
    assert.deepEqual([...(await stage.namesAt(city))].sort(), wanted, `${city} ${when}`);
  }
}

/** Each move that added copies is one event, also if whoever writes them dies right after it has. */
async function assertToldOnce(stage: Stage, when: string): Promise<void> {
  stage.network.unlock(NETWORK_SECRET);
  const dying = writeCustodyEvents(stage.network, async (work) => {
    await stage.database.transact(work);
    throw new Killed();
  });
  await assert.rejects(dying, Killed);
  await writeCustodyEvents(stage.network, (work) => stage.database.transact(work));
  const events = await stage.coordinator().events(0, 100);
  const moves = await stage.rows
    .selectFrom('moves')
    .select('move_id')
    .where('kind', '=', 'add')
    .where('packs_done', '>', 0)
    .execute();
  const told = events.map(({ about }) => about).sort();
  assert.deepEqual(told, moves.map((move) => move.move_id).sort(), when);
  const left = await stage.rows.selectFrom('moved_copies').selectAll().execute();
  assert.deepEqual(left, [], when);
}

type Saved = Awaited<ReturnType<Stage['save']>>;

async function drained(): Promise<{ stage: Stage; packs: Saved[] }> {
  const stage = await Stage.open({ cities: CITIES });
  const packs = [await stage.save(['osaka', 'frankfurt'])];
  await stage.network.setStoreState(stage.idOf('osaka'), 'draining');
  return { stage, packs };
}

describe('a program of moves is killed', () => {
  for (const when of ['before', 'after'] as const) {
    it(`A8, C9: ${when} any of its acts, and another one goes on`, async () => {
      let acts = 1;
      for (let at = 1; at <= acts; at++) {
        const { stage, packs } = await drained();
        const mortal = new Mortal(at, when);
        const said = `killed ${when} act ${at}`;
        try {
          await stage.run(stage.program('first', { mortal }));
          assert.ok(at > 1 && !mortal.isDead, 'a run that ends was not killed');
        } catch (error) {
          assert.ok(error instanceof Killed, String(error));
        }
        acts = Math.max(mortal.acts, mortal.isDead ? at + 1 : 0);
        await assertSafe(stage, packs, said);
        await stage.endLeases();
        await stage.run(stage.program('second'));
        await assertSafe(stage, packs, `after going on, ${said}`);
        await assertNoStrays(stage, said);
        assert.deepEqual(await stage.namesAt('osaka'), [], said);
        const open = await stage.rows.selectFrom('move_packs').selectAll().execute();
        assert.deepEqual(open, [], said);
        await assertToldOnce(stage, said);
        stage.close();
      }
      assert.ok(acts > 20, `${acts} acts`);
    });
  }
});
