import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, deviceId, HOUR_MS, KuraError } from '@kura/base';
import fc from 'fast-check';
import { UTC } from './calendar.ts';
import { beforeDuration, parseDuration } from './duration.ts';
import {
  applyPolicy,
  groupSnapshots,
  isEmptyPolicy,
  NO_POLICY,
  parseGroupKeys,
  type RetentionPolicy,
} from './policy.ts';

interface Sample {
  readonly timeMs: number;
  readonly tags: readonly string[];
}

const at = (text: string, ...tags: string[]): Sample => ({ timeMs: Date.parse(text), tags });
const keptOf = (
  samples: readonly Sample[],
  policy: Partial<RetentionPolicy>,
  calendar = UTC,
): string[] =>
  applyPolicy(samples, { ...NO_POLICY, ...policy }, calendar)
    .filter(({ keep }) => keep)
    .map(({ snapshot }) => new Date(snapshot.timeMs).toISOString().slice(0, 16));

const TWICE_A_DAY = Array.from({ length: 20 }, (_, index) => ({
  timeMs: Date.parse('2026-03-01T08:00Z') + index * 12 * HOUR_MS,
  tags: [],
}));

describe('retention', () => {
  it('keeps the last ones', () => {
    assert.deepEqual(keptOf(TWICE_A_DAY, { last: 2 }), ['2026-03-10T20:00', '2026-03-10T08:00']);
  });

  it('keeps the newest of each day, as many days as asked', () => {
    const expected = ['2026-03-10T20:00', '2026-03-09T20:00', '2026-03-08T20:00'];
    assert.deepEqual(keptOf(TWICE_A_DAY, { daily: 3 }), expected);
  });

  it('counts days that have a snapshot, not days of the calendar', () => {
    const samples = [at('2026-01-01T10:00Z'), at('2026-02-01T10:00Z'), at('2026-06-01T10:00Z')];
    assert.deepEqual(keptOf(samples, { daily: 2 }), ['2026-06-01T10:00', '2026-02-01T10:00']);
  });

  it('also keeps the oldest while counts are left', () => {
    const samples = [at('2026-01-01T01:00Z'), at('2026-01-01T02:00Z'), at('2026-01-01T03:00Z')];
    assert.deepEqual(keptOf(samples, { daily: 5 }), ['2026-01-01T03:00', '2026-01-01T01:00']);
    assert.deepEqual(keptOf(samples, { daily: 1 }), ['2026-01-01T03:00']);
  });

  it('knows weeks as ISO does: they belong to the year of their Thursday', () => {
    const samples = [at('2026-12-28T10:00Z'), at('2027-01-03T10:00Z'), at('2027-01-04T10:00Z')];
    const kept = keptOf(samples, { weekly: 2 });
    assert.deepEqual(kept, ['2027-01-04T10:00', '2027-01-03T10:00']);
  });

  it('begins a day where the person is', () => {
    const tokyo = (): number => 9 * HOUR_MS;
    const samples = [at('2026-05-01T14:00Z'), at('2026-05-01T16:00Z')];
    assert.deepEqual(keptOf(samples, { daily: 2 }).length, 2, 'the oldest fills the count');
    assert.deepEqual(keptOf(samples, { daily: 1 }), ['2026-05-01T16:00']);
    const reasons = applyPolicy(samples, { ...NO_POLICY, daily: 2 }, tokyo).map((v) => v.reasons);
    assert.deepEqual(reasons, [['daily snapshot'], ['daily snapshot']]);
    const inUtc = applyPolicy(samples, { ...NO_POLICY, daily: 2 }, UTC).map((v) => v.reasons);
    assert.deepEqual(inUtc, [['daily snapshot'], ['oldest daily snapshot']]);
  });

  it('keeps what is within a span of the newest, not of today', () => {
    const within = parseDuration('2d');
    const expected = [
      '2026-03-10T20:00',
      '2026-03-10T08:00',
      '2026-03-09T20:00',
      '2026-03-09T08:00',
    ];
    assert.deepEqual(keptOf(TWICE_A_DAY, { within }), expected);
  });

  it('keeps what has all tags of one list', () => {
    const samples = [
      at('2026-01-01T00:00Z', 'tax', 'paper'),
      at('2026-01-02T00:00Z', 'tax'),
      at('2026-01-03T00:00Z', 'photo'),
    ];
    const kept = keptOf(samples, { tags: [['tax', 'paper'], ['photo']] });
    assert.deepEqual(kept, ['2026-01-03T00:00', '2026-01-01T00:00']);
  });

  it('keeps months and years, and all with Infinity', () => {
    const samples = [at('2024-07-01T00:00Z'), at('2025-07-01T00:00Z'), at('2026-07-01T00:00Z')];
    assert.equal(keptOf(samples, { yearly: 2 }).length, 2);
    assert.equal(keptOf(samples, { monthly: Number.POSITIVE_INFINITY }).length, 3);
  });

  it('keeps nothing by an empty policy, and says that it is empty', () => {
    assert.deepEqual(keptOf(TWICE_A_DAY, {}), []);
    assert.ok(isEmptyPolicy(NO_POLICY));
    assert.ok(!isEmptyPolicy({ ...NO_POLICY, tags: [['x']] }));
  });

  it('never keeps fewer when it is told to keep more, and always the newest', () => {
    const times = fc.array(fc.integer({ min: 0, max: 4000 * 24 }), { minLength: 1, maxLength: 60 });
    const counts = fc.record({
      last: fc.nat(5),
      hourly: fc.nat(5),
      daily: fc.nat(5),
      weekly: fc.nat(5),
      monthly: fc.nat(5),
      yearly: fc.nat(5),
    });
    const property = fc.property(times, counts, (hours, policy) => {
      const samples = hours.map((hour) => ({ timeMs: hour * HOUR_MS, tags: [] }));
      const kept = keptOf(samples, policy);
      const more = keptOf(samples, { ...policy, last: policy.last + 1, daily: policy.daily + 1 });
      const newest = Math.max(...samples.map(({ timeMs }) => timeMs));
      assert.ok(kept.every((time) => more.includes(time)));
      assert.equal(more[0], new Date(newest).toISOString().slice(0, 16));
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe('spans of time', () => {
  it('are years, months, days and hours in this order', () => {
    const { duration } = parseDuration('1y2m3d4h');
    assert.deepEqual(duration, { years: 1, months: 2, days: 3, hours: 4 });
    for (const text of ['', '5', 'd', '3d1y', '1w', '-1d', '1.5d']) {
      assert.throws(
        () => parseDuration(text),
        (error) => error instanceof KuraError && error.code === 'usage',
        text,
      );
    }
  });

  it('go back by the calendar', () => {
    const back = (from: string, text: string): string =>
      new Date(beforeDuration(Date.parse(from), parseDuration(text).duration, UTC)).toISOString();
    assert.equal(back('2026-03-31T12:00:00Z', '1m'), '2026-03-03T12:00:00.000Z');
    assert.equal(back('2024-02-29T12:00:00Z', '1y'), '2023-03-01T12:00:00.000Z');
    assert.equal(back('2026-01-01T01:00:00Z', '2h'), '2025-12-31T23:00:00.000Z');
    const days = Date.parse('2026-03-31T12:00Z') - Date.parse(back('2026-03-31T12:00Z', '7d'));
    assert.equal(days, 7 * DAY_MS);
  });
});

describe('groups of snapshots', () => {
  const own = deviceId('aa'.repeat(16));
  const snapshot = (hostname: string, paths: string[], tags: string[] = []) => ({
    ...{ deviceId: own, hostname, paths, tags },
  });
  const list = [
    snapshot('a', ['/x', '/y']),
    snapshot('a', ['/y', '/x'], ['t']),
    snapshot('b', ['/x']),
    snapshot('a', ['/x']),
  ];
  const sizes = (keys: string): number[] =>
    groupSnapshots(list, parseGroupKeys(keys)).map((group) => group.length);

  it('are made by machine and paths, in any order of the paths', () => {
    assert.deepEqual(sizes('host,paths'), [2, 1, 1]);
    assert.deepEqual(sizes('host'), [3, 1]);
    assert.deepEqual(sizes('tags'), [3, 1]);
    assert.deepEqual(sizes(''), [4]);
  });

  it('never join what two devices signed', () => {
    const stolen = { ...snapshot('b', ['/x']), deviceId: deviceId('bb'.repeat(16)) };
    const groups = groupSnapshots([...list, stolen], parseGroupKeys(''));
    assert.deepEqual(
      groups.map((group) => group.length),
      [4, 1],
    );
  });

  it('refuse what is no key', () => {
    assert.throws(
      () => parseGroupKeys('host,colour'),
      (error) => error instanceof KuraError && error.code === 'usage',
    );
  });
});
