// Goal: a pack waits for its device for a minute and no longer; any gateway may take the answer (A15).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { deviceId, KuraError, must, packId, SECOND_MS, storeId } from '@kura/base';
import { signPresence } from '@kura/contract/presence-proof.ts';
import { transact } from '@kura/database';
import { ed25519PublicKey } from '@kura/log';
import { ManualAlarmClock } from '@kura/testing';
import { CountedRandom, foundTestNetwork } from '../fixtures.ts';
import { answerChallenge, openChallenge } from '../uploads/challenge.ts';
import { claimUpload } from '../uploads/claim.ts';
import { CallBack } from './call-back.ts';

const DEVICE = deviceId('dd'.repeat(16));
const PACK = packId('a1'.repeat(32));
const ROGUE = storeId('0f'.repeat(16));
const HOLDER = 'b2'.repeat(16);
const SEED = new Uint8Array(32).fill(7);

/** A pack whose device is being called back. */
async function asked() {
  const { database, coordinator, clock } = await foundTestNetwork();
  const { memberId } = coordinator;
  const of = { rows: database.kysely, memberId };
  const sessionId = await coordinator.beginSession('backup');
  await transact(database, async (rows) => {
    await rows
      .insertInto('devices')
      .values({
        ...{ member_id: memberId, device_id: DEVICE, kind: 'device', name: 'laptop' },
        ...{ public_key: ed25519PublicKey(SEED), added_ms: 0, revoked_ms: null },
      })
      .execute();
    const size = { leafCount: 8, leafBytes: 4096, largestLeaves: 8 };
    const digest = new Uint8Array(32);
    const who = { deviceId: DEVICE, sessionId, gatewayId: '9a'.repeat(16), holder: HOLDER };
    await claimUpload(
      { rows, memberId },
      {
        ...{ packId: PACK, digest, ...size, ...who, nowMs: clock.nowMs() },
      },
    );
  });
  const time = new ManualAlarmClock(clock.nowMs());
  const random = new CountedRandom('call back');
  const held = { packId: PACK, holder: HOLDER };
  const callBack = new CallBack({ database, clock: time, random }, memberId, held);
  const ended = callBack.ask(ROGUE).then(
    () => 'goes on',
    (error: unknown) => (error instanceof KuraError ? error.context.reason : 'another error'),
  );
  const { challenge } = await callBack.asked;
  const answer = (seed: Uint8Array, storeIdOf = ROGUE) =>
    transact(database, (rows) =>
      answerChallenge(
        { rows, memberId },
        {
          ...{ packId: PACK, deviceId: DEVICE },
          signature: signPresence({ challenge, packId: PACK, storeId: storeIdOf }, seed),
        },
      ),
    );
  /** Until it has ended, or time has passed. */
  const pass = async (durationMs: number): Promise<string | undefined> => {
    const end = time.elapsedMs() + durationMs;
    let how: string | undefined;
    void ended.then((one) => {
      how = String(one);
    });
    while (how === undefined && time.elapsedMs() < end) {
      time.advance(SECOND_MS / 4);
      await setImmediate();
      await database.read(async () => undefined);
      await setImmediate();
    }
    return how;
  };
  return { of, answer, pass };
}

test('A15: the pack goes on when its device has signed what it was asked', async () => {
  const { of, answer, pass } = await asked();
  assert.equal(await pass(10 * SECOND_MS), undefined);
  assert.equal(must(await openChallenge(of, PACK), 'it waits').storeId, ROGUE);
  await answer(SEED);
  assert.equal(await openChallenge(of, PACK), undefined);
  assert.equal(await pass(10 * SECOND_MS), 'goes on');
});

test('A15: a signature by another key, or about another store, changes nothing', async () => {
  const { of, answer } = await asked();
  const isRefused = (error: unknown) => error instanceof KuraError && error.code === 'refused';
  await assert.rejects(answer(new Uint8Array(32).fill(8)), isRefused);
  await assert.rejects(answer(SEED, storeId('0e'.repeat(16))), isRefused);
  assert.ok((await openChallenge(of, PACK)) !== undefined);
});

test('A15: without an answer the pack is given up after a minute', async () => {
  const { pass } = await asked();
  assert.equal(await pass(55 * SECOND_MS), undefined);
  assert.equal(await pass(10 * SECOND_MS), 'callback');
});

test('A15: a device that was sent away meanwhile proves nothing', async () => {
  const { of, answer } = await asked();
  await of.rows.updateTable('devices').set({ revoked_ms: 1 }).execute();
  await assert.rejects(answer(SEED), (error: unknown) => {
    return error instanceof KuraError && error.context.reason === 'revoked';
  });
});
