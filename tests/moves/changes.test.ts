// Goal: when the level changes, or the member moves, or says where copies may not lie, stores are selected again and
// the data moves, without the member doing anything (A7, A9, A20); what fails costs nothing but time (A8, A15).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DeviceId, deviceId, HOUR_MS, KuraError, must } from '@kura/base';
import { findCity, homeOf } from '@kura/coordinator';
import { noDanger } from '@kura/coordinator/moves/danger.ts';
import { setRegion } from '@kura/coordinator/moves/regions.ts';
import { isCode } from '../gateway/expect.ts';
import { dangerAt, floodAt } from './dangers.ts';
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

describe('selected again', () => {
  it('A7: a lower level has to leave what only higher ones may use', () =>
    onStage(
      async (stage, program) => {
        const { packId } = await stage.save(['frankfurt', 'stockholm']);
        await stage.run(program);
        assert.deepEqual(await stage.heldAt(packId), ['frankfurt', 'stockholm']);
        await stage.rows.updateTable('members').set({ own_level: 1 }).execute();
        await stage.run(program);
        const held = await stage.heldAt(packId);
        assert.equal(held.length, 2);
        assert.ok(!held.includes('stockholm'));
        const [move] = await stage.rows.selectFrom('moves').selectAll().execute();
        assert.equal(move?.cause, 'better');
        assert.match(move.reason, /^the member's level or regions do not allow stockholm any more/);
      },
      { minimumLevels: { stockholm: 2 } },
    ));

  it('A9: who moves next to a copy gets another one far away', () =>
    onStage(
      async (stage, program) => {
        const moveTo = (city: string) => stage.coordinator().setHome(homeOf(findCity(city)));
        await moveTo('ishikari');
        const { packId } = await stage.save(['osaka', 'stockholm']);
        await stage.run(program);
        assert.deepEqual(await stage.heldAt(packId), ['osaka', 'stockholm']);
        await moveTo('osaka');
        await stage.run(program);
        const held = await stage.heldAt(packId);
        assert.equal(held.length, 2);
        assert.ok(!held.includes('osaka'), held.join());
      },
      { cities: ['osaka', 'ishikari', 'stockholm'] },
    ));

  it('A9: who moves again is followed again, though what was moved a moment ago rests', () =>
    onStage(
      async (stage, program) => {
        const moveTo = (city: string) => stage.coordinator().setHome(homeOf(findCity(city)));
        await moveTo('osaka');
        const { packId } = await stage.save(['osaka', 'stockholm']);
        await stage.run(program);
        assert.deepEqual(await stage.heldAt(packId), ['stockholm', 'taipei']);
        stage.clock.now += HOUR_MS;
        await stage.run(program);
        await moveTo('taipei');
        await stage.run(program);
        assert.ok((await stage.heldAt(packId)).includes('osaka'));
      },
      { cities: ['osaka', 'taipei', 'stockholm'] },
    ));

  it('A9: what a device saved follows when it says where it is; what others saved stays', () =>
    onStage(
      async (stage, program) => {
        await stage.coordinator().setHome(homeOf(findCity('sydney')));
        const saved = async (device: DeviceId) => {
          const { packId } = await stage.save(['stockholm', 'taipei']);
          const columns = { device_id: device };
          await stage.rows
            .updateTable('packs')
            .set(columns)
            .where('pack_id', '=', packId)
            .execute();
          return packId;
        };
        const [laptop, desk] = [deviceId('ab'.repeat(16)), deviceId('cd'.repeat(16))];
        const [byLaptop, byDesk] = [await saved(laptop), await saved(desk)];
        await stage.run(program);
        const before = ['stockholm', 'taipei'];
        assert.deepEqual(await stage.heldAt(byLaptop), before);
        await stage.coordinator().setDevicePlace(laptop, homeOf(findCity('taipei')));
        await stage.run(program);
        assert.deepEqual(await stage.heldAt(byLaptop), ['osaka', 'stockholm']);
        assert.deepEqual(await stage.heldAt(byDesk), before);
        const moves = await stage.rows.selectFrom('moves').selectAll().execute();
        const [better, ...others] = moves.filter(({ cause }) => cause === 'better');
        assert.deepEqual([better?.packs, others], [1, []]);
        assert.match(
          better?.reason ?? '',
          /^the copy in taipei breaks a rule .*; to osaka: .* km from the device in taipei, /,
        );
      },
      { cities: ['osaka', 'taipei', 'stockholm'] },
    ));

  it('A9: of a member with one device nobody has to write down who saved a pack', () =>
    onStage(
      async (stage, program) => {
        await stage.coordinator().setHome(homeOf(findCity('sydney')));
        const { packId } = await stage.save(['stockholm', 'taipei']);
        const only = deviceId('ab'.repeat(16));
        await stage.coordinator().setDevicePlace(only, homeOf(findCity('taipei')));
        await stage.run(program);
        assert.deepEqual(await stage.heldAt(packId), ['osaka', 'stockholm']);
      },
      { cities: ['osaka', 'taipei', 'stockholm'] },
    ));

  it('A20: a home or a device that moves is looked at at once', () =>
    onStage(async (stage, { planner }) => {
      await stage.save(['frankfurt', 'stockholm']);
      const laptop = deviceId('ab'.repeat(16));
      let looks = 0;
      const keepUp = async (): Promise<number> => {
        await planner.keepUp(async () => {
          looks++;
          return noDanger(stage.clock.nowMs());
        });
        return looks;
      };
      assert.deepEqual([await keepUp(), await keepUp()], [1, 1], 'nothing has changed');
      await stage.coordinator().setDevicePlace(laptop, homeOf(findCity('osaka')));
      assert.deepEqual([await keepUp(), await keepUp()], [2, 2]);
      await stage.coordinator().setDevicePlace(laptop, undefined);
      assert.equal(await keepUp(), 3);
      await stage.coordinator().setHome(homeOf(findCity('osaka')));
      assert.deepEqual([await keepUp(), await keepUp()], [4, 4]);
    }));

  it('A6, A9: a region that is forbidden is left, and nothing new goes there', () =>
    onStage(async (stage, program) => {
      const { packId } = await stage.save(['frankfurt', 'stockholm']);
      const of = { memberId: stage.member };
      const forbid = (region: string) =>
        stage.database.transact((rows) =>
          setRegion({ rows, ...of }, { region, rule: 'forbidden' }, 2),
        );
      await forbid('DE');
      await stage.run(program);
      const held = await stage.heldAt(packId);
      assert.equal(held.length, 2);
      assert.ok(!held.includes('frankfurt'));
      const { stores } = await stage.coordinator().describe();
      const barred = stores.filter((store) => store.isForbidden === true);
      assert.deepEqual(
        barred.map(({ identity }) => identity.place.city),
        ['frankfurt'],
      );
      await assert.rejects(forbid('jp'), isCode('too_few_stores'));
      await assert.rejects(forbid('atlantis'), isCode('usage'));
    }));

  it('A6: a pin holds in danger, too: what can go nowhere else stays, with the reason', () =>
    onStage(async (stage, program) => {
      const { packId } = await stage.save(['osaka', 'ishikari']);
      await stage.database.transact((rows) =>
        setRegion({ rows, memberId: stage.member }, { region: 'jp', rule: 'pinned' }, 2),
      );
      await stage.run(program, dangerAt(stage, [floodAt(stage, 'osaka')], ['osaka']));
      assert.deepEqual(await stage.heldAt(packId), ['ishikari', 'osaka']);
      const told = await stage.rows.selectFrom('decisions').select('reason').execute();
      assert.match(told[0]?.reason ?? '', /no store is left: .*2 may not hold it/);
    }));
});

describe('faults on the way', () => {
  it('A8, A15: a target that refuses is given up for another one', () =>
    onStage(async (stage, program) => {
      const { packId } = await stage.save(['osaka', 'ishikari']);
      const full = () => {
        throw new KuraError('no_space', 'the shelf is full');
      };
      const danger = dangerAt(stage, [floodAt(stage, 'osaka')], ['osaka']);
      const planned = await program.planner.consider(danger);
      const target = stage.cityOf(must(planned?.moves[0]?.to_store ?? undefined, 'a target'));
      stage.faults.set(target, { receive: full });
      await stage.run(program, danger);
      const held = await stage.heldAt(packId);
      assert.equal(held.length, 3);
      assert.ok(!held.includes(target));
    }));

  it('A8: what a target does not read back as it was sent never counts', () =>
    onStage(async (stage) => {
      const { packId } = await stage.save(['osaka', 'ishikari']);
      const danger = dangerAt(stage, [floodAt(stage, 'osaka')], ['osaka']);
      const forgetful = stage.program('one', {
        acknowledge: async (at, { copyId }) => {
          const read = await stage.acknowledge(at, copyId);
          return { ...read, root: new Uint8Array(read.root.length) };
        },
      });
      await stage.run(forgetful, danger);
      assert.deepEqual(await stage.heldAt(packId), ['ishikari', 'osaka']);
    }));

  it('A8: without a copy that can be read now the pack waits, and goes on when one is back', () =>
    onStage(async (stage) => {
      const { packId } = await stage.save(['osaka', 'ishikari']);
      const danger = dangerAt(stage, [floodAt(stage, 'osaka')], ['osaka']);
      for (const city of ['osaka', 'ishikari']) stage.silent.add(city);
      await stage.run(stage.program('one'), danger);
      assert.equal((await stage.heldAt(packId)).length, 2);
      stage.silent.clear();
      stage.clock.now += HOUR_MS;
      await stage.run(stage.program('one'), { ...danger, atMs: stage.clock.nowMs() });
      assert.equal((await stage.heldAt(packId)).length, 3);
    }));

  it('D13: a copy that was to stay is damaged: nothing is removed, and it is made anew', () =>
    onStage(async (stage, program) => {
      const { packId } = await stage.save(['osaka', 'frankfurt']);
      await stage.network.setStoreState(stage.idOf('osaka'), 'draining');
      const rotten = must(stage.stores.get('frankfurt'), 'a store');
      for (const name of await stage.namesAt('frankfurt')) {
        const bytes = rotten.rawBytes(name);
        bytes[100] = (bytes[100] ?? 0) ^ 1;
      }
      await stage.run(program);
      const told = await stage.rows.selectFrom('decisions').select(['what', 'reason']).execute();
      const kept = told.filter(({ what }) => what === 'keep');
      assert.match(kept[0]?.reason ?? '', /a copy that was to stay is at fault/);
      const held = await stage.heldAt(packId);
      assert.equal(held.length, 2);
      for (const city of held) {
        const [name] = await stage.namesAt(city);
        await stage.acknowledge(stage.idOf(city), must(name, 'a copy'));
      }
      assert.deepEqual(await stage.namesAt('osaka'), []);
    }));
});

describe('beside a prune', () => {
  it('D13: a pack whose copy is on its way is not condemned before the copy has a row', () =>
    onStage(async (stage) => {
      const { packId } = await stage.save(['osaka', 'frankfurt']);
      const danger = dangerAt(stage, [floodAt(stage, 'osaka')], ['osaka']);
      const line = Promise.withResolvers<never>();
      const program = stage.program('one', { carry: () => line.promise });
      await program.planner.consider(danger);
      await program.carrier.round();
      await program.carrier.settled();
      const coordinator = stage.coordinator();
      await coordinator.markPacks([packId]);
      const session = await coordinator.beginSession('prune');
      const condemn = () => coordinator.condemnPacks(session, [packId], []);
      assert.deepEqual(await condemn(), []);
      line.reject(new KuraError('no_space', 'the shelf is full'));
      await program.carrier.idle();
      assert.deepEqual(await condemn(), [packId]);
    }));
});

describe('two programs', () => {
  it('what one holds no other begins, and it counts for nothing when its lease has ended', () =>
    onStage(async (stage) => {
      const { packId } = await stage.save(['osaka', 'frankfurt']);
      const danger = dangerAt(stage, [floodAt(stage, 'osaka')], ['osaka']);
      const held = Promise.withResolvers<never>();
      const first = stage.program('first', { carry: () => held.promise });
      await first.planner.consider(danger);
      await first.carrier.round();
      await first.carrier.settled();
      const second = stage.program('second');
      assert.equal(await second.planner.consider(danger), undefined);
      await second.carrier.round();
      await second.carrier.idle();
      assert.equal((await stage.heldAt(packId)).length, 2);
      await stage.endLeases();
      await stage.run(second, danger);
      assert.equal((await stage.heldAt(packId)).length, 3);
      held.reject(new KuraError('unreachable', 'the line broke'));
      await assert.rejects(first.carrier.idle(), isCode('interrupted'));
    }));
});
