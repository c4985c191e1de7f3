// Goal: a limit of bytes a second counts every byte of a body, however it is asked for (C8); and whoever reads can
// judge what arrives while it arrives.
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { KIB, SECOND_MS } from '@kura/base';
import { ManualAlarmClock } from '@kura/testing';
import { TokenBucket } from './bandwidth.ts';
import { MessageBody } from './message-body.ts';
import { STANDARD_LIMITS } from './server/limits.ts';

const SIZE = 64 * KIB;
const STEP = 4 * KIB;

test('bytes that came with the piece before count as well', async () => {
  const clock = new ManualAlarmClock();
  const bucket = new TokenBucket(SIZE, clock);
  const message = new PassThrough({ highWaterMark: SIZE });
  const body = new MessageBody(message as unknown as IncomingMessage, {
    ...{ sizeBytes: SIZE, sha256: undefined, pace: STANDARD_LIMITS, bucket, clock },
  });
  message.write(new Uint8Array(SIZE));
  for (let at = 0; at < SIZE; at += STEP) await body.readInto(new Uint8Array(STEP));
  const armed = clock.armed();
  const more = bucket.take(STEP);
  await setImmediate();
  assert.equal(clock.armed(), armed + 1, 'the second of this body is used up');
  clock.advance(SECOND_MS);
  await more;
});

test('whoever reads hears how much has arrived, and can end it', async () => {
  const message = new PassThrough({ highWaterMark: SIZE });
  const clock = new ManualAlarmClock();
  const body = new MessageBody(message as unknown as IncomingMessage, {
    ...{ sizeBytes: SIZE, sha256: undefined, pace: STANDARD_LIMITS, bucket: undefined, clock },
  });
  const heard: number[] = [];
  const whole = body.readInto(new Uint8Array(2 * STEP), (filled) => heard.push(filled));
  message.write(new Uint8Array(STEP));
  await setImmediate();
  assert.deepEqual(heard, [STEP]);
  message.write(new Uint8Array(STEP));
  assert.equal(await whole, 2 * STEP);
  assert.deepEqual(heard, [STEP, 2 * STEP]);
  const refused = body.readInto(new Uint8Array(STEP), () => {
    throw new RangeError('not this');
  });
  message.write(new Uint8Array(STEP));
  await assert.rejects(refused, RangeError);
  assert.equal(message.destroyed, true);
  await assert.rejects(body.readInto(new Uint8Array(STEP)), RangeError);
});
