// Goal: a lost or damaged copy is made again from any good one, with no key of its owner; the last copies first; on
// other stores; within the hour; and the log has it (A2, A8). The clock stands still until a test moves it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS, must, type PackId } from '@kura/base';
import { writeCustodyEvents } from '@kura/coordinator/custody/write-events.ts';
import { NETWORK_SECRET } from '@kura/coordinator/fixtures.ts';
import { AWAY_IS_LOST_MS } from '@kura/coordinator/moves/outlook.ts';
import { setStoreState } from '@kura/coordinator/stores/stores.ts';
import { transact } from '@kura/database';
import { parseEvent } from '@kura/log/events.ts';
import { calmFor, dangerAt, floodAt } from './dangers.ts';
import { type Program, Stage } from './stage.ts';

const CITIES = ['osaka', 'frankfurt', 'ishikari', 'stockholm'];

async function onStage(work: (stage: Stage, program: Program) => Promise<void>, fields = {}) {
  const stage = await Stage.open({ cities: CITIES, ...fields });
  try {
    await work(stage, stage.program('one'));
  } finally {
    stage.close();
  }
}

/** Its store says nothing from now on, and the coordinator has seen that. */
async function fallSilent(stage: Stage, city: string): Promise<void> {
  stage.silent.add(city);
  const nowMs = stage.clock.nowMs();
  const change = { state: 'unreachable', nowMs } as const;
  await transact(stage.database, (rows) => setStoreState(rows, stage.idOf(city), change));
}

const moves = (stage: Stage) =>
  stage.rows.selectFrom('moves').selectAll().where('kind', '=', 'add').execute();

async function contentAt(stage: Stage, city: string, packId: PackId): Promise<Uint8Array> {
  const pack = must(await stage.coordinator().pack(packId), 'a pack');
  const copy = must(
    pack.copies.find(({ storeId }) => storeId === stage.idOf(city)),
    'a copy',
  );
  return copy.root;
}

describe('repair', () => {
  it('A2: a store that is lost is made up for at once, from what is left', () =>
    onStage(async (stage, program) => {
      const { packId } = await stage.save(['osaka', 'frankfurt']);
      stage.silent.add('frankfurt');
      await stage.network.setStoreState(stage.idOf('frankfurt'), 'lost');
      await stage.run(program);
      const held = await stage.heldAt(packId);
      assert.equal(held.length, 2);
      assert.ok(held.includes('osaka') && !held.includes('frankfurt'));
      const [move] = await moves(stage);
      assert.deepEqual([move?.cause, move?.copies_left, move?.state], ['loss', 1, 'done']);
      assert.equal(move?.from_store, stage.idOf('osaka'));
      assert.ok((move.started_ms ?? Infinity) - move.made_ms <= HOUR_MS);
    }));

  it('A2: a store that is silent for a day counts as lost; before, it does not', () =>
    onStage(async (stage, program) => {
      const { packId } = await stage.save(['osaka', 'frankfurt']);
      await fallSilent(stage, 'frankfurt');
      stage.clock.now += AWAY_IS_LOST_MS - MINUTE_MS;
      await stage.run(program);
      assert.deepEqual(await moves(stage), []);
      stage.clock.now += MINUTE_MS;
      await stage.run(program);
      const held = (await stage.heldAt(packId)).filter((city) => city !== 'frankfurt');
      assert.equal(held.length, 2);
      const [move] = await moves(stage);
      assert.deepEqual([move?.cause, move?.made_ms], ['loss', stage.clock.nowMs()]);
    }));

  it('A2: one that comes back has a copy too many, and one goes after calm and a full read', () =>
    onStage(async (stage, program) => {
      const { packId } = await stage.save(['osaka', 'frankfurt']);
      await fallSilent(stage, 'frankfurt');
      stage.clock.now += AWAY_IS_LOST_MS;
      await stage.run(program);
      stage.silent.delete('frankfurt');
      await stage.network.setStoreState(stage.idOf('frankfurt'), 'active');
      stage.clock.now += 4 * DAY_MS;
      await stage.run(program, calmFor(stage, 73));
      assert.equal((await stage.heldAt(packId)).length, 2);
      const names = await Promise.all(CITIES.map((city) => stage.namesAt(city)));
      assert.equal(names.flat().length, 2, 'and its bytes are gone');
    }));

  it('A2: the last copies go first, before a flood that is still a day away', () =>
    onStage(
      async (stage, { planner, carrier }) => {
        // Both are read at Stockholm and written at Frankfurt, over lines that carry one at a time.
        const feared = await stage.save(['osaka', 'stockholm']);
        const last = await stage.save(['ishikari', 'stockholm']);
        await stage.network.setStoreState(stage.idOf('ishikari'), 'lost');
        stage.silent.add('ishikari');
        await planner.consider(dangerAt(stage, [floodAt(stage, 'osaka')], ['osaka']));
        const planned = await moves(stage);
        const of = (cause: string) =>
          must(
            planned.find((move) => move.cause === cause),
            cause,
          );
        assert.deepEqual(
          planned.map(({ to_store: to }) => stage.cityOf(to)),
          ['frankfurt', 'frankfurt'],
        );
        assert.ok((of('loss').end_ms ?? Infinity) <= (of('danger').start_ms ?? 0), 'as planned');
        await carrier.round();
        await carrier.idle();
        await carrier.round();
        await carrier.idle();
        // One line at a time: whichever row changed first was begun first.
        const rows = await stage.rows
          .selectFrom('packs')
          .select('pack_id')
          .orderBy('changed_at')
          .execute();
        assert.deepEqual(
          rows.map(({ pack_id: id }) => id),
          [last.packId, feared.packId],
        );
        assert.deepEqual(await stage.heldAt(last.packId), ['frankfurt', 'stockholm']);
        assert.deepEqual(await stage.heldAt(feared.packId), ['frankfurt', 'osaka', 'stockholm']);
      },
      { lineMbit: 10 },
    ));

  it('A2: what is made again is, bit by bit, what was lost', () =>
    onStage(async (stage, program) => {
      const { packId } = await stage.save(['osaka', 'frankfurt']);
      const before = await contentAt(stage, 'frankfurt', packId);
      await stage.network.setStoreState(stage.idOf('ishikari'), 'lost');
      await stage.network.setStoreState(stage.idOf('stockholm'), 'lost');
      await stage.coordinator().setCopyState(packId, stage.idOf('frankfurt'), 'lost');
      await stage.run(program);
      assert.deepEqual(await stage.heldAt(packId), ['frankfurt', 'osaka']);
      assert.equal(Buffer.compare(await contentAt(stage, 'frankfurt', packId), before), 0);
    }));

  it('A2: the log says that it was repaired, and where the copies are now', () =>
    onStage(async (stage, program) => {
      await stage.save(['osaka', 'frankfurt']);
      await stage.network.setStoreState(stage.idOf('frankfurt'), 'lost');
      stage.silent.add('frankfurt');
      await stage.run(program);
      stage.network.unlock(NETWORK_SECRET);
      await writeCustodyEvents(stage.network, (work) => transact(stage.database, work));
      const [event] = await stage.rows.selectFrom('custody_events').selectAll().execute();
      const body = parseEvent(must(event, 'an event').body);
      assert.equal(body.event, 'repaired');
      assert.deepEqual([body.subject.from, body.subject.packCount], [stage.idOf('frankfurt'), 1]);
      assert.notEqual(event?.leaf_index, null);
    }));
});
