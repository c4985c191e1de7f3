// Goal: what is seen of a copy becomes a verdict, evidence that opens offline, a copy that is made anew, and one
// message, with stores in memory that answer and sign as every store does (rows A11, A12, A13, A15).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR_MS, must, type PackId } from '@kura/base';
import { hashBundle, openEvidence } from '@kura/contract/evidence/index.ts';
import { readInbox } from '@kura/coordinator/inbox/inbox.ts';
import type { Observation } from '@kura/coordinator/incidents/observation.ts';
import { openIncident } from '@kura/coordinator/incidents/open-incident.ts';
import { noteStoreFailure } from '@kura/coordinator/incidents/rogue.ts';
import { Stage } from '../moves/stage.ts';

async function onStage(work: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await Stage.open({ cities: ['frankfurt', 'stockholm', 'ishikari'] });
  try {
    await work(stage);
  } finally {
    stage.close();
  }
}

const incidents = (stage: Stage) => stage.rows.selectFrom('incidents').selectAll().execute();

async function see(stage: Stage, city: string, id: PackId, seen: Partial<Observation> = {}) {
  const storeId = stage.idOf(city);
  const pack = await stage.coordinator().pack(id);
  const copy = must(
    pack?.copies.find((one) => one.storeId === storeId),
    'a copy there',
  );
  const observation: Observation = {
    ...{ storeId, packId: id, copyId: copy.copyId, class: 'unknown', source: 'restore' },
    ...{ leaves: [0], timeMs: stage.clock.nowMs(), ...seen },
  };
  const of = { memberId: stage.member };
  return stage.database.transact((rows) => openIncident({ rows, ...of }, observation));
}

async function rot(stage: Stage, city: string): Promise<void> {
  for (const name of await stage.namesAt(city)) {
    const bytes = must(stage.stores.get(city), 'a store').rawBytes(name);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
  }
}

async function messages(stage: Stage) {
  const of = { rows: stage.rows, memberId: stage.member };
  const all = await readInbox(of, { after: 0, limit: 100 });
  return all
    .filter(({ kind }) => kind === 'incident')
    .map(({ body }) => JSON.parse(body) as Record<string, unknown>);
}

describe('from what was seen to a verdict', () => {
  it('A11: a copy that has decayed is judged, made anew, and its evidence opens offline', () =>
    onStage(async (stage) => {
      const { packId } = await stage.save(['frankfurt', 'stockholm']);
      await rot(stage, 'frankfurt');
      const id = await see(stage, 'frankfurt', packId);
      assert.equal(await stage.judge(), 1);
      const [incident] = await incidents(stage);
      assert.deepEqual([incident?.state, incident?.verdict], ['judged', 'decay']);
      assert.deepEqual(await stage.heldAt(packId), ['stockholm']);
      const kept = await stage.rows
        .selectFrom('incident_evidence')
        .selectAll()
        .executeTakeFirstOrThrow();
      const { verdict, bundle } = openEvidence(kept.bundle);
      assert.equal(verdict.kind, 'decay');
      assert.equal(bundle.incidentId, id);
      assert.deepEqual(
        verdict.places.map(({ firstLeaf, leaves }) => [firstLeaf, leaves]),
        [[0, 1]],
        'A12: the place of the difference',
      );
      assert.equal(incident?.evidence_hash, hashBundle(kept.bundle));
      const event = await stage.rows
        .selectFrom('custody_events')
        .select('body')
        .where('number', '=', kept.event)
        .executeTakeFirstOrThrow();
      assert.match(event.body, new RegExp(hashBundle(kept.bundle)));
      await stage.run(stage.program('one'));
      assert.deepEqual(await stage.heldAt(packId), ['frankfurt', 'stockholm']);
    }));

  it('A13: a store that lost everything is one message, in two languages', () =>
    onStage(async (stage) => {
      const packs = [];
      for (let count = 0; count < 3; count++) {
        packs.push(await stage.save(['frankfurt', 'stockholm']));
      }
      await rot(stage, 'frankfurt');
      for (const { packId } of packs) await see(stage, 'frankfurt', packId);
      assert.equal(await stage.judge(), 3);
      const [told, ...others] = await messages(stage);
      assert.deepEqual(others, []);
      assert.equal(told?.copies, 3);
      assert.match(String(told?.message), /3 copies .* decayed/);
      assert.match(String(told?.message_ja), /3件/);
      const late = await stage.save(['frankfurt', 'stockholm']);
      await rot(stage, 'frankfurt');
      await see(stage, 'frankfurt', late.packId);
      await stage.judge();
      assert.equal((await messages(stage)).length, 1, 'not twice within the hour');
      stage.clock.now += HOUR_MS;
      await stage.judge();
      assert.equal((await messages(stage)).length, 2);
    }));

  it('A12: a copy that is whole stays as it is, and its member is not troubled', () =>
    onStage(async (stage) => {
      const { packId } = await stage.save(['frankfurt', 'stockholm']);
      await see(stage, 'frankfurt', packId, { class: 'wrong' });
      assert.equal(await stage.judge(), 0, 'held against a further reading');
      stage.clock.now += HOUR_MS;
      assert.equal(await stage.judge(), 1);
      const [incident] = await incidents(stage);
      assert.equal(incident?.verdict, 'passing');
      assert.deepEqual(await stage.heldAt(packId), ['frankfurt', 'stockholm']);
      assert.deepEqual(await messages(stage), []);
    }));

  it('A12: a store that does not answer is asked again, and then judged without', () =>
    onStage(async (stage) => {
      const { packId } = await stage.save(['frankfurt', 'stockholm']);
      stage.silent.add('frankfurt');
      await see(stage, 'frankfurt', packId, { class: 'late' });
      let judged = await stage.judge();
      for (let tries = 0; tries < 4; tries++) {
        assert.equal(judged, 0);
        stage.clock.now += HOUR_MS;
        judged = await stage.judge();
      }
      assert.equal(judged, 1);
      const [incident] = await incidents(stage);
      assert.equal(incident?.verdict, 'outage');
      assert.deepEqual(await stage.heldAt(packId), ['frankfurt', 'stockholm']);
    }));
});

describe('rogue stores', () => {
  it('A15: failures of a store are counted, and at the set count its members are told with evidence', () =>
    onStage(async (stage) => {
      const { packId } = await stage.save(['frankfurt', 'stockholm']);
      const storeId = stage.idOf('frankfurt');
      const fail = (): Promise<boolean> => {
        const failure = { storeId, timeMs: stage.clock.nowMs(), why: 'another key answers' };
        return stage.database.transact((rows) => noteStoreFailure(rows, failure));
      };
      assert.equal(await fail(), false);
      assert.equal(await fail(), false, 'one an hour counts');
      stage.clock.now += HOUR_MS;
      assert.equal(await fail(), false);
      stage.clock.now += HOUR_MS;
      assert.equal(await fail(), true);
      assert.equal(await stage.judge(), 1);
      const [incident] = await incidents(stage);
      assert.deepEqual([incident?.kind, incident?.verdict], ['rogue', 'rogue']);
      const [told] = await messages(stage);
      assert.match(String(told?.message), /not who it should be/);
      stage.clock.now += HOUR_MS;
      assert.equal(await fail(), false, 'told once');
      await stage.run(stage.program('one'));
      const held = await stage.heldAt(packId);
      assert.ok(held.includes('ishikari'), 'another store has a copy now');
    }));
});
