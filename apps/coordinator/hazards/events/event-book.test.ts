import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@kura/base';
import { EventBook } from './event-book.ts';
import type { Zone } from './hazard-event.ts';
import { MAX_CHAIN, MAX_EVENTS, MAX_LIFE_MS, MAX_REPORTS_PER_EVENT } from './limits.ts';
import type { Report } from './report.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');

const zone = (lat = 35, lon = 139): Zone => ({
  shapes: [{ type: 'circle', centre: { lat, lon }, radiusKm: 20 }],
  codes: [],
  unplaced: 0,
  severity: 'severe',
  certainty: 'likely',
  urgency: 'expected',
});

/** A CAP flood warning, changed as a test needs. */
function warning(identifier: string, change: Partial<Report> = {}): Report {
  return {
    source: 'cap',
    identifier,
    stream: `${identifier}/flood`,
    names: [`cap:${identifier}`],
    type: 'alert',
    isAllClear: false,
    references: [],
    kind: 'flood',
    title: identifier,
    zones: [zone()],
    sentMs: NOON,
    endMs: NOON + 6 * HOUR_MS,
    isSecondHand: false,
    ...change,
  };
}

function quake(source: Report['source'], name: string, change: Partial<Report> = {}): Report {
  return warning(name, {
    source,
    stream: 'quake',
    names: [`${source}:${name}`],
    kind: 'earthquake',
    quake: { originMs: NOON, epicentre: { lat: 38.1, lon: 142.9 }, depthKm: 24, magnitude: 7 },
    ...change,
  });
}

class Story {
  readonly book = new EventBook();

  tell(report: Report, receivedMs = report.sentMs): this {
    this.book.take(report, { feed: 'test', receivedMs });
    return this;
  }

  /** Id and state of every event. */
  get states(): string[] {
    return this.book.events().map(({ id, state }) => `${id} ${state}`);
  }
}

test('an update replaces what it refers to, through any number of links', () => {
  const story = new Story().tell(warning('a'));
  for (const [before, after] of ['ab', 'bc', 'cd'].map((pair) => [...pair])) {
    story.tell(warning(after ?? '', { type: 'update', references: [before ?? ''] }));
  }
  const [event, ...others] = story.book.events();
  assert.equal(others.length, 0);
  assert.equal(event?.title, 'd');
  assert.equal(event?.zones.length, 1);
  assert.deepEqual(
    event?.chain.map(({ identifier, type }) => `${type} ${identifier}`),
    ['alert a', 'update b', 'update c', 'update d'],
  );
});

test('an update of something never seen is an event all the same, and its original comes too late', () => {
  const story = new Story().tell(warning('b', { type: 'update', references: ['a'] }));
  assert.deepEqual(story.states, ['flood/cap:b active']);
  story.tell(warning('a'), NOON + MINUTE_MS);
  assert.deepEqual(story.states, ['flood/cap:b active']);
  assert.equal(story.book.events()[0]?.title, 'b');
});

test('a cancel withdraws what it refers to, whatever it says it is about', () => {
  const cancel = warning('c', { type: 'cancel', references: ['a'], kind: 'other', zones: [] });
  const story = new Story().tell(warning('a')).tell(warning('b')).tell(cancel);
  assert.deepEqual(story.states, ['flood/cap:a cancelled', 'flood/cap:b active']);
  assert.equal(story.book.events()[0]?.endMs, NOON);
  assert.equal(story.book.events()[0]?.zones.length, 1, 'what it was about stays visible');
});

test('a cancel that overtakes its alert still holds', () => {
  const cancel = warning('c', { type: 'cancel', references: ['a'] });
  assert.deepEqual(new Story().tell(cancel).tell(warning('a')).states, []);
});

test('nobody withdraws or replaces the messages of another kind of agency', () => {
  const story = new Story().tell(quake('usgs', 'x', { identifier: 'x@1' }));
  story.tell(warning('evil', { type: 'cancel', references: ['x@1', 'x@2'] }));
  story.tell(warning('evil2', { type: 'update', references: ['x@1', 'x@2'] }));
  story.tell(quake('usgs', 'x', { identifier: 'x@2', sentMs: NOON + HOUR_MS, title: 'second' }));
  assert.equal(story.book.find('earthquake', 'usgs:x')?.state, 'active');
  assert.equal(story.book.find('earthquake', 'usgs:x')?.title, 'second');
  story.tell(warning('n', { source: 'nws' }));
  story.tell(warning('c', { type: 'cancel', references: ['n'] }));
  assert.equal(story.book.find('flood', 'cap:n')?.state, 'cancelled', 'NWS comes by CAP as well');
});

test('of two messages about one event, the cancel of one leaves the other', () => {
  const names = ['vtec:KSEW.FL.W.0062.2026'];
  const story = new Story()
    .tell(warning('a', { names: ['cap:a', ...names], zones: [zone(47)] }))
    .tell(warning('b', { names: ['cap:b', ...names], zones: [zone(48)] }))
    .tell(warning('c', { type: 'cancel', references: ['a'] }));
  const [event, ...others] = story.book.events();
  assert.equal(others.length, 0);
  assert.equal(event?.state, 'active');
  assert.deepEqual(
    event?.zones.map(({ shapes }) => shapes[0]?.type === 'circle' && shapes[0].centre.lat),
    [48],
  );
});

