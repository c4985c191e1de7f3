// Goal: no wrong answer is averaged away, no excuse is believed for ever, being away is no failure, and what
// audits read stays within what an operator allows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIB, KIB, MIB, SECOND_MS } from '@kura/base';
import { answerWithinMs, mayCompare, ratesOf } from './budget.ts';
import { AUDIT_CLASSES, NEW_MEMORY, nextStep, remember, standingOf } from './classes.ts';

test('R21: what is wrong, missing or unreadable is reported at once', () => {
  for (const seen of ['wrong', 'missing', 'unreadable'] as const) {
    assert.deepEqual(nextStep(seen, 0), { step: 'report', fault: seen });
  }
  assert.deepEqual(nextStep('ok', 3), { step: 'accept' });
});

test('R25: an excuse is asked again three times, ever later, and then reported as what it is', () => {
  for (const seen of ['refused', 'late', 'unknown'] as const) {
    const waits = [0, 1, 2].map((excuses) => {
      const next = nextStep(seen, excuses);
      assert.equal(next.step, 'again');
      return next.step === 'again' ? next.waitMs : 0;
    });
    assert.deepEqual(
      waits,
      [...waits].sort((a, b) => a - b),
    );
    assert.deepEqual(nextStep(seen, 3), { step: 'report', fault: seen });
  }
});

test('R25: who is away is asked again, however often, and nothing is remembered of it', () => {
  for (const excuses of [0, 3, 100]) assert.equal(nextStep('offline', excuses).step, 'again');
  assert.deepEqual(remember(NEW_MEMORY, 'offline', 50), NEW_MEMORY);
});

test('R21: one wrong answer among thousands is remembered for more than a day of questions', () => {
  let memory = remember(NEW_MEMORY, 'ok', 100_000);
  assert.equal(standingOf(memory), 'good');
  memory = remember(memory, 'wrong');
  assert.equal(standingOf(memory), 'failed');
  assert.equal(standingOf(remember(memory, 'ok', 1425)), 'failed');
  assert.equal(standingOf(remember(memory, 'ok', 10 * 1425)), 'good');
});

test('R25: a store that answers every third question with an excuse is watched; one that coughs is not', () => {
  let cheat = NEW_MEMORY;
  for (let time = 0; time < 60; time++) cheat = remember(cheat, time % 3 === 0 ? 'unknown' : 'ok');
  assert.equal(standingOf(cheat), 'watched');
  let honest = NEW_MEMORY;
  for (let time = 0; time < 600; time++) honest = remember(honest, time % 20 === 0 ? 'late' : 'ok');
  assert.equal(standingOf(honest), 'good');
});

test('R25: remembering many at once is remembering one after the other', () => {
  for (const seen of AUDIT_CLASSES) {
    let single = { wrong: 0.3, excuses: 0.4 };
    for (let time = 0; time < 7; time++) single = remember(single, seen);
    const once = remember({ wrong: 0.3, excuses: 0.4 }, seen, 7);
    assert.ok(Math.abs(once.wrong - single.wrong) < 1e-12);
    assert.ok(Math.abs(once.excuses - single.excuses) < 1e-12);
  }
});

const NEED = { storedBytes: 300 * GIB, ledBytes: 150 * GIB, leafBytes: 64 * KIB };

test('a store of 300 GiB in two copies sends 90 MiB and 1.6 GiB a day, and reads 12.5', () => {
  const rates = ratesOf(NEED);
  assert.equal(rates.leafBytes, 1425 * 64 * KIB);
  assert.equal(rates.compareBytes, 1.5625 * GIB);
  assert.equal(rates.readBytes, 1425 * 64 * KIB + 12.5 * GIB);
  assert.equal(rates.roundDays, 24);
  assert.ok(rates.isSwift);
  assert.ok(rates.leafBytes <= 100 * MIB);
});

test('a bound makes rounds longer, and leaves go first', () => {
  const bound = 1425 * 64 * KIB + 1 * GIB;
  const rates = ratesOf(NEED, bound);
  assert.equal(rates.leafBytes + rates.compareBytes, bound);
  assert.equal(rates.roundDays, 37.5);
  assert.ok(rates.isSwift);
  assert.ok(!ratesOf(NEED, 10 * MIB).isSwift);
});

test('under a bound a copy is not compared while the leaves of the day still need the room', () => {
  const boundBytes = 100 * MIB;
  const ask = (leafBytes: number, compareBytes: number) =>
    mayCompare(16 * MIB, { spent: { leafBytes, compareBytes }, need: NEED, boundBytes });
  assert.ok(!ask(0, 0), 'the leaves want 89 of the 100 MiB');
  assert.ok(!ask(1425 * 64 * KIB, 0), '16 do not fit beside them');
  const none = { spent: { leafBytes: 0, compareBytes: 10 * GIB }, need: NEED };
  assert.ok(mayCompare(16 * MIB, { ...none, boundBytes: undefined }));
  const small = { storedBytes: 64 * KIB, leafBytes: 64 * KIB };
  const spent = { leafBytes: 0, compareBytes: 0 };
  assert.ok(mayCompare(16 * MIB, { spent, need: small, boundBytes }));
});

test('R22: a deadline leaves room for a busy line, and none for an archive', () => {
  const question = 25 * 64 * KIB;
  assert.ok(answerWithinMs(question, 100) < 12 * SECOND_MS);
  assert.ok(answerWithinMs(question, undefined) < 20 * SECOND_MS);
});
