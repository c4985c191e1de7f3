// Goal: on real disasters, message by message as they came, the whole network does what it has to: packs that are
// really stored are moved out of harm's way in time, nothing is deleted by an alert, and nothing is known before it
// could be.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { HOUR_MS, MINUTE_MS } from '@kura/base';
import { lookAt } from '@kura/coordinator/hazards/replay/history.ts';
import { DISASTERS, playFile, riskAt, type Seen, violatedIn } from './play.ts';

/** How long after a step its feed may be asked. */
const POLLS_MS: Readonly<Record<string, number>> = {
  store: 0,
  usgs: MINUTE_MS,
  jma: MINUTE_MS,
  nhc: 15 * MINUTE_MS,
};

/** Every step is known within one poll of its feed and never before its time; a danger is answered at once. */
function assertTimely({ moments }: Seen): void {
  const heard = moments.flatMap(({ atMs, heard: steps }) =>
    steps.map(({ step }) => ({ atMs, step })),
  );
  for (const { atMs, step } of heard) {
    const lateMs = atMs - step.atMs;
    assert.ok(
      lateMs >= 0 && lateMs <= (POLLS_MS[step.source] ?? 0),
      `${step.source}: ${lateMs} ms`,
    );
  }
  const danger = moments.find(({ stances }) => stances.some(({ stance }) => stance === 'leave'));
  const plan = moments.find(({ moves }) => moves.length > 0);
  assert.ok(danger !== undefined && plan !== undefined);
  assert.equal(plan.atMs, danger.atMs);
}

/** Nothing that stood when it began has left custody by its end. */
function assertNothingDeleted({ history }: Seen): void {
  assert.ok(history.copies.length > 0);
  assert.equal(history.copies.filter(({ retiredMs }) => retiredMs !== undefined).length, 0);
  assert.ok(history.copies.every(({ isSound }) => isSound));
}

describe('Hokkaido 2018', () => {
  let seen: Seen;
  before(async () => {
    seen = await playFile(DISASTERS, 'hokkaido-2018', { packs: 3 });
  });

  it('A4, A8: every check of its manifest holds', () => {
    assert.deepEqual(violatedIn(seen), {});
    assert.equal(seen.verdicts.length, 5);
  });

  it('A8: all 19 steps are known within a poll, and the first is answered at once', () => {
    assert.equal(seen.moments.flatMap(({ heard }) => heard).length, 19);
    assertTimely(seen);
  });

  it('D13: nothing is deleted, and every copy is whole on its shelf', () => {
    assertNothingDeleted(seen);
  });

  it('the store is dark from the end of its fuel until the grid is back, and danger grows to then', () => {
    const power = seen.moments.flatMap(({ atMs, power: news }) =>
      news.map(({ what }) => `${new Date(atMs).toISOString()} ${what}`),
    );
    assert.deepEqual(power, [
      '2018-09-05T18:08:30.000Z grid lost',
      '2018-09-07T18:08:30.000Z out of fuel',
      '2018-09-07T18:10:30.000Z missed',
      '2018-09-08T05:00:00.000Z grid back',
      '2018-09-08T05:00:00.000Z answers again',
    ]);
    const first = riskAt(seen, 'ishikari', '2018-09-05T18:09:00Z').unreachable;
    assert.ok(first >= 0.3 && first < 0.32);
    assert.ok(riskAt(seen, 'ishikari', '2018-09-07T18:09:00Z').unreachable >= 0.9);
  });
});