test('an event ends at its end; one whose end is only our policy is stale first', () => {
  const story = new Story().tell(warning('a'));
  const { endMs: _, ...endless } = warning('b', { stream: 'b' });
  story.tell(endless);
  const statesAt = (hours: number): string[] => {
    story.book.advance(NOON + hours * HOUR_MS);
    return story.book.events().map(({ state }) => state);
  };
  assert.deepEqual(statesAt(5), ['active', 'active']);
  assert.deepEqual(statesAt(6), ['ended', 'active']);
  assert.deepEqual(statesAt(13), ['ended', 'stale']);
  assert.deepEqual(statesAt(37), ['ended', 'ended']);
  assert.equal(story.book.events()[1]?.isEndAssumed, true);
});

test('an end too far off to be meant is not believed', () => {
  const story = new Story().tell(warning('a', { endMs: NOON + MAX_LIFE_MS + 1 }));
  assert.equal(story.book.events()[0]?.isEndAssumed, true);
  assert.equal(story.book.events()[0]?.endMs, NOON + 12 * HOUR_MS);
});

test('a message dated into the future does not outlive the truth', () => {
  const forged = quake('usgs', 'x', { sentMs: NOON + 900 * DAY_MS });
  const story = new Story().tell(forged, NOON);
  story.tell(quake('usgs', 'x', { identifier: 'x2', sentMs: NOON + HOUR_MS, title: 'truth' }));
  assert.equal(story.book.events()[0]?.title, 'truth');
});

test('an older message that comes late does not undo a newer one of its stream', () => {
  const story = new Story()
    .tell(quake('usgs', 'x', { identifier: 'x2', sentMs: NOON + HOUR_MS, title: 'new' }))
    .tell(quake('usgs', 'x', { identifier: 'x1', title: 'old' }), NOON + 2 * HOUR_MS);
  assert.equal(story.book.events()[0]?.title, 'new');
});

test('what a complete list stops naming is over after the second poll without it', () => {
  const story = new Story().tell(warning('a')).tell(warning('b'));
  const poll = (minute: number, present: readonly Report[], feed = 'test'): string[] => {
    story.book.notePresence(feed, present, NOON + minute * MINUTE_MS);
    return story.book.events().map(({ state }) => state);
  };
  assert.deepEqual(poll(1, [warning('b')]), ['active', 'active']);
  assert.deepEqual(poll(2, [warning('a'), warning('b')]), ['active', 'active'], 'a hiccup');
  assert.deepEqual(poll(3, [], 'another feed'), ['active', 'active']);
  assert.deepEqual(poll(4, [warning('b')]), ['active', 'active']);
  assert.deepEqual(poll(5, [warning('b')]), ['ended', 'active']);
});

test('one earthquake told by two agencies is one event, at the larger magnitude', () => {
  const near = { originMs: NOON + 24_000, epicentre: { lat: 38.3, lon: 142.4 }, magnitude: 7.4 };
  const story = new Story().tell(quake('jma', 'j')).tell(quake('usgs', 'u', { quake: near }));
  const [event, ...others] = story.book.events();
  assert.equal(others.length, 0);
  assert.deepEqual(event?.sources, ['jma', 'usgs']);
  assert.equal(event?.earthquake?.magnitude, 7.4);
  assert.deepEqual(event?.names, ['jma:j', 'usgs:u']);
});

test("intensities without an origin join the other agency's earthquake once the origin is known", () => {
  const first = quake('jma', 'j', { quake: { maxIntensityMmi: 9 }, stream: 'intensity' });
  const story = new Story().tell(first).tell(quake('usgs', 'u', { sentMs: NOON + MINUTE_MS }));
  assert.equal(story.book.events().length, 2);
  story.tell(quake('jma', 'j', { identifier: 'j2', sentMs: NOON + 2 * MINUTE_MS }));
  const [event, ...others] = story.book.events();
  assert.equal(others.length, 0);
  assert.deepEqual([...(event?.sources ?? [])].sort(), ['jma', 'usgs']);
  assert.equal(event?.id, 'earthquake/jma:j', 'the id that was known first');
  assert.equal(event?.earthquake?.maxIntensityMmi, 9);
  assert.equal(event?.chain.length, 3);
});

test('an aftershock of the same agency, and a quake elsewhere at the same time, are others', () => {
  const soon = { originMs: NOON + MINUTE_MS, epicentre: { lat: 38.1, lon: 142.9 }, magnitude: 6 };
  const far = { originMs: NOON, epicentre: { lat: 35.7, lon: 140.9 }, magnitude: 6 };
  const story = new Story()
    .tell(quake('jma', 'main'))
    .tell(quake('jma', 'after', { quake: soon }))
    .tell(quake('usgs', 'elsewhere', { quake: far }));
  assert.equal(story.book.events().length, 3);
});

