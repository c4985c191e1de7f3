// Goal: a list of revocations that is full still names whom stores have to turn away (R33).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS } from '@kura/base';
import { openRevocations } from '@kura/contract';
import { TestService } from '../test-service.ts';
import { signNewList } from './revocations.ts';

test('R33: of more than a list takes, gateways come first, then the newest; the rest is told', async (context) => {
  const { service, rows, clock } = await TestService.found(context);
  const { coordinatorSeed: seed, coordinatorKey } = service.keys;
  const withdraw = async (role: 'gateway' | 'device', number: number): Promise<string> => {
    const serial = number.toString(16).padStart(2, '0').repeat(16);
    const times = { issued_ms: 1, not_after_ms: clock.nowMs() + DAY_MS, revoked_ms: number };
    await rows
      .insertInto('certificates')
      .values({ serial, role, subject: serial, key_hash: new Uint8Array(32), why: 'x', ...times })
      .execute();
    return serial;
  };
  const gateway = await withdraw('gateway', 1);
  const devices: string[] = [];
  for (let number = 2; number < 6; number++) devices.push(await withdraw('device', number));
  const sign = async (most: number) => {
    const list = await signNewList(rows, { seed, nowMs: clock.nowMs(), most });
    assert.ok(list !== undefined);
    const opened = openRevocations(list.list, { coordinatorKey, heldNumber: 0 });
    const has = [gateway, ...devices].filter((serial) => opened.hasCertificate(serial));
    return { leftOut: list.leftOut, number: list.number, has };
  };
  const full = await sign(3);
  assert.deepEqual(full, { leftOut: 2, number: 1, has: [gateway, ...devices.slice(2)] });
  assert.deepEqual(await sign(3), full, 'the same again is the same list');
  assert.deepEqual(await sign(5), { leftOut: 0, number: 2, has: [gateway, ...devices] });
});
