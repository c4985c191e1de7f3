// Goal: data leaves before harm comes, the highest level first, never towards another danger; an alert only adds; a
// person can pause, approve and refuse; and what is then too many goes after calm and a full read (A8, A20).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR_MS, must } from '@kura/base';
import { approveMove, setPause, vetoMove } from '@kura/coordinator/moves/orders.ts';
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

const order = (stage: Stage) => ({ word: 'ada', nowMs: stage.clock.nowMs() });

describe('a danger', () => {
  it('A8: adds a copy at a calm store, and takes none away', () =>
    onStage(async (stage, program) => {
      const { packId } = await stage.save(['osaka', 'frankfurt']);
      const floods = ['osaka', 'ishikari'].map((city) => floodAt(stage, city));
      await stage.run(program, dangerAt(stage, floods, ['osaka', 'ishikari']));
      assert.deepEqual(await stage.heldAt(packId), ['frankfurt', 'osaka', 'stockholm']);
      const [move] = await stage.rows.selectFrom('moves').selectAll().execute();
      assert.equal(move?.cause, 'danger');
      assert.equal(move.word, 'cap, jma');
      assert.match(
        move.reason,
        /^osaka is in danger \(flood at osaka: unreachable .* to stockholm:/,
      );
      assert.equal(move.harm_ms, stage.clock.nowMs() + 24 * HOUR_MS);
    }));

  it('A8: what is too many goes after 72 calm hours and a full read of what stays', () =>
    onStage(async (stage, program) => {
      const { packId } = await stage.save(['osaka', 'frankfurt']);
      await stage.run(program, dangerAt(stage, [floodAt(stage, 'osaka')], ['osaka']));
      assert.equal((await stage.heldAt(packId)).length, 3);
      for (const hours of [1, 71]) {
        stage.clock.now += 70 * HOUR_MS;
        await stage.run(program, calmFor(stage, hours));
        assert.equal((await stage.heldAt(packId)).length, 3, `after ${hours} h`);
      }
      stage.clock.now += 2 * HOUR_MS;
      await stage.run(program, calmFor(stage, 73));
      const held = await stage.heldAt(packId);
      assert.equal(held.length, 2);
      const read = await stage.rows.selectFrom('copies').select('acknowledged_ms').execute();
      assert.ok(
        read.every((row) => row.acknowledged_ms === stage.clock.nowMs()),
        'read now',
      );
      const names = await Promise.all(CITIES.map((city) => stage.namesAt(city)));
      assert.equal(names.flat().length, 2, 'and the bytes are gone');
    }));

  it('A8: an alert that comes after everything was read, and before it is signed, keeps the copy', () =>
    onStage(async (stage, { planner, carrier }) => {
      const { packId } = await stage.save(['osaka', 'frankfurt']);
      await stage.network.setStoreState(stage.idOf('osaka'), 'draining');
      const calm = dangerAt(stage, [], []);
      await planner.consider(calm);
      for (const step of ['made', 'read']) {
        await carrier.round();
        await carrier.idle();
        if (step === 'made') await planner.round();
      }
      const [row] = await stage.rows.selectFrom('move_packs').select('step').execute();
      assert.equal(row?.step, 'sign');
      await planner.consider(dangerAt(stage, [floodAt(stage, 'frankfurt')], ['frankfurt']));
      assert.equal((await stage.heldAt(packId)).length, 3);
      const kept = await stage.rows.selectFrom('decisions').selectAll().execute();
      assert.ok(kept.some(({ what }) => what === 'keep'));
    }));

  it('A8: the highest level goes first, whoever came first, and then the nearest harm', () =>
    onStage(
      async (stage, program) => {
        const low = await stage.join(1, { level: 1 });
        const middle = await stage.join(2, { level: 2 });
        await stage.save(['osaka', 'frankfurt'], low);
        await stage.save(['osaka', 'frankfurt'], middle);
        await stage.save(['ishikari', 'frankfurt'], stage.member);
        await stage.save(['osaka', 'frankfurt'], stage.member);
        const far = floodAt(stage, 'ishikari', { inHours: 48 });
        const near = floodAt(stage, 'osaka', { inHours: 12 });
        await stage.run(program, dangerAt(stage, [far, near], ['osaka', 'ishikari']));
        const moves = await stage.rows
          .selectFrom('moves')
          .selectAll()
          .orderBy('start_ms')
          .execute();
        const seen = moves.map((move) => [move.level, stage.cityOf(move.leave_store)]);
        assert.deepEqual(seen, [
          [3, 'osaka'],
          [3, 'ishikari'],
          [2, 'osaka'],
          [1, 'osaka'],
        ]);
        for (const [at, move] of moves.entries()) {
          const before = moves[at - 1]?.end_ms ?? 0;
          assert.ok((move.start_ms ?? 0) >= before, 'one at a time on the only line there is');
        }
      },
      { cities: ['osaka', 'ishikari', 'frankfurt', 'stockholm'], lineMbit: 10 },
    ));

  it('A8: says what will be late', () =>
    onStage(
      async (stage, program) => {
        await stage.save(['osaka', 'frankfurt']);
        const soon = floodAt(stage, 'osaka', { inHours: 0 });
        await stage.run(program, dangerAt(stage, [soon], ['osaka']));
        const [move] = await stage.rows.selectFrom('moves').selectAll().execute();
        assert.equal(move?.is_late, 1);
        assert.match(move.note, /the danger is there already/);
        const late = await stage.rows.selectFrom('decisions').select('what').execute();
        assert.ok(late.some(({ what }) => what === 'late'));
      },
      { lineMbit: 1 },
    ));

  it('A8: a target that falls into danger before anything was sent is given up for another', () =>
    onStage(async (stage, program) => {
      const { packId } = await stage.save(['osaka', 'frankfurt']);
      const first = floodAt(stage, 'osaka');
      const planned = await program.planner.consider(dangerAt(stage, [first], ['osaka']));
      const target = stage.cityOf(must(planned?.moves[0]?.to_store ?? undefined, 'a target'));
      const both = dangerAt(stage, [first, floodAt(stage, target)], ['osaka', target]);
      await stage.run(program, both);
      const held = await stage.heldAt(packId);
      assert.equal(held.length, 3);
      assert.ok(!held.includes(target));
      const states = await stage.rows
        .selectFrom('moves')
        .select('state')
        .orderBy('state')
        .execute();
      assert.deepEqual(
        states.map(({ state }) => state),
        ['done', 'dropped'],
      );
    }));

  it('A8: what has not begun is dropped when the alert is withdrawn', () =>
    onStage(async (stage, program) => {
      const { packId } = await stage.save(['frankfurt', 'stockholm']);
      await program.planner.consider(dangerAt(stage, [floodAt(stage, 'frankfurt')], ['frankfurt']));
      await stage.run(program);
      assert.deepEqual(await stage.heldAt(packId), ['frankfurt', 'stockholm']);
      const [move] = await stage.rows.selectFrom('moves').selectAll().execute();
      assert.equal(move?.state, 'dropped');
      assert.equal(move.note, 'frankfurt is safe again');
    }));
});

describe('people', () => {
  const threatened = async (stage: Stage, sources: ('cap' | 'jma')[]) => {
    const packs = [];
    for (let count = 0; count < 10; count++) packs.push(await stage.save(['osaka', 'frankfurt']));
    return { packs, danger: dangerAt(stage, [floodAt(stage, 'osaka', { sources })], ['osaka']) };
  };
  const moved = async (
    stage: Stage,
    packs: readonly { packId: Parameters<Stage['heldAt']>[0] }[],
  ) => {
    const held = await Promise.all(packs.map(({ packId }) => stage.heldAt(packId)));
    return held.filter((cities) => cities.length === 3).length;
  };

  it('A8: on the word of one feed a share goes; the rest waits, and an operator approves', () =>
    onStage(async (stage, program) => {
      const { packs, danger } = await threatened(stage, ['cap']);
      await stage.run(program, danger);
      assert.equal(await moved(stage, packs), 1, 'a twentieth of all bytes');
      const waiting = await stage.rows
        .selectFrom('moves')
        .selectAll()
        .where('state', '=', 'approval')
        .executeTakeFirstOrThrow();
      assert.equal(waiting.packs, 9);
      await stage.database.transact((rows) => approveMove(rows, waiting.move_id, order(stage)));
      await stage.run(program, danger);
      assert.equal(await moved(stage, packs), 10);
    }));

  it('A8: a further share goes each hour, and all of it when a second feed says so', () =>
    onStage(async (stage, program) => {
      const { packs, danger } = await threatened(stage, ['cap']);
      await stage.run(program, danger);
      stage.clock.now += HOUR_MS;
      await stage.run(program, { ...danger, atMs: stage.clock.nowMs() });
      assert.equal(await moved(stage, packs), 2);
      const both = floodAt(stage, 'osaka', { sources: ['cap', 'jma'] });
      await stage.run(program, dangerAt(stage, [both], ['osaka']));
      assert.equal(await moved(stage, packs), 10);
    }));

  it('A8: a veto stands for a week, and ends with the danger', () =>
    onStage(async (stage, program) => {
      const { packs, danger } = await threatened(stage, ['cap', 'jma']);
      const planned = await program.planner.consider(danger);
      const { move_id: id } = must(planned?.moves[0], 'a move');
      await stage.database.transact((rows) => vetoMove(rows, id.slice(0, 8), order(stage)));
      await stage.run(program, danger);
      assert.equal(await moved(stage, packs), 0);
      stage.clock.now += 8 * 24 * HOUR_MS;
      await stage.run(program, dangerAt(stage, [floodAt(stage, 'osaka')], ['osaka']));
      assert.equal(await moved(stage, packs), 10);
    }));

  it('A8: while moves are paused nothing begins, and everything is still planned', () =>
    onStage(async (stage, program) => {
      const { packs, danger } = await threatened(stage, ['cap', 'jma']);
      await stage.database.transact((rows) => setPause(rows, true, order(stage)));
      await stage.run(program, danger);
      assert.equal(await moved(stage, packs), 0);
      const [move] = await stage.rows.selectFrom('moves').selectAll().execute();
      assert.equal(move?.state, 'planned');
      await stage.database.transact((rows) => setPause(rows, false, order(stage)));
      await stage.run(program, danger);
      assert.equal(await moved(stage, packs), 10);
    }));
});
