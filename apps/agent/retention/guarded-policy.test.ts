// C11: what a rule drops when somebody else saves as well, or a clock is wrong. The battery of attacks is in
// tests/retention; here is each rule of docs/design/removal.md by itself.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, HOUR_MS, KuraError } from '@kura/base';
import { UTC } from './calendar.ts';
import { applyGuarded, type Guard, type Guarded, refuseFutureLog } from './guarded-policy.ts';
import { NO_POLICY, type RetentionPolicy } from './policy.ts';

interface Sample extends Guarded {
  readonly name: string;
}

const START_MS = Date.parse('2026-03-02T08:00Z');
const YEARS_10_MS = 3652 * DAY_MS;
const NETWORK: Guard = { calendar: UTC, delayMs: 14 * DAY_MS };
const OWN_HOME: Guard = { calendar: UTC, delayMs: 0 };

function saved(name: string, day: number, change: Partial<Sample> = {}): Sample {
  const atMs = START_MS + day * DAY_MS;
  return { name, timeMs: atMs, loggedMs: atMs, leafIndex: day * 100, tags: [], ...change };
}

const daily = (count: number): Sample[] =>
  Array.from({ length: count }, (_, day) => saved(`day ${day}`, day));

function keptOf(
  samples: readonly Sample[],
  policy: Partial<RetentionPolicy>,
  guard: Guard,
): readonly string[] {
  return applyGuarded(samples, { ...NO_POLICY, ...policy }, guard)
    .filter(({ keep }) => keep)
    .map(({ snapshot }) => snapshot.name);
}

describe('retention by the log', () => {
  it('C11: counts as restic does where the owner alone saves', () => {
    assert.deepEqual(keptOf(daily(5), { last: 2 }, OWN_HOME), ['day 4', 'day 3']);
  });

  it('C11: what is within the delay of the newest is kept, and takes nobody’s place', () => {
    const fakes = Array.from({ length: 50 }, (_, index) =>
      saved(`fake ${index}`, 40, { leafIndex: 4000 + index }),
    );
    const kept = keptOf([...daily(40), ...fakes], { last: 3 }, NETWORK);
    assert.equal(kept.filter((name) => name.startsWith('fake')).length, 50);
    // The newest is of day 40: 27 to 39 are young, and three of the rest are kept.
    assert.ok(
      ['day 39', 'day 27', 'day 26', 'day 25', 'day 24'].every((day) => kept.includes(day)),
    );
    assert.ok(!kept.includes('day 23'));
  });

  it('C11: a record with a forged time is kept, and counts for nothing', () => {
    const forged = [-YEARS_10_MS, -2 * DAY_MS, 2 * DAY_MS, YEARS_10_MS].map((byMs, index) =>
      saved(`forged ${index}`, 10, {
        leafIndex: 1000 + index,
        timeMs: START_MS + byMs + 10 * DAY_MS,
      }),
    );
    const kept = keptOf([...daily(10), ...forged], { last: 1, within: undefined }, OWN_HOME);
    assert.deepEqual(kept, ['forged 3', 'forged 2', 'forged 1', 'forged 0', 'day 9']);
  });

  it('C11: a leaf that contradicts the others is kept, and they count as before', () => {
    for (const byMs of [-YEARS_10_MS, YEARS_10_MS]) {
      const samples = daily(10).map((sample) =>
        sample.name === 'day 5'
          ? { ...sample, loggedMs: sample.timeMs + byMs, timeMs: sample.timeMs + byMs }
          : sample,
      );
      assert.deepEqual(keptOf(samples, { daily: 2 }, OWN_HOME), ['day 9', 'day 8', 'day 5']);
      const verdicts = applyGuarded(samples, NO_POLICY, OWN_HOME);
      const odd = verdicts.find(({ snapshot }) => snapshot.name === 'day 5');
      assert.match(odd?.reasons.join() ?? '', /the log contradicts itself/);
    }
  });

  it('coordinators that take turns may differ by minutes', () => {
    const samples = [saved('a', 0), saved('b', 0, { leafIndex: 1 })].map((sample, index) => ({
      ...sample,
      loggedMs: sample.timeMs - index * 60_000,
    }));
    assert.deepEqual(keptOf(samples, { last: 1 }, OWN_HOME), ['b']);
  });

  it('what replaces another counts for when that one was taken', () => {
    const tagged = saved('tagged', 2, {
      leafIndex: 5000,
      loggedMs: START_MS + 50 * DAY_MS,
      originalLoggedMs: START_MS + 2 * DAY_MS,
    });
    assert.deepEqual(keptOf([...daily(10), tagged], { last: 1 }, OWN_HOME), ['day 9']);
    const unknown = { ...tagged, originalLoggedMs: undefined };
    assert.deepEqual(keptOf([...daily(10), unknown], { last: 1 }, OWN_HOME), ['tagged', 'day 9']);
    const young = keptOf(
      [...daily(30), { ...tagged, loggedMs: START_MS + 29 * DAY_MS }],
      {},
      NETWORK,
    );
    assert.ok(young.includes('tagged'), 'it is young by its own leaf');
  });

  it('of each day that is kept, the first stays as well where others may save', () => {
    const early = saved('first of day 5', 5, {
      leafIndex: 499,
      timeMs: START_MS + 5 * DAY_MS - HOUR_MS,
      loggedMs: START_MS + 5 * DAY_MS - HOUR_MS,
    });
    const samples = [...daily(6), early, saved('much later', 40)];
    assert.ok(keptOf(samples, { daily: 1 }, NETWORK).includes('first of day 5'));
    assert.deepEqual(keptOf(samples.slice(0, -1), { daily: 1 }, OWN_HOME), ['day 5']);
  });

  it('what is in no log is kept', () => {
    const unknown = saved('unknown', 3, { loggedMs: undefined });
    assert.ok(keptOf([...daily(3), unknown], { last: 1 }, OWN_HOME).includes('unknown'));
  });

  it('a log ahead of this machine ends it: one of both clocks is wrong', () => {
    const isRefused = (error: unknown): boolean =>
      error instanceof KuraError && error.code === 'refused' && error.context.reason === 'clock';
    assert.throws(() => refuseFutureLog(daily(3), START_MS - YEARS_10_MS), isRefused);
    assert.doesNotThrow(() => refuseFutureLog(daily(3), START_MS + 2 * DAY_MS));
    assert.doesNotThrow(() => refuseFutureLog(daily(3), START_MS + YEARS_10_MS));
    assert.doesNotThrow(() => refuseFutureLog([], START_MS));
  });
});
