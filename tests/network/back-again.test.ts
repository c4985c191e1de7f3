// Goal (R35, R36): a real store program, on a real folder and over TLS, that comes back after an absence, emptied,
// or from an old image: it obeys no order before it was answered, and is not silently taken in.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import { type Clock, DAY_MS, HOUR_MS, systemRandom as random, systemAlarmClock } from '@kura/base';
import type { BodyOf } from '@kura/contract/wire/endpoint.ts';
import type { HEARTBEAT_ENDPOINTS } from '@kura/contract/wire/endpoints/heartbeat.ts';
import { foundTestNetwork } from '@kura/coordinator/fixtures.ts';
import { hearStore } from '@kura/coordinator/stores/heartbeat.ts';
import { transact } from '@kura/database';
import { nodeDisk } from '@kura/native';
import { Hold } from '@kura/store/daemon/hold.ts';
import { StateFolder } from '@kura/store/daemon/state-folder.ts';
import { StorePlace } from './store-place.ts';

type Beat = BodyOf<(typeof HEARTBEAT_ENDPOINTS)['heartbeat']['request']>;

/** A store program and a coordinator's own tables and rules, with a clock that a test sets. */
class Scene {
  readonly place = new StorePlace('strict');
  nowMs = systemAlarmClock.nowMs();
  readonly beats: Beat[] = [];

  static async open(): Promise<Scene> {
    const scene = new Scene();
    await scene.place.found();
    const { database, coordinator } = await foundTestNetwork();
    const { identity } = scene.place;
    await coordinator.registerStore({ identity, location: 'x', baseRisk: 0.01, freeBytes: 1 });
    scene.place.answers = (beat) => {
      scene.beats.push(beat);
      const options = { ticketKey: new Uint8Array(32), nowMs: scene.nowMs };
      return transact(database, (rows) => hearStore(rows, identity.storeId, { beat, options }));
    };
    return scene;
  }

  /** The store runs for one heartbeat; what it was told. */
  async live(): Promise<string> {
    const program = await this.place.startStore();
    await program.stop(0);
    return this.place.answered.at(-1)?.state ?? assert.fail('it had no answer');
  }
}

async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await Scene.open();
  try {
    await work(scene);
  } finally {
    await scene.place.close();
  }
}

describe('a store that comes back', () => {
  test('R36: from an old image of its disk: lost, until an operator admits it', () =>
    withScene(async (scene) => {
      const { folder } = scene.place;
      assert.equal(await scene.live(), 'active');
      fs.cpSync(`${folder}/shelf`, `${folder}/image`, { recursive: true });
      scene.nowMs += 30 * DAY_MS;
      assert.equal(await scene.live(), 'active');
      assert.equal(await scene.live(), 'active');
      fs.rmSync(`${folder}/shelf`, { recursive: true });
      fs.renameSync(`${folder}/image`, `${folder}/shelf`);
      assert.equal(await scene.live(), 'lost');
      assert.equal(await scene.live(), 'lost');
      assert.deepEqual(
        scene.beats.map(({ mark }) => mark),
        [undefined, 1, 2, 1, 3],
      );
    }));

  test('R36: with its key and an empty shelf: lost, whatever its record says', () =>
    withScene(async (scene) => {
      const { folder } = scene.place;
      assert.equal(await scene.live(), 'active');
      scene.nowMs += HOUR_MS;
      assert.equal(await scene.live(), 'active');
      for (const name of fs.readdirSync(`${folder}/shelf`)) {
        if (name === 'kura-store.json' || name === 'identity.key') continue;
        fs.rmSync(`${folder}/shelf/${name}`, { recursive: true });
      }
      for (const name of ['copies', 'incoming']) fs.mkdirSync(`${folder}/shelf/${name}`);
      assert.equal(await scene.live(), 'lost');
    }));

  test('R35: after thirty days it holds every order until it was answered', () =>
    withScene(async (scene) => {
      assert.equal(await scene.live(), 'active');
      const state = await StateFolder.open(nodeDisk, `${scene.place.folder}/state`, {
        random,
        nowMs: scene.nowMs,
      });
      const at = (nowMs: number): Clock => ({ nowMs: () => nowMs, elapsedMs: () => 0 });
      assert.equal(new Hold(state, at(systemAlarmClock.nowMs())).by, undefined);
      for (const days of [2, 30, -2]) {
        const hold = new Hold(state, at(systemAlarmClock.nowMs() + days * DAY_MS));
        assert.equal(hold.by, 'store', `${days} days later`);
      }
    }));
});
