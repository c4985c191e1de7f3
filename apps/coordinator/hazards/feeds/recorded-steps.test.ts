// The three manifests, step by step into one book: what the world looked like then.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listedCities } from '../../placement/cities.ts';
import { EventBook } from '../events/event-book.ts';
import type { HazardEvent } from '../events/hazard-event.ts';
import { asObject, type JsonObject, listIn, parseJson } from './formats/json.ts';
import { readStep, timeOfStep } from './recorded-steps.ts';
import { at, sample, takeAll } from './test-data.ts';

interface Moment {
  readonly atMs: number;
  readonly events: readonly HazardEvent[];
}

function replay(name: string): { book: EventBook; moments: Moment[] } {
  const manifest = parseJson(sample(`replay/${name}.json`), 'a manifest');
  const book = new EventBook();
  const moments: Moment[] = [];
  for (const value of listIn(manifest, 'steps')) {
    const step: JsonObject = asObject(value) ?? {};
    const atMs = timeOfStep(step);
    const placeOf = (site: string) => listedCities().find(({ city }) => city === site);
    const reading = readStep(step, { readFile: sample, placeOf });
    assert.deepEqual(reading.problems, [], `${name} at ${new Date(atMs).toISOString()}`);
    takeAll(book, reading, atMs, String(step.source));
    moments.push({ atMs, events: book.events() });
  }
  return { book, moments };
}

function eventAt(moments: readonly Moment[], kind: string, time: string): HazardEvent {
  const moment = moments.findLast(({ atMs }) => atMs <= at(time));
  const found = moment?.events.find((event) => event.kind === kind);
  assert.ok(found !== undefined, `a ${kind} at ${time}`);
  return found;
}

test('Hokkaido 2018: one earthquake by three names, known better and better, and an outage', () => {
  const { book, moments } = replay('hokkaido-2018');
  assert.deepEqual(
    book.events().map(({ id, state }) => [id, state]),
    [
      ['power/store:ishikari/power', 'ended'],
      ['earthquake/usgs:us2000h8ty', 'active'],
    ],
  );
  const quakeAt = (time: string) => eventAt(moments, 'earthquake', time);
  assert.equal(moments[0]?.events[0]?.outage?.isGridDown, true);
  assert.equal(moments[0]?.events.length, 1, 'nobody has told of the earthquake yet');
  assert.equal(quakeAt('2018-09-05T18:22:47Z').earthquake?.magnitude, 6.7);
  assert.equal(quakeAt('2018-09-05T18:22:47Z').earthquake?.maxIntensityMmi, undefined);
  assert.equal(quakeAt('2018-09-05T18:32:49Z').earthquake?.magnitude, 6.6);
  assert.equal(quakeAt('2018-09-05T18:33:57Z').earthquake?.maxIntensityMmi, 6.86);
  assert.equal(quakeAt('2018-09-06T06:43:56Z').earthquake?.maxIntensityMmi, 8.47);
  const names = quakeAt('2018-09-05T18:22:47Z').names;
  for (const name of ['us2000h8ty', 'pt18248000', 'at00pelgzo'])
    assert.ok(names.includes(`usgs:${name}`));
});

test('Hokkaido 2018: a green PAGER is a hint, and changes nothing else of the earthquake', () => {
  const { moments } = replay('hokkaido-2018');
  const before = eventAt(moments, 'earthquake', '2018-09-05T18:33:57Z');
  const after = eventAt(moments, 'earthquake', '2018-09-05T18:36:19Z');
  assert.deepEqual(
    after.hints.map(({ source, level }) => [source, level]),
    [['pager', 'green']],
  );
  for (const field of ['severity', 'certainty', 'zones', 'earthquake', 'state'] as const) {
    assert.deepEqual(after[field], before[field], field);
  }
  const last = eventAt(moments, 'earthquake', '2018-09-08T05:00:00Z');
  const levels = ['green', 'green', 'yellow', 'yellow', 'orange', 'orange', 'orange'];
  assert.deepEqual(
    last.hints.map(({ level }) => level),
    levels,
    'one was "pending" in the catalogue, and orange in its file',
  );
});

