// Goal: with real tables and stores, every copy is looked at as the schedule says, whoever is away, bounded or
// killed in between; and what is wrong is found in time, and told with its place (A10, A12, R21–R25).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CopyId, DAY_MS, HOUR_MS, KuraError, must, type PackId } from '@kura/base';
import { setBound } from '@kura/coordinator/audit/bounds.ts';
import { hasten } from '@kura/coordinator/audit/calendar.ts';
import { LANE_MS } from '@kura/coordinator/audit/lanes.ts';
import { PAIRS_PER_FETCH } from '@kura/coordinator/audit/pairs.ts';
import { ROUND_MS, ROUNDS_PER_FETCH } from '@kura/coordinator/audit/plan/rounds.ts';
import { treeHead } from '@kura/log';
import { loadNative } from '@kura/native';
import { Killed, Mortal, Stage } from '../moves/stage.ts';
import { Audits } from './stage.ts';

const native = loadNative();
const CITIES = ['osaka', 'frankfurt', 'ishikari'];

async function onStage(
  work: (stage: Stage, audits: Audits, packs: readonly PackId[]) => Promise<void>,
  packCount = 6,
): Promise<void> {
  const stage = await Stage.open({ cities: CITIES });
  try {
    const packs: PackId[] = [];
    for (let at = 0; at < packCount; at++) {
      const two = [0, 1].map((more) => must(CITIES[(at + more) % CITIES.length], 'a city'));
      packs.push((await stage.save(two)).packId);
    }
    await work(stage, new Audits(stage), packs);
  } finally {
    stage.close();
  }
}

/** Copies of a pack: where, and under which name. */
async function copiesOf(stage: Stage, packId: PackId) {
  const pack = must(await stage.coordinator().pack(packId), 'the pack is known');
  return pack.copies.map(({ storeId, copyId }) => ({ city: stage.cityOf(storeId), copyId }));
}

function flipBit(stage: Stage, city: string, place: { copyId: string; byte: number }): void {
  const store = must(stage.stores.get(city), 'a store');
  const bytes = store.rawBytes(place.copyId as Parameters<typeof store.rawBytes>[0]);
  bytes[place.byte] = (bytes[place.byte] ?? 0) ^ 1;
}

const awaitedRow = (stage: Stage) => ({ member_id: stage.member, since_ms: stage.clock.nowMs() });

/** From here on the store has other bytes under this name, and so do the tables. */
async function holdAnotherPack(stage: Stage, city: string, copyId: CopyId): Promise<void> {
  const store = must(stage.stores.get(city), 'a store');
  const bytes = store.rawBytes(copyId);
  bytes.fill(0x5a);
  const before = await store.stat(copyId);
  const leafHashes = new Uint8Array(before.leafHashes.length);
  native.bulk.sha256Each(bytes, bytes.length / before.leafCount, leafHashes);
  const root = treeHead(leafHashes);
  const stat = store.stat.bind(store);
  store.stat = async (id) => (id === copyId ? { ...before, leafHashes, root } : stat(id));
  await stage.rows.updateTable('copies').set({ root }).where('copy_id', '=', copyId).execute();
}

