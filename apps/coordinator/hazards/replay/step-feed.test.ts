// Goal: recorded steps are asked for at the pace of the live feed, and nothing of a step is known before its time,
// also where a file holds what came later.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventBook } from '../events/event-book.ts';
import { at, bytesOf, sample, TestClock } from '../feeds/test-data.ts';
import { hear } from '../feeds/watch.ts';
import type { RecordedStep } from './manifest.ts';
import { StepFeed } from './step-feed.ts';

type Source = RecordedStep['source'];

function stepOf(
  source: Source,
  time: string,
  fields: Readonly<Record<string, unknown>> = {},
): RecordedStep {
  const file = typeof fields.file === 'string' ? fields.file : undefined;
  return { atMs: at(time), source, file, json: { available_at: time, source, ...fields } };
}

function feedOf(steps: readonly RecordedStep[], start: string, readFile = sample) {
  const clock = new TestClock(start);
  const source = steps[0]?.source ?? 'cap';
  const feed = new StepFeed(source, steps, { clock, readFile, placeOf: () => undefined });
  return { clock, feed };
}

describe('steps of a feed', () => {
  it('are asked for at the next poll of the live feed', () => {
    const polls: readonly (readonly [Source, string, string])[] = [
      ['usgs', '2018-09-05T18:22:47Z', '2018-09-05T18:23:00Z'],
      ['usgs', '2018-09-05T18:23:00Z', '2018-09-05T18:23:00Z'],
      ['jma', '2011-03-11T05:48:10Z', '2011-03-11T05:48:20Z'],
      ['jma', '2011-03-11T05:48:21Z', '2011-03-11T05:49:20Z'],
      ['nhc', '2018-09-07T03:00:01Z', '2018-09-07T03:15:00Z'],
      ['gdacs', '2026-01-28T12:01:00Z', '2026-01-28T12:06:00Z'],
      ['store', '2018-09-05T18:08:30Z', '2018-09-05T18:08:30Z'],
    ];
    for (const [source, time, poll] of polls) {
      const { feed } = feedOf([stepOf(source, time)], time);
      assert.equal(new Date(feed.nextMs()).toISOString(), new Date(at(poll)).toISOString(), source);
      assert.equal(feed.lastMs(), feed.nextMs());
    }
  });

  it('say nothing before their time, whenever they are asked', async () => {
    const file = 'nhc/florence-2018-al06-OFCL-adeck.dat';
    const steps = [stepOf('nhc', '2018-09-10T03:00:00Z', { file, synoptic_time: '2018091000' })];
    const { clock, feed } = feedOf(steps, '2018-09-10T02:59:59Z');
    const early = await feed.poll();
    assert.deepEqual([early.outcome, early.reports], ['unchanged', []]);
    clock.advance(1000);
    const { outcome, reports } = await feed.poll();
    assert.deepEqual(
      [outcome, reports[0]?.cyclone?.synopticMs],
      ['fresh', at('2018-09-10T00:00:00Z')],
    );
    assert.equal(feed.nextMs(), Number.POSITIVE_INFINITY);
  });

  it('of a deck without a time of its own are the newest that was released', async () => {
    const file = 'nhc/florence-2018-al06-OFCL-adeck.dat';
    const { feed } = feedOf(
      [stepOf('nhc', '2018-09-10T08:59:00Z', { file })],
      '2018-09-10T09:00:00Z',
    );
    const { reports } = await feed.poll();
    assert.equal(reports[0]?.cyclone?.synopticMs, at('2018-09-10T00:00:00Z'));
  });

  it('of a list know no earthquake and no alert that came later', async () => {
    const quakes = stepOf('usgs', '2017-01-01T00:00:00Z', {
      file: 'usgs/summary-query-tohoku-2011.geojson',
    });
    const before = stepOf('usgs', '2011-03-11T05:00:00Z', {
      file: 'usgs/summary-query-tohoku-2011.geojson',
    });
    assert.equal((await feedOf([quakes], '2017-01-01T00:00:00Z').feed.poll()).reports.length, 1);
    assert.equal((await feedOf([before], '2011-03-11T05:00:00Z').feed.poll()).reports.length, 0);
    const file = 'nws/alerts-active-northwest-2025-12-15-absolute-time.json';
    const known = async (time: string): Promise<number> =>
      (await feedOf([stepOf('nws', time, { file })], time).feed.poll()).reports.length;
    const [early, late] = [
      await known('2025-12-15T20:00:00Z'),
      await known('2025-12-15T22:00:00Z'),
    ];
    assert.ok(early > 0 && early < late, `${early} of ${late}`);
  });

  it('that cannot be read are a problem, and the feed goes on', async () => {
    const steps = [
      stepOf('cap', '2018-01-01T00:00:00Z', { file: 'cap/xee.cap' }),
      stepOf('cap', '2018-01-01T00:01:00Z', { file: 'cap/earthquake.cap' }),
    ];
    const { clock, feed } = feedOf(steps, '2018-01-01T00:00:00Z');
    const { problems, isWhole } = await feed.poll();
    assert.deepEqual([problems.map(({ code }) => code), isWhole], [['hostile'], false]);
    clock.advance(60_000);
    assert.equal((await feed.poll()).reports.length, 1);
  });

  it('that are whole lists end what they stop naming, with the second poll', async () => {
    const full = 'nws/alerts-active-northwest-2025-12-15-absolute-time.json';
    const empty = bytesOf('{"type":"FeatureCollection","features":[]}');
    const readFile = (path: string): Uint8Array => (path === full ? sample(path) : empty);
    const steps = [
      stepOf('nws', '2025-12-15T22:00:00Z', { file: full }),
      stepOf('nws', '2025-12-15T22:05:00Z', { file: 'none' }),
    ];
    const { clock, feed } = feedOf(steps, '2025-12-15T22:00:00Z', readFile);
    assert.equal(feed.isComplete, true);
    const book = new EventBook();
    const active: number[] = [];
    while (feed.nextMs() < Number.POSITIVE_INFINITY) {
      clock.advance(feed.nextMs() - clock.nowMs());
      hear(book, await feed.poll(), { isComplete: feed.isComplete, receivedMs: clock.nowMs() });
      active.push(book.active().length);
    }
    const [all = 0] = active;
    assert.ok(all > 10);
    assert.deepEqual(active, [all, all, all, 0]);
    assert.equal(clock.nowMs(), at('2025-12-15T22:06:00Z'));
  });
});
