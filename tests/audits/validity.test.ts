// Goal: on the closing day every copy of a member is looked at, what fails is made anew, and the statement says how it
// really stood; who objects is audited again, and what nobody objects to is in the log (A22).
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { DAY_MS, HOUR_MS, must, type PackId } from '@kura/base';
import { embeddedCopyKeys } from '@kura/coordinator';
import { writeCustodyEvents } from '@kura/coordinator/custody/write-events.ts';
import { NETWORK_SECRET, refusal } from '@kura/coordinator/fixtures.ts';
import { MAX_OBJECTIONS, objectTo } from '@kura/coordinator/validity/object.ts';
import { validityStep } from '@kura/coordinator/validity/validity-step.ts';
import { readStatement, viewValidity } from '@kura/coordinator/validity/views.ts';
import { transact } from '@kura/database';
import { parseEvent } from '@kura/log/events.ts';
import { Stage } from '../moves/stage.ts';
import { Audits } from './stage.ts';

const CITIES = ['osaka', 'frankfurt', 'ishikari', 'stockholm'];
const SETTINGS = { closingDay: 1, deadlineDays: 7, objectionDays: 14 };
const FIRST_CLOSING = Date.UTC(2026, 11, 1);
const keys = embeddedCopyKeys(NETWORK_SECRET);

interface Said {
  readonly result: string;
  readonly packs: number;
  readonly copies: number;
  readonly unproved: number;
  readonly tampered: boolean;
  readonly attempt: number;
  readonly stores: readonly { storeId: string; cipher: string; keyHash: string; copies: number }[];
  readonly incidents: readonly { storeId: string; verdict: string | null }[];
  readonly objections: readonly { text: string }[];
}

class Scene {
  readonly stage: Stage;
  readonly audits: Audits;
  readonly packs: readonly PackId[];
  readonly #auditor: ReturnType<Audits['program']>;

  constructor(stage: Stage, packs: readonly PackId[]) {
    this.stage = stage;
    this.packs = packs;
    this.audits = new Audits(stage);
    this.#auditor = this.audits.program('auditor');
  }

  get of() {
    return { rows: this.stage.rows, memberId: this.stage.member };
  }

  step(): Promise<void> {
    const { database, clock, random, network } = this.stage;
    return validityStep({
      ...{ database, keys, random, settings: SETTINGS, networkId: network.charter.memberId },
      ...{ minimumCopies: 2, nowMs: () => clock.nowMs() },
      transact: (work) => transact(database, work),
    });
  }

  /** Audits that are due, and then a step. */
  async lookAt(atMs: number): Promise<void> {
    this.stage.clock.now = atMs;
    await this.#auditor.run();
    await this.step();
  }

  async standing() {
    const asked = { memberId: this.stage.member, limit: 10 };
    return must((await viewValidity(this.stage.rows, asked))[0], 'an audit');
  }

  async statement() {
    const found = must(await readStatement(this.of, 1), 'a statement');
    assert.equal(hash('sha256', found.statement), found.hash);
    return { ...found, said: JSON.parse(found.statement) as Said };
  }

  object(text: string): Promise<void> {
    const nowMs = this.stage.clock.nowMs();
    const { memberId } = this.of;
    return transact(this.stage.database, (rows) =>
      objectTo({ rows, memberId }, { number: 1, text, nowMs }),
    );
  }

  /** Copies that were looked at as a whole. */
  looked(): readonly string[] {
    return this.audits.asked.flatMap(({ how, copyId }) => (how === 'leaf' ? [] : [copyId]));
  }
}

async function onScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const stage = await Stage.open({ cities: CITIES });
  try {
    const packs: PackId[] = [];
    for (const two of [
      ['osaka', 'frankfurt'],
      ['frankfurt', 'ishikari'],
      ['osaka', 'ishikari'],
    ]) {
      packs.push((await stage.save(two)).packId);
    }
    const scene = new Scene(stage, packs);
    await scene.step();
    assert.deepEqual(await stage.rows.selectFrom('validity_audits').selectAll().execute(), []);
    // The round that began before is none of this: what it has to look at is looked at.
    await scene.lookAt(FIRST_CLOSING - HOUR_MS);
    scene.audits.asked.length = 0;
    stage.clock.now = FIRST_CLOSING;
    await scene.step();
    await work(scene);
  } finally {
    stage.close();
  }
}

