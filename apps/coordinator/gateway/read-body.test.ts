// Goal: nobody keeps room in a gateway's buffer by sending slowly (C7, R38).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KIB, KuraError, MINUTE_MS, memberId, SECOND_MS } from '@kura/base';
import { ManualAlarmClock } from '@kura/testing';
import { type ArrivingBody, readBody } from './read-body.ts';
import { PIECE_BYTES as PIECE, ReceiveBuffer } from './receive-buffer.ts';

const PIECES = 4;
const PIECE_BYTES = 16 * KIB;

/** A body of which each piece comes when `next` is called. */
class SlowBody implements ArrivingBody {
  readonly sizeBytes = PIECES * PIECE_BYTES;
  isDropped = false;
  #under: PromiseWithResolvers<void> | undefined;

  readInto(): Promise<void> {
    this.#under = Promise.withResolvers<void>();
    return this.#under.promise;
  }

  async next(): Promise<void> {
    this.#under?.resolve();
    await this.#under?.promise;
  }

  drop(): void {
    this.isDropped = true;
    this.#under?.reject(new KuraError('interrupted', 'the body was dropped'));
  }
}

function begin({ isWanted }: { isWanted: boolean }) {
  const clock = new ManualAlarmClock();
  const body = new SlowBody();
  const pieces = Array.from({ length: PIECES }, () => new Uint8Array(PIECE_BYTES));
  const others = { areWaiting: isWanted };
  const read = readBody(body, { pieces, isWanted: () => others.areWaiting, clock });
  return { clock, body, read, others };
}

test('C7: a body that drips in is given up when others wait, though it never stops', async () => {
  const { clock, body, read } = begin({ isWanted: true });
  await body.next();
  clock.advance(MINUTE_MS);
  await body.next();
  clock.advance(SECOND_MS);
  assert.ok(body.isDropped, 'it has no more time');
  await assert.rejects(read, { code: 'unreachable' });
});

test('C7: a slow body goes on while nobody waits, and ends soon after somebody does', async () => {
  const { clock, body, read, others } = begin({ isWanted: false });
  clock.advance(10 * MINUTE_MS);
  await body.next();
  assert.ok(!body.isDropped);
  others.areWaiting = true;
  clock.advance(10 * SECOND_MS);
  await assert.rejects(read, { code: 'unreachable' });
});

test('a body in time is read to its end, and its watch ends with it', async () => {
  const { clock, body, read } = begin({ isWanted: true });
  clock.advance(MINUTE_MS);
  for (let piece = 0; piece < PIECES; piece++) await body.next();
  await read;
  clock.advance(MINUTE_MS);
  assert.ok(!body.isDropped);
});

test('a body that breaks says so itself', async () => {
  const { body, read } = begin({ isWanted: true });
  body.drop();
  await assert.rejects(read, { code: 'interrupted' });
});

test('room is wanted by whoever waits within their share, and by nobody else', async () => {
  const buffer = new ReceiveBuffer({ pieces: 8, clock: new ManualAlarmClock() });
  const { signal } = new AbortController();
  const [one, two] = [memberId('11'.repeat(16)), memberId('22'.repeat(16))];
  const held = await buffer.take(one, 8 * PIECE, signal);
  assert.ok(!buffer.isWanted);
  const over = buffer.take(one, PIECE, signal);
  assert.ok(!buffer.isWanted, 'the holder itself is over its share');
  const other = buffer.take(two, PIECE, signal);
  assert.ok(buffer.isWanted);
  held.giveBack();
  for (const grant of await Promise.all([over, other])) grant.giveBack();
  assert.ok(!buffer.isWanted);
});
