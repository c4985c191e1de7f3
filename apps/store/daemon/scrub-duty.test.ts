// Goal (A11, R27): the duty as a store's program has it: rot on a shelf is found without being asked, noted, healed,
// and told with the next heartbeat until it is heard; a restart tells nothing twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, HOUR_MS, SMALL_SHAPE } from '@kura/base';
import { openScrubReport, type ScrubReport } from '@kura/contract';
import { Metrics } from '@kura/daemon';
import { loadNative } from '@kura/native';
import { ManualAlarmClock, MemoryDisk, packBytes, Surroundings, sendCopy } from '@kura/testing';
import { readSeed } from '../presence.ts';
import { FOLDER, foundTestShelf, openTestShelf, pathOf, positionsOf } from '../test-shelf.ts';
import { ScrubDuty } from './scrub-duty.ts';
import { StateFolder } from './state-folder.ts';

const STATE = '/place/state';
const COPIES = 5;
/** Turns of the event loop that a check of all copies takes at the most. */
const TURNS = 200;

class Scene {
  readonly around = new Surroundings(3);
  readonly clock = new ManualAlarmClock();
  readonly disk = new MemoryDisk({ clock: this.clock });
  readonly events: string[] = [];
  readonly ids = Array.from({ length: COPIES }, () => this.around.newCopyId()).sort();

  static async create(): Promise<Scene> {
    const scene = new Scene();
    await foundTestShelf(scene.disk, scene.around);
    for (const id of scene.ids) {
      const bytes = scene.around.random.bytes(packBytes(SMALL_SHAPE, 0));
      await sendCopy(scene.open(), { id, member: scene.around.alice.member, bytes });
    }
    return scene;
  }

  open() {
    return openTestShelf(this.disk, this.around, { clock: this.clock });
  }

  async duty(): Promise<ScrubDuty> {
    const { disk, clock, around } = this;
    const { random } = around;
    const state = await StateFolder.open(disk, STATE, { random, nowMs: clock.nowMs() });
    const keeper = this.open();
    const { record, findings } = keeper;
    const seed = readSeed(disk, FOLDER, record.identity);
    const opened = { keeper, record, seed, findings, close: () => undefined };
    const config = {
      limits: { receiveMibS: 0, sendMibS: 0, scrubMibS: 16 },
      store: { kind: 'strict', place: 'osaka', lineMbit: 1, capacityGib: 1, rank: 1 } as const,
    };
    const store = { ...config.store, operator: 'test', reader: undefined };
    return new ScrubDuty(
      { config: { ...config, store }, opened, state },
      {
        ...{ disk, clock, random, native: loadNative(), metrics: new Metrics() },
        log: { event: (level, name) => void this.events.push(`${level}: ${name}`) },
      },
    );
  }

  /** Hours pass, and what becomes due is done. */
  async live(hours: number): Promise<void> {
    for (let hour = 0; hour < hours; hour++) {
      this.clock.advance(HOUR_MS);
      for (let turn = 0; turn < TURNS; turn++) await new Promise(setImmediate);
    }
  }

  async told(duty: ScrubDuty): Promise<ScrubReport | undefined> {
    const signed = await duty.report.make();
    const { identity } = this.open();
    const { storeId, publicKey: storeKey } = identity;
    return signed === undefined ? undefined : openScrubReport(signed, { storeKey, storeId });
  }
}

test('A11: rot is found without being asked, and told until it is heard', async () => {
  const scene = await Scene.create();
  const rotten = scene.ids[2] ?? assert.fail('a copy');
  for (const position of positionsOf(SMALL_SHAPE, [1])) scene.disk.flip(pathOf(rotten), position);
  const duty = await scene.duty();
  duty.start();
  await scene.live(COPIES + 1);
  const report = await scene.told(duty);
  assert.deepEqual(
    report?.news.map(({ number, copyId, state, wrongLeaves }) => ({
      number,
      copyId,
      state,
      wrongLeaves,
    })),
    [{ number: 1, copyId: rotten, state: 'healed', wrongLeaves: 1 }],
  );
  assert.deepEqual(scene.events, ['warning: a copy was healed']);
  assert.equal((await scene.told(duty))?.news.length, 1, 'told again until it is heard');
  await duty.report.heard(1);
  assert.equal(await scene.told(duty), undefined, 'nothing new, and told a moment ago');
  await duty.stop();

  const next = await scene.duty();
  next.start();
  assert.deepEqual((await scene.told(next))?.news, [], 'after a restart it tells where it stands');
  assert.equal((await scene.open().examine(rotten)).reportedBefore, true);
  await next.stop();
});

test('A11: a whole round is told, and a hostile answer cannot make findings untold', async () => {
  const scene = await Scene.create();
  const duty = await scene.duty();
  duty.start();
  const beganMs = scene.clock.nowMs();
  await scene.live(2 * COPIES + 2);
  const report = await scene.told(duty);
  assert.ok(report !== undefined && report.wholeRoundMs >= beganMs);
  assert.ok(report.roundMs > report.wholeRoundMs && report.roundMs - beganMs < DAY_MS);
  await duty.report.heard(Number.MAX_SAFE_INTEGER);
  for (const position of positionsOf(SMALL_SHAPE, [0])) {
    scene.disk.flip(pathOf(scene.ids[0] ?? assert.fail('a copy')), position);
  }
  await scene.live(2 * COPIES + 2);
  assert.equal((await scene.told(duty))?.news.length, 1);
  await duty.stop();
});