describe('rounds', () => {
  it('A10: each copy once in a round; each pack is fetched in one of four, from its stores in turn', () =>
    onStage(async (_, audits, packs) => {
      const program = audits.program('one');
      const fetched: string[][] = [];
      for (let round = 0; round <= 2 * ROUNDS_PER_FETCH; round++) {
        await audits.round(program);
        const whole = audits.asked.filter(({ how }) => how !== 'leaf');
        assert.equal(whole.length, 2 * packs.length);
        assert.equal(new Set(whole.map(({ copyId }) => copyId)).size, 2 * packs.length);
        const leads = whole.filter(({ how }) => how === 'compare');
        fetched.push(leads.map(({ copyId }) => copyId));
      }
      const [first = [], ...later] = fetched;
      assert.equal(first.length, packs.length, 'what is new is compared at once');
      assert.equal(later.flat().length, 2 * packs.length, 'two times in eight rounds');
      assert.equal(new Set(later.flat()).size, 2 * packs.length, 'once from each store');
    }));

  it('A10, A12: one flipped bit is found in the round in which it lies there, and its place is named', () =>
    onStage(async (stage, audits, packs) => {
      const program = audits.program('one');
      const [copy] = await copiesOf(stage, must(packs[3], 'a pack'));
      const { city, copyId } = must(copy, 'a copy');
      flipBit(stage, city, { copyId, byte: 4096 + 17 });
      await audits.round(program);
      const found = await stage.rows.selectFrom('audit_findings').selectAll().execute();
      assert.ok(found.every((row) => row.copy_id === copyId && row.store_id === stage.idOf(city)));
      const placed = found.filter((row) => row.source === 'compare');
      assert.deepEqual(
        placed.map((row) => [row.leaf, row.first_bit, row.bits, row.blocks]),
        [[1, 8 * 17, 1, 1]],
      );
      const incidents = await stage.rows.selectFrom('incidents').selectAll().execute();
      assert.deepEqual(
        incidents.map((row) => [row.store_id, row.copy_id]),
        [[stage.idOf(city), copyId]],
      );
    }));

  it('A10, A12: a full read finds one flipped bit as well, and a comparison names its place at once', () =>
    onStage(async (stage, audits, packs) => {
      const program = audits.program('one');
      await audits.round(program);
      for (const packId of packs) {
        for (const { city, copyId } of await copiesOf(stage, packId)) {
          flipBit(stage, city, { copyId, byte: 99 });
        }
      }
      await audits.round(program);
      const read = audits.asked.filter(({ how }) => how === 'full-read');
      const all = await stage.rows.selectFrom('audit_findings').selectAll().execute();
      const found = all.filter((row) => row.source === 'full-read');
      const placed = all.filter((row) => row.source === 'compare');
      assert.equal(placed.length, 2 * packs.length);
      assert.ok(placed.every((row) => row.leaf === 0));
      assert.ok(read.length > 0);
      assert.deepEqual(
        found.map((row) => row.copy_id as string).sort(),
        read.map(({ copyId }) => copyId as string).sort(),
      );
    }));

  it('A10: two stores that each have what they acknowledged, and not the same pack, are not accused', () =>
    onStage(async (stage, audits, packs) => {
      const packId = must(packs[0], 'a pack');
      const [copy, twin] = await copiesOf(stage, packId);
      const { city, copyId } = must(copy, 'a copy');
      await holdAnotherPack(stage, city, copyId);
      await audits.round(audits.program('one'));
      const found = await stage.rows.selectFrom('audit_findings').selectAll().execute();
      assert.ok(found.every((row) => row.class === 'unknown'));
      const waits = await stage.rows.selectFrom('audit_waits').selectAll().execute();
      const stores = [city, must(twin, 'the other').city].map((one) => stage.idOf(one));
      assert.deepEqual(waits.map((row) => row.store_id).sort(), stores.sort());
    }));

  it('A11: a copy that was reported is looked at again when it is held again', () =>
    onStage(async (stage, audits, packs) => {
      const program = audits.program('one');
      const packId = must(packs[0], 'a pack');
      const { city, copyId } = must((await copiesOf(stage, packId))[0], 'a copy');
      flipBit(stage, city, { copyId, byte: 5 });
      await audits.round(program);
      const at = { packId, storeId: stage.idOf(city) };
      await stage.coordinator().setCopyState(at.packId, at.storeId, 'damaged');
      audits.asked.length = 0;
      await audits.live(program, { forMs: 3 * HOUR_MS, stepMs: HOUR_MS });
      const looks = () => audits.asked.filter((one) => one.copyId === copyId && one.how !== 'leaf');
      assert.equal(looks().length, 0, 'what is known to be damaged is not read');
      flipBit(stage, city, { copyId, byte: 5 });
      await stage.coordinator().setCopyState(at.packId, at.storeId, 'held');
      await audits.live(program, { forMs: HOUR_MS, stepMs: HOUR_MS });
      assert.equal(looks().length, 1);
      assert.deepEqual(await stage.rows.selectFrom('audit_waits').selectAll().execute(), []);
    }));

  it('R25: who is away is looked at when it is back; its absence is no failure', () =>
    onStage(async (stage, audits, packs) => {
      const program = audits.program('one');
      stage.silent.add('osaka');
      await audits.round(program);
      assert.ok(audits.asked.every(({ city }) => city !== 'osaka'));
      stage.silent.clear();
      await audits.live(program, { forMs: HOUR_MS, stepMs: HOUR_MS });
      for (const packId of packs) {
        for (const { city, copyId } of await copiesOf(stage, packId)) {
          const isWhole = (one: { copyId: string; how: string }) =>
            one.copyId === copyId && one.how !== 'leaf';
          assert.ok(audits.asked.some(isWhole), `a copy in ${city} was not looked at`);
        }
      }
      assert.deepEqual(await stage.rows.selectFrom('incidents').selectAll().execute(), []);
      assert.deepEqual(await stage.rows.selectFrom('audit_waits').selectAll().execute(), []);
    }));

  it('R25: a store that answers with excuses is asked three times more, and then somebody looks', () =>
    onStage(async (stage, audits) => {
      const refuse = () => {
        throw new KuraError('refused', 'not today');
      };
      audits.answers.set('osaka', { answerLeaves: refuse, answerFullRead: refuse });
      const program = audits.program('one');
      await audits.live(program, { forMs: 2 * DAY_MS, stepMs: HOUR_MS });
      const seen = await stage.rows.selectFrom('incident_observations').selectAll().execute();
      assert.ok(seen.length > 0);
      assert.ok(seen.every((row) => row.class === 'refused'));
      const counted = await stage.rows
        .selectFrom('audit_days')
        .select((all) => all.fn.sum<number>('refused').as('refused'))
        .where('store_id', '=', stage.idOf('osaka'))
        .executeTakeFirstOrThrow();
      assert.ok(Number(counted.refused) >= 4);
    }));

  it('a bound holds: with no room for comparisons copies wait, are read in full, and leaves go on', () =>
    onStage(async (stage, audits, packs) => {
      const program = audits.program('one');
      await audits.round(program);
      const boundAll = async (boundBytes: number) => {
        for (const city of CITIES) {
          await stage.database.transact((rows) => setBound(rows, stage.idOf(city), boundBytes));
        }
        await stage.rows.updateTable('audit_days').set({ compare_bytes: 0 }).execute();
      };
      await boundAll(0);
      for (let left = PAIRS_PER_FETCH; left > 0; left--) {
        await audits.round(program);
        assert.ok(
          audits.asked.every(({ how }) => how === 'full-read'),
          'nothing over the line',
        );
        assert.equal(audits.asked.length, 2 * packs.length, 'each has a question left');
      }
      await audits.round(program);
      assert.deepEqual(audits.asked, [], 'now none has, and all wait');
      await boundAll(1000 * 4096);
      await audits.live(program, { forMs: 2 * DAY_MS, stepMs: DAY_MS });
      const whole = audits.asked.filter(({ how }) => how !== 'leaf');
      assert.equal(new Set(whole.map(({ copyId }) => copyId)).size, 2 * packs.length);
    }));

  it('a question that nobody asks any more is dropped, and no other', () =>
    onStage(async (stage, audits) => {
      const program = audits.program('one');
      await audits.round(program);
      const pairs = () => stage.rows.selectFrom('audit_pairs').select('pair_id').execute();
      const [old, ...others] = await pairs();
      stage.clock.now += 2 * ROUNDS_PER_FETCH * ROUND_MS;
      const younger = { made_ms: stage.clock.now++ };
      const { pair_id: id } = must(old, 'a pair');
      await stage.rows.updateTable('audit_pairs').set(younger).where('pair_id', '!=', id).execute();
      for (const city of CITIES) stage.silent.add(city);
      await audits.round(program);
      assert.deepEqual(await pairs(), others);
    }));

  it('a pack is fetched from a store whose line has room for it', () =>
    onStage(async (stage, audits, packs) => {
      await stage.database.transact((rows) => setBound(rows, stage.idOf('osaka'), 0));
      await audits.round(audits.program('one'));
      const whole = audits.asked.filter(({ how }) => how !== 'leaf');
      assert.equal(whole.length, 2 * packs.length, 'every copy was looked at');
      const fetched = whole.filter(({ how }) => how === 'compare');
      assert.equal(fetched.length, packs.length);
      assert.ok(fetched.every(({ city }) => city !== 'osaka'));
    }));
});