test('Tohoku 2011: earthquake and tsunami are two events, each told by two feeds or more messages', () => {
  const { book } = replay('tohoku-2011');
  const quake = book.find('earthquake', 'jma:20110311144640');
  const tsunami = book.find('tsunami', 'jma:20110311144640');
  assert.equal(book.events().length, 2);
  assert.deepEqual([...(quake?.sources ?? [])].sort(), ['jma', 'usgs']);
  assert.ok(quake?.names.includes('usgs:official20110311054624120_30'));
  assert.ok((quake?.earthquake?.magnitude ?? 0) >= 8);
  assert.equal(tsunami?.chain.length, 5);
});

test('Tohoku 2011: a withdrawn early warning takes back its forecast, not what was observed', () => {
  const { moments } = replay('tohoku-2011');
  const before = eventAt(moments, 'earthquake', '2011-03-11T05:49:59Z');
  const after = eventAt(moments, 'earthquake', '2011-03-11T05:50:00Z');
  const forecasts = (event: HazardEvent) =>
    event.zones.filter((zone) => zone.intensityMmi !== undefined && zone.certainty === 'likely');
  const observed = (event: HazardEvent) =>
    event.zones.filter((zone) => zone.intensityMmi !== undefined && zone.certainty === 'observed');
  assert.ok(forecasts(before).length > 30);
  assert.equal(forecasts(after).length, 0);
  assert.deepEqual(observed(after), observed(before));
  assert.equal(after.state, 'active');
  const sendai = observed(after).find((zone) => zone.codes[0]?.code === '222');
  assert.equal(sendai?.intensityMmi, 9, 'JMA 6+');
  const ofSendai = (event: HazardEvent) =>
    event.zones.filter((zone) => zone.codes[0]?.code === '222').map(({ certainty }) => certainty);
  assert.deepEqual(ofSendai(before), ['observed'], 'what was observed beats what was forecast');
  const later = eventAt(moments, 'earthquake', '2011-03-11T05:54:58Z');
  assert.deepEqual(ofSendai(later), ['observed'], 'told twice, counted once');
  const tsunami = (time: string) => eventAt(moments, 'tsunami', time);
  assert.deepEqual(tsunami('2011-03-11T05:50:00Z'), tsunami('2011-03-11T05:49:59Z'));
});

test('Tohoku 2011: the tsunami lasts until it is lifted two days later, without a word in between', () => {
  const { moments } = replay('tohoku-2011');
  const miyagi = (time: string) =>
    eventAt(moments, 'tsunami', time).zones.find((zone) => zone.codes[0]?.code === '220');
  assert.equal(miyagi('2011-03-11T05:49:59Z')?.severity, 'extreme');
  assert.equal(miyagi('2011-03-11T05:49:59Z')?.heightM, 10, '"huge"');
  const last = eventAt(moments, 'tsunami', '2011-03-11T06:12:00Z');
  assert.ok((last.endMs ?? 0) > at('2011-03-13T08:58:18Z'));
  const lifted = eventAt(moments, 'tsunami', '2011-03-13T08:58:18Z');
  assert.equal(lifted.state, 'ended');
  assert.equal(lifted.endMs, at('2011-03-13T08:58:18Z'));
});

test('Florence 2018: forty forecasts are one cyclone, and each knows only its own', () => {
  const { book, moments } = replay('florence-2018');
  const [storm, ...others] = book.events();
  assert.equal(others.length, 0);
  assert.equal(storm?.id, 'cyclone/atcf:AL062018');
  assert.equal(storm?.chain.length, 40);
  for (const { atMs, events } of moments) {
    const forecast = events[0]?.cyclone;
    assert.equal(forecast?.synopticMs, atMs - 3 * 3_600_000);
    const leads = forecast?.track.map(({ leadHours }) => leadHours) ?? [];
    assert.deepEqual(
      leads,
      [...new Set(leads)].sort((a, b) => a - b),
    );
  }
  const tenth = eventAt(moments, 'cyclone', '2018-09-10T03:00:00Z').cyclone;
  assert.deepEqual(tenth?.track[0], {
    leadHours: 0,
    centre: { lat: 24.5, lon: -57.3 },
    maxWindKt: 75,
    radiiNm: { 34: [110, 100, 50, 110], 50: [40, 30, 20, 30], 64: [20, 10, 10, 15] },
  });
});
