import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ManualAlarmClock } from '@kura/testing';
import { SharedSlots } from './shared-slots.ts';

function shared(): SharedSlots {
  const clock = new ManualAlarmClock();
  return new SharedSlots({ noun: 'things', atOnce: 3, perKey: 2, waitMs: 1000, waiting: 8, clock });
}

test('one caller has a few of the slots, however many they ask for', async () => {
  const slots = shared();
  const first = await slots.take('a');
  await slots.take('a');
  const third = slots.take('a');
  const other = await slots.take('b');
  assert.equal(slots.isWanted, false, "a caller over their share is in nobody's way");
  first();
  const mine = await third;
  const waiting = slots.take('b');
  await setImmediate();
  assert.equal(slots.isWanted, true, 'b has one of two, and all three are taken');
  mine();
  mine();
  await waiting;
  other();
});

test('who goes away while waiting gives back what they had, and is forgotten', async () => {
  const slots = shared();
  const held = await Promise.all([slots.take('a'), slots.take('a'), slots.take('b')]);
  const gone = new AbortController();
  const waiting = slots.take('c', gone.signal);
  await setImmediate();
  gone.abort();
  await assert.rejects(waiting, { code: 'interrupted' });
  for (const give of held) give();
  await Promise.all([slots.take('c'), slots.take('c'), slots.take('d')]);
});