describe('Florence 2018', () => {
  let seen: Seen;
  before(async () => {
    seen = await playFile(DISASTERS, 'florence-2018', { packs: 3 });
  });

  it('A4, A8: every check of its manifest holds', () => {
    assert.deepEqual(violatedIn(seen), {});
    assert.equal(seen.verdicts.length, 6);
  });

  it('A8: all 40 advisories are known within a poll, and the first danger is answered at once', () => {
    assert.equal(seen.moments.flatMap(({ heard }) => heard).length, 40);
    assertTimely(seen);
  });

  it('probabilities of hurricane wind at Wilmington are those of the hazard study, as known then', () => {
    const published: readonly (readonly [string, number])[] = [
      ['2018-09-08T15:00:00Z', 0.04],
      ['2018-09-10T03:00:00Z', 0.13],
      ['2018-09-10T15:00:00Z', 0.22],
      ['2018-09-12T03:00:00Z', 0.32],
      ['2018-09-13T03:00:00Z', 0.51],
      ['2018-09-14T03:00:00Z', 0.72],
    ];
    for (const [time, wanted] of published) {
      const found = lookAt(seen.history, Date.parse(time))?.winds.get('wilmington')?.[2] ?? 0;
      assert.ok(Math.abs(found - wanted) <= 0.03, `${found} at ${time}, published ${wanted}`);
    }
  });

  it('nothing flees into its way: no copy is written to Moncks Corner or Raleigh while it comes', () => {
    const sites = new Set(seen.history.writes.map(({ site }) => site));
    assert.ok(sites.has('ashburn'));
    assert.ok(!sites.has('monckscorner') && !sites.has('raleigh'));
  });
});

describe('Tohoku 2011', () => {
  let seen: Seen;
  before(async () => {
    seen = await playFile(DISASTERS, 'tohoku-2011', { playOnDays: 40, packs: 3 });
  });

  it('A4, A8: every check of its manifest holds', () => {
    assert.deepEqual(violatedIn(seen), {});
    assert.equal(seen.verdicts.length, 5);
  });

  it('A8: all 10 messages are known within a poll and read, and the first is answered at once', () => {
    const heard = seen.moments.flatMap((moment) => moment.heard);
    assert.equal(heard.length, 10);
    assert.deepEqual(
      heard.flatMap(({ reading }) => reading.problems),
      [],
    );
    assertTimely(seen);
  });

  it('a withdrawn early warning clears neither the tsunami warnings nor what was observed', () => {
    const events = lookAt(seen.history, Date.parse('2011-03-11T05:50:30Z'))?.events ?? [];
    const [tsunami] = events.filter(({ kind }) => kind === 'tsunami');
    const [quake] = events.filter(({ kind }) => kind === 'earthquake');
    assert.equal(tsunami?.state, 'active');
    assert.equal(tsunami?.severity, 'extreme');
    const observed = quake?.zones.filter(({ certainty }) => certainty === 'observed') ?? [];
    assert.ok(
      observed.some(({ codes, intensityMmi }) => codes[0]?.code === '222' && intensityMmi === 9),
    );
  });

  it('the risk of Sendai falls to base only after the release, and after the aftershocks have faded', () => {
    const above = (time: string): number => {
      const { lost, base } = riskAt(seen, 'sendai', time);
      return lost - base.lost;
    };
    const times = ['2011-03-13T08:58:00Z', '2011-03-13T12:00:00Z', '2011-03-20T12:00:00Z'];
    const [before, after, week] = times.map(above) as [number, number, number];
    assert.ok(before > after && after > week && week > 1e-3, `${before} ${after} ${week}`);
    assert.ok(above('2011-04-20T12:00:00Z') <= 1e-12, 'six weeks later nothing of it counts');
  });

  it('D13: what was added is retired by warrant in the end, never below two copies, and not before the calm', () => {
    const { copies } = seen.history;
    const releaseMs = Date.parse('2011-03-13T08:58:18Z');
    const retired = copies.flatMap(({ retiredMs }) => retiredMs ?? []);
    assert.ok(retired.every((timeMs) => timeMs >= releaseMs + 72 * HOUR_MS));
    const byPack = Map.groupBy(copies, ({ pack }) => pack);
    for (const own of byPack.values()) {
      assert.ok(own.filter(({ retiredMs }) => retiredMs === undefined).length >= 2);
    }
    assert.ok(copies.every(({ isSound }) => isSound));
  });
});