describe('a store that is slow', () => {
  it('holds up no other: all are asked while its answer is awaited', () =>
    onStage(async (stage, audits, packs) => {
      const program = audits.program('one');
      await audits.round(program);
      for (const city of CITIES) {
        await stage.database.transact((rows) => setBound(rows, stage.idOf(city), 0));
      }
      const elsewhere = Promise.withResolvers<void>();
      let left = 2 * packs.length - (await stage.namesAt('osaka')).length;
      for (const city of CITIES) {
        const store = must(stage.stores.get(city), 'a store');
        audits.answers.set(city, {
          answerFullRead: async (challenge) => {
            if (city !== 'osaka' && --left === 0) elsewhere.resolve();
            if (city === 'osaka') await elsewhere.promise;
            return store.answerFullRead(challenge);
          },
        });
      }
      await audits.round(program);
      assert.equal(left, 0);
      assert.equal(audits.asked.length, 2 * packs.length);
    }));

  it('is asked for the rest later, and no question is lost by that', () =>
    onStage(async (stage, audits, packs) => {
      const program = audits.program('one');
      await audits.round(program);
      const store = must(stage.stores.get('osaka'), 'a store');
      audits.answers.set('osaka', {
        answerFullRead: async (challenge) => {
          stage.clock.now += LANE_MS;
          return store.answerFullRead(challenge);
        },
      });
      const pairsLeft = async (): Promise<number> => {
        return (await stage.rows.selectFrom('audit_pairs').selectAll().execute()).length;
      };
      const before = await pairsLeft();
      const passes = await audits.round(program);
      assert.ok(passes.length > 2, 'one pass is not enough');
      assert.ok(passes.some(({ waiting }) => waiting > 0));
      const whole = audits.asked.filter(({ how }) => how !== 'leaf');
      assert.equal(whole.length, 2 * packs.length, 'each copy once');
      const fetched = whole.filter(({ how }) => how === 'compare').length;
      const spent = whole.length - 2 * fetched;
      assert.equal(await pairsLeft(), before - spent, 'a pair for each full read, and no other');
      assert.deepEqual(await stage.rows.selectFrom('audit_waits').selectAll().execute(), []);
      assert.deepEqual(await stage.rows.selectFrom('incidents').selectAll().execute(), []);
    }));
});