test('two events that turn out to share a name become one', () => {
  const story = new Story()
    .tell(quake('usgs', 'pt1'))
    .tell(quake('usgs', 'us1', { identifier: 'us1@1' }))
    .tell(quake('usgs', 'us1', { identifier: 'us1@2', names: ['usgs:us1', 'usgs:pt1'] }));
  const [event, ...others] = story.book.events();
  assert.equal(others.length, 0);
  assert.equal(event?.chain.length, 3);
  assert.equal(story.book.find('earthquake', 'usgs:pt1')?.id, event?.id);
});

test('a deleted earthquake takes its detail with it', () => {
  const story = new Story()
    .tell(quake('usgs', 'x'))
    .tell(quake('usgs', 'x', { identifier: 'x/d', stream: 'quake/detail' }))
    .tell(quake('usgs', 'x', { identifier: 'x/gone', type: 'cancel', sentMs: NOON + HOUR_MS }));
  assert.deepEqual(story.states, ['earthquake/usgs:x cancelled']);
});

test('tsunami warnings of two centres are one event if they name one earthquake', () => {
  const cause = { originMs: NOON, epicentre: { lat: 51.8, lon: -171.4 } };
  const rough = { originMs: NOON + 2 * MINUTE_MS, epicentre: { lat: 52, lon: -171 } };
  const tsunami = { kind: 'tsunami', zones: [zone()] } as const;
  const story = new Story()
    .tell(warning('alaska', { ...tsunami, cause }))
    .tell(warning('japan', { ...tsunami, source: 'jma', cause: rough }))
    .tell(warning('other', { ...tsunami, source: 'nws' }));
  assert.deepEqual(
    story.book.events().map(({ sources }) => sources),
    [['cap', 'jma'], ['nws']],
  );
});

test('an office that warns of the next flood a week later warns of another event', () => {
  const flood = (identifier: string, sentMs: number) =>
    warning(identifier, {
      names: ['jma:office'],
      stream: 'warnings',
      sentMs,
      endMs: sentMs + DAY_MS,
    });
  const clear = (sentMs: number) =>
    warning(`clear${sentMs}`, {
      names: ['jma:office'],
      stream: 'warnings',
      isAllClear: true,
      sentMs,
    });
  const story = new Story().tell(flood('a', NOON)).tell(clear(NOON + HOUR_MS));
  story.tell(flood('b', NOON + 2 * HOUR_MS));
  assert.equal(story.book.events().length, 1, 'two hours later it is the same flood');
  story.tell(clear(NOON + 3 * HOUR_MS)).tell(flood('c', NOON + 7 * DAY_MS));
  assert.deepEqual(
    story.book.events().map(({ state }) => state),
    ['ended', 'active'],
  );
});

test('what GDACS saw first becomes the event of the agency that saw it itself', () => {
  const guess = quake('gdacs', 'EQ1', {
    isSecondHand: true,
    quake: { originMs: NOON, epicentre: { lat: 38, lon: 143 }, magnitude: 7.9 },
    hint: { source: 'gdacs', level: 'orange', atMs: NOON },
  });
  const story = new Story().tell(guess);
  assert.equal(story.book.events()[0]?.earthquake?.magnitude, 7.9);
  story.tell(quake('usgs', 'u'));
  const [event, ...others] = story.book.events();
  assert.equal(others.length, 0);
  assert.equal(event?.source, 'usgs');
  assert.equal(event?.earthquake?.magnitude, 7, 'second hand does not count beside first hand');
  assert.equal(event?.hints[0]?.level, 'orange');
});

test('floods of reports fill the book to its limits and no further', () => {
  const story = new Story();
  for (let index = 0; index < MAX_EVENTS + 500; index++) story.tell(warning(`w${index}`));
  assert.equal(story.book.events().length, MAX_EVENTS);
  const one = new Story();
  for (let index = 0; index < MAX_REPORTS_PER_EVENT + 50; index++) {
    one.tell(warning(`s${index}`, { names: ['vtec:ONE'], sentMs: NOON + index }));
  }
  const [event] = one.book.events();
  assert.equal(event?.zones.length, MAX_REPORTS_PER_EVENT);
  assert.equal(event?.chain.length, MAX_CHAIN);
});

test('what has been over for a month is forgotten', () => {
  const story = new Story().tell(warning('a'));
  story.book.advance(NOON + 30 * DAY_MS);
  assert.equal(story.book.events().length, 1);
  story.book.advance(NOON + 31 * DAY_MS);
  assert.equal(story.book.events().length, 0);
});

test('an event handed out does not change afterwards', () => {
  const story = new Story().tell(warning('a'));
  const [before] = story.book.events();
  const copy = structuredClone(before);
  story.tell(warning('b', { type: 'update', references: ['a'], sentMs: NOON + HOUR_MS }));
  assert.deepEqual(before, copy);
});