describe('validity', () => {
  it('A22: every copy within the closing day; a statement of stores, ciphers and keys; then it is in the log', () =>
    onScene(async (scene) => {
      const { stage } = scene;
      assert.deepEqual(
        await stage.rows.selectFrom('validity_statements').selectAll().execute(),
        [],
      );
      await scene.lookAt(FIRST_CLOSING + 22 * HOUR_MS);
      assert.equal(new Set(scene.looked()).size, 6);
      const { said, hash: told } = await scene.statement();
      assert.deepEqual(
        [said.result, said.packs, said.copies, said.tampered],
        ['valid', 3, 6, false],
      );
      assert.equal(said.stores.length, 3);
      for (const { storeId, cipher, keyHash, copies } of said.stores) {
        const city = must(
          CITIES.find((one) => stage.idOf(one) === storeId),
          'a store of ours',
        );
        const { copyKey } = await keys.keysFor(stage.member, stage.idOf(city));
        assert.equal(keyHash, hash('sha256', copyKey));
        assert.equal(cipher, stage.stores.get(city)?.identity.suite);
        assert.equal(copies, 2);
      }
      const inbox = await stage.rows
        .selectFrom('inbox')
        .selectAll()
        .where('kind', '=', 'statement')
        .execute();
      assert.match(inbox[0]?.body ?? '', /is as you entrusted it.*audit validity object 1/);
      stage.clock.now += SETTINGS.objectionDays * DAY_MS - HOUR_MS;
      await scene.step();
      assert.equal((await scene.standing()).state, 'issued');
      stage.clock.now += HOUR_MS;
      await scene.step();
      assert.equal((await scene.standing()).state, 'closed');
      stage.network.unlock(NETWORK_SECRET);
      await writeCustodyEvents(stage.network, (work) => transact(stage.database, work));
      const [event] = await stage.rows.selectFrom('custody_events').selectAll().execute();
      const body = parseEvent(must(event, 'an event').body);
      assert.deepEqual([body.event, body.subject], ['settled', { statement: told }]);
      assert.equal((await scene.statement()).event, event?.number);
      await assert.rejects(scene.object('too late'), refusal('refused', /is closed/));
      await scene.step();
      assert.equal(
        (await viewValidity(stage.rows, { memberId: stage.member, limit: 9 })).length,
        1,
      );
    }));

  it('A22: what fails is made anew before anything is called valid, and its incident is in the statement', () =>
    onScene(async (scene) => {
      const { stage, packs } = scene;
      const packId = must(packs[0], 'a pack');
      const pack = must(await stage.coordinator().pack(packId), 'the pack');
      const { copyId, storeId } = must(pack.copies[0], 'a copy');
      const bytes = must(stage.stores.get(stage.cityOf(storeId)), 'its store').rawBytes(copyId);
      bytes[4096] = (bytes[4096] ?? 0) ^ 1;
      await scene.lookAt(FIRST_CLOSING + 22 * HOUR_MS);
      assert.equal((await scene.standing()).state, 'auditing', 'one copy is wrong');
      await stage.coordinator().setCopyState(packId, storeId, 'damaged');
      await scene.lookAt(FIRST_CLOSING + 23 * HOUR_MS);
      assert.equal((await scene.standing()).state, 'auditing', 'one pack has one copy');
      await stage.run(stage.program('mover'));
      stage.network.unlock(NETWORK_SECRET);
      await writeCustodyEvents(stage.network, (work) => transact(stage.database, work));
      for (let hour = 24; (await scene.standing()).state === 'auditing'; hour++) {
        assert.ok(hour < 48, 'it is over within a day');
        await scene.lookAt(FIRST_CLOSING + hour * HOUR_MS);
      }
      const { said } = await scene.statement();
      assert.deepEqual([said.result, said.copies], ['restored', 6]);
      assert.deepEqual(
        said.incidents.map((one) => one.storeId),
        [storeId],
      );
      assert.equal((await stage.heldAt(packId)).length, 2);
    }));

  it('A22: a store that is away until the deadline is told as such, and nothing of it is called valid', () =>
    onScene(async (scene) => {
      scene.stage.silent.add('osaka');
      await scene.lookAt(FIRST_CLOSING + 22 * HOUR_MS);
      const { state, waiting } = await scene.standing();
      assert.deepEqual([state, waiting], ['auditing', 2]);
      await scene.lookAt(FIRST_CLOSING + SETTINGS.deadlineDays * DAY_MS);
      const { said } = await scene.statement();
      assert.deepEqual([said.result, said.unproved], ['unproved', 2]);
    }));

  it('A22: an objection has everything looked at again, at once; its statement quotes it, and the last is final', () =>
    onScene(async (scene) => {
      const { stage } = scene;
      await assert.rejects(scene.object('early'), refusal('refused', /is being looked into/));
      await scene.lookAt(FIRST_CLOSING + 22 * HOUR_MS);
      for (let at = 1; at <= MAX_OBJECTIONS; at++) {
        scene.audits.asked.length = 0;
        await scene.object(`objection ${at}`);
        assert.equal((await scene.standing()).objectUntilMs, undefined);
        await scene.step();
        await scene.lookAt(stage.clock.now);
        assert.equal(new Set(scene.looked()).size, 6, 'every copy');
        const { said } = await scene.statement();
        assert.equal(said.attempt, at + 1);
        assert.equal(said.objections.at(-1)?.text, `objection ${at}`);
      }
      await assert.rejects(scene.object('once more'), refusal('refused', /is closed/));
      await scene.step();
      assert.equal((await scene.standing()).state, 'closed');
      const all = await stage.rows.selectFrom('validity_statements').selectAll().execute();
      assert.deepEqual(
        all.map(({ event }) => event !== null),
        [false, false, false, true],
      );
    }));
});