describe('a member who is awaited after a rebuild', () => {
  /** The network does not know that it was removed, or the store has lost it. */
  async function forget(stage: Stage, packId: PackId): Promise<CopyId> {
    const [copy] = await copiesOf(stage, packId);
    const { city, copyId } = must(copy, 'a copy');
    const store = must(stage.stores.get(city), 'a store');
    store.rawBytes(copyId).fill(0);
    await store.scrub(copyId);
    return copyId;
  }
  const incidents = (stage: Stage) => stage.rows.selectFrom('incidents').selectAll().execute();

  it('D14: may have removed what is missing; what is wrong is wrong all the same', () =>
    onStage(async (stage, audits, packs) => {
      await stage.database.transact(async (of) => {
        await of.insertInto('awaited_returns').values(awaitedRow(stage)).execute();
      });
      const copyId = await forget(stage, must(packs[0], 'a pack'));
      const [other] = await copiesOf(stage, must(packs[2], 'a pack'));
      const { city, copyId: damaged } = must(other, 'a copy');
      flipBit(stage, city, { copyId: damaged, byte: 7 });
      const program = audits.program('one');
      await audits.round(program);
      await audits.live(program, { forMs: DAY_MS, stepMs: 4 * HOUR_MS });
      assert.deepEqual([...new Set((await incidents(stage)).map((row) => row.copy_id))], [damaged]);
      await stage.rows.deleteFrom('awaited_returns').execute();
      await audits.live(program, { forMs: DAY_MS, stepMs: 4 * HOUR_MS });
      const found = new Set((await incidents(stage)).map((row) => row.copy_id));
      assert.ok(found.has(copyId), 'now its store has to have it');
    }, 3));
});

describe('leaves', () => {
  it('R21: each store is asked for all of its leaves in a day, if there are not more than are drawn', () =>
    onStage(async (stage, audits) => {
      const program = audits.program('one');
      await audits.live(program, { forMs: DAY_MS, stepMs: HOUR_MS / 2 });
      for (const city of CITIES) {
        const asked = audits.asked.filter((one) => one.how === 'leaf' && one.city === city);
        const names = await stage.namesAt(city);
        // Four leaves of each copy; what is drawn for the last minute may be asked the day after.
        assert.ok(asked.length >= 4 * names.length - 4, `${asked.length} leaves in ${city}`);
        assert.equal(new Set(asked.map(({ copyId }) => copyId)).size, names.length);
      }
    }));

  it('R21: a store that has thrown away a copy is found out the same day', () =>
    onStage(async (stage, audits, packs) => {
      const program = audits.program('one');
      const [copy] = await copiesOf(stage, must(packs[0], 'a pack'));
      const { city, copyId } = must(copy, 'a copy');
      const store = must(stage.stores.get(city), 'a store');
      store.rawBytes(copyId).fill(0);
      await audits.live(program, { forMs: DAY_MS, stepMs: HOUR_MS });
      const incidents = await stage.rows.selectFrom('incidents').selectAll().execute();
      assert.deepEqual(
        incidents.map((row) => row.copy_id),
        [copyId],
      );
      const seen = await stage.rows.selectFrom('incident_observations').selectAll().execute();
      const withProof = seen.filter((row) => row.source === 'leaves');
      assert.ok(withProof.length > 0);
      assert.ok(withProof.every((row) => row.challenge !== null && row.answer !== null));
    }));
});

describe('a program of audits is killed', () => {
  for (const when of ['before', 'after'] as const) {
    it(`A10: ${when} any of its acts, and another one goes on: no copy is left out`, () =>
      onStage(async (stage, audits, packs) => {
        let isOver = false;
        for (let at = 1; !isOver; at += 3) {
          const mortal = new Mortal(at, when);
          const program = audits.program(`holder ${at}`, mortal);
          try {
            stage.clock.now += 10;
            await stage.database.transact((rows) => hasten(rows, stage.clock.nowMs()));
            await program.run();
            isOver = true;
          } catch (error) {
            assert.ok(error instanceof Killed, String(error));
          }
          await stage.endLeases();
        }
        for (const packId of packs) {
          for (const { copyId } of await copiesOf(stage, packId)) {
            const looks = audits.asked.filter((one) => one.copyId === copyId && one.how !== 'leaf');
            assert.ok(looks.length > 0, 'a copy was left out');
          }
        }
        assert.deepEqual(await stage.rows.selectFrom('incidents').selectAll().execute(), []);
      }, 3));
  }
});
