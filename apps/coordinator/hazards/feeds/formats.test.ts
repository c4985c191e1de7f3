// What each format says, read from real files.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import { EventBook } from '../events/event-book.ts';
import { distanceToZoneKm } from '../events/geometry.ts';
import { readXmlDocument } from './formats/documents.ts';
import { ReadingBuilder } from './reading.ts';
import { readAtcf } from './sources/atcf.ts';
import { readGdacsJson } from './sources/gdacs.ts';
import { readJmaTelegram } from './sources/jma.ts';
import { readNhcStorms } from './sources/nhc-storms.ts';
import { readNwsAlerts } from './sources/nws.ts';
import { jmaOutlines } from './sources/outlines.ts';
import { readShakeGrid } from './sources/shake-grid.ts';
import { readUsgsSummary, shakeGridLink } from './sources/usgs.ts';
import { at, bookOf, bytesOf, sample, sampleText, takeAll } from './test-data.ts';

const codeOf = (error: unknown): string => (error instanceof KuraError ? error.code : 'untyped');
const TOKYO = { lat: 35.68, lon: 139.77 };
const SENDAI = { lat: 38.27, lon: 140.87 };

test('CAP: polygons are latitude first, and one damaged outline does not cost the alert', () => {
  const reading = readXmlDocument(sample('cap/noaa_errors.cap'));
  assert.equal(reading.reports.length, 1);
  assert.deepEqual(
    reading.problems.map(({ code }) => code),
    ['corrupt'],
  );
  const [zone] = reading.reports[0]?.zones ?? [];
  assert.equal(zone?.severity, 'unknown', 'an empty element says nothing');
  assert.deepEqual(
    zone?.codes.map(({ system, code }) => `${system} ${code}`),
    ['same 032013', 'ugc NVC013'],
  );
  const essex = readXmlDocument(sample('cap/canada_errors.cap')).reports[0]?.zones[0];
  assert.equal(essex && distanceToZoneKm({ lat: 42.2, lon: -82.8 }, essex), 0);
});

test('CAP: an abducted child and a threat level are nothing that happens to a store', () => {
  for (const file of ['cap/KAR0-0306112239-SW.cap', 'cap/43b080713727.cap']) {
    const reading = readXmlDocument(sample(file));
    assert.equal(reading.reports.length, 0, file);
    assert.equal(reading.ignored.not_natural, 1, file);
  }
});

test('CAP: an earthquake by USGS carries magnitude, depth and epicentre', () => {
  const [report] = readXmlDocument(sample('cap/earthquake.cap')).reports;
  assert.equal(report?.kind, 'earthquake');
  assert.deepEqual(report?.quake, {
    originMs: at('2010-08-30T23:25:40Z'),
    epicentre: { lat: -16.053, lon: -173.274 },
    magnitude: 6.3,
    depthKm: 38.7,
  });
  assert.ok(report?.names.includes('usgs:us2010apcd'), 'the name under which USGS lists it');
});

test('CAP: a file that is no alert, or lacks its essentials, is refused with a typed error', () => {
  assert.equal(
    readXmlDocument(sample('cap/invalid.cap')).reports.length,
    1,
    'nobody needs `scope`',
  );
  assert.throws(
    () => readXmlDocument(bytesOf('<html/>')),
    (error) => codeOf(error) === 'unsupported',
  );
  const unsent = sampleText('cap/weather.cap').replace(/<sent>.*<\/sent>/, '');
  assert.equal(readXmlDocument(bytesOf(unsent)).problems[0]?.code, 'corrupt');
});

test('indexes: Atom and RSS point to their messages', () => {
  const links = (file: string) => readXmlDocument(sample(file)).links.map(({ url }) => url);
  assert.deepEqual(links('cap/ny_index.rss'), [
    'http://www.nyalert.gov/Public/News/GetCapAlert.aspx?capID=NYAlert-ALLHAZALERT-3167113',
    'http://www.nyalert.gov/Public/News/GetCapAlert.aspx?capID=NYAlert-ALLHAZALERT-3162202',
  ]);
  assert.deepEqual(links('cap/earthquake_index.atom'), [
    'http://earthquake.usgs.gov/earthquakes/catalogs/cap/us2010apcd',
  ]);
  assert.equal(links('cap/weather_index.atom').length, 2);
  assert.equal(links('cap/empty_weather_index.atom').length, 0);
  assert.equal(links('jma/index-2016-weather.atom').length, 2);
});

test('NWS: 39 alerts are as many events as NWS numbers, none of them lost', () => {
  const reading = readNwsAlerts(
    sample('nws/alerts-active-northwest-2025-12-15-absolute-time.json'),
  );
  assert.deepEqual(reading.problems, []);
  const events = bookOf(reading, at('2025-12-15T22:00:00Z')).events();
  assert.equal(reading.reports.length, 39);
  assert.equal(events.length, 30);
  const zones = events.reduce((sum, event) => sum + event.zones.length, 0);
  assert.equal(zones, 39, 'segments of one warning are its zones');
  const kinds = new Set(events.map(({ kind }) => kind));
  assert.deepEqual([...kinds].sort(), ['flood', 'other', 'wind', 'winter']);
});

test('NWS: an update that cancels a segment by its number ends it, and only it', () => {
  const list = JSON.parse(
    sampleText('nws/alerts-active-northwest-2025-12-15-absolute-time.json'),
  ) as { features: { properties: Record<string, unknown> }[] };
  const flood = list.features.find(({ properties }) =>
    String(properties.id).includes('ec697a7e3e'),
  );
  assert.ok(flood !== undefined);
  const reading = readNwsAlerts(bytesOf(JSON.stringify({ features: [flood] })));
  const book = bookOf(reading, at('2025-12-15T22:00:00Z'));
  const over = structuredClone(flood);
  over.properties.id = 'urn:oid:next';
  over.properties.references = [];
  over.properties.sent = '2025-12-15T22:30:00+00:00';
  over.properties.parameters = { VTEC: ['/O.CAN.KSEW.FF.W.0001.000000T0000Z-251216T0500Z/'] };
  const cancelling = readNwsAlerts(bytesOf(JSON.stringify({ features: [over] })));
  takeAll(book, cancelling, at('2025-12-15T22:31:00Z'));
  const [event, ...others] = book.events();
  assert.equal(others.length, 0);
  assert.deepEqual([event?.state, event?.endMs], ['ended', at('2025-12-15T22:30:00Z')]);
});

test('USGS: an empty list is a list, and what cannot break anything is left aside', () => {
  assert.equal(readUsgsSummary(sample('usgs/summary-query-empty.geojson')).reports.length, 0);
  const small = readUsgsSummary(sample('usgs/summary-query-many-small-2017.geojson'));
  assert.deepEqual([small.reports.length, small.ignored.harmless], [0, 93]);
  assert.throws(
    () => readUsgsSummary(bytesOf('{"features":null}')),
    (error) => codeOf(error) === 'corrupt',
  );
});

test('USGS: an earthquake that is deleted is withdrawn, even without a place', () => {
  const list = sampleText('usgs/summary-query-tohoku-2011.geojson');
  const book = bookOf(readUsgsSummary(bytesOf(list)), at('2021-02-17T00:00:00Z'));
  const gone = list
    .replace('"status":"reviewed"', '"status":"deleted"')
    .replace('"coordinates":[142.373,38.297,29]', '"coordinates":[]');
  takeAll(book, readUsgsSummary(bytesOf(gone)), at('2021-02-17T01:00:00Z'));
  assert.deepEqual(
    book.events().map(({ state }) => state),
    ['cancelled'],
  );
});

test('USGS: the ShakeMap to fetch is never an atlas made years later', () => {
  const hokkaido = shakeGridLink(
    sample('usgs/detail-hokkaido-2018-includesuperseded-trimmed.geojson'),
  );
  assert.match(hokkaido?.url ?? '', /\/product\/shakemap\/us2000h8ty\/us\//);
  const tohoku = shakeGridLink(sample('usgs/detail-tohoku-2011-includesuperseded-trimmed.geojson'));
  assert.equal(tohoku, undefined, 'all of its ShakeMaps are');
});

test('ShakeMap: points become a grid; one that is cut short is refused', () => {
  const excerpt = sampleText('usgs/grid-nepal-2015-excerpt.xml');
  assert.throws(() => readShakeGrid(bytesOf(excerpt)), /114798 points has 4/);
  const row = readShakeGrid(bytesOf(excerpt.replace('nlon="361" nlat="318"', 'nlon="4" nlat="1"')));
  assert.deepEqual(row.mmi, [3.83, 3.88, 3.88, 3.96]);
  assert.deepEqual([row.west, row.north, row.version], [81.7314, 30.8735, '9']);
  const square = readShakeGrid(
    bytesOf(excerpt.replace('nlon="361" nlat="318"', 'nlon="2" nlat="2"')),
  );
  assert.deepEqual([square.rows, square.columns], [2, 2]);
});

test('ShakeMap: a large one is made coarser, and each cell keeps its highest intensity', () => {
  const excerpt = sampleText('usgs/grid-nepal-2015-excerpt.xml');
  const [head = ''] = excerpt.split('81.7314 30');
  const lines = Array.from({ length: 361 * 318 }, (_, index) => {
    const mmi = index === 50_000 ? 9.1 : 4;
    return `0 0 0 0 ${mmi} 0 0 0 0 0 0`;
  });
  const grid = readShakeGrid(
    bytesOf(`${head}${lines.join('\n')}\n</grid_data>\n</shakemap_grid>\n`),
  );
  assert.deepEqual([grid.rows, grid.columns], [159, 181]);
  assert.equal(Math.max(...grid.mmi), 9.1);
  const cell = grid.mmi.indexOf(9.1);
  const row = Math.floor(50_000 / 361);
  assert.equal(cell, Math.floor(row / 2) * 181 + Math.floor((50_000 % 361) / 2));
  assert.ok(Math.abs(grid.stepLat - 2 * 0.016675) < 1e-9);
});

test('JMA: intensities and coasts are where the cities are', () => {
  const reading = readJmaTelegram(
    sample('jma/tohoku-2011/32-39_11_05_120615_VXSE53-trimmed.xml'),
    jmaOutlines,
  );
  const zones = reading.reports[0]?.zones ?? [];
  const ofArea = (code: string) => zones.find((zone) => zone.codes[0]?.code === code);
  assert.equal(ofArea('222')?.intensityMmi, 9);
  assert.equal(distanceToZoneKm(SENDAI, ofArea('222') ?? { shapes: [] }), 0);
  assert.equal(ofArea('350')?.intensityMmi, 7.3);
  assert.equal(distanceToZoneKm(TOKYO, ofArea('350') ?? { shapes: [] }), 0);
});

test('JMA: warnings that are all lifted clear what was warned, and begin nothing', () => {
  const lifted = readJmaTelegram(sample('jma/other/afeedc52-VPWW40-trimmed.xml'), jmaOutlines);
  assert.equal(bookOf(lifted, at('2016-03-10T09:23:00Z')).events().length, 0);
  const text = sampleText('jma/other/afeedc52-VPWW40-trimmed.xml');
  const gale = text
    .replaceAll('強風注意報', '暴風警報')
    .replaceAll('<Status>解除</Status>', '<Status>発表</Status>')
    .replace('2016-03-10T09:22:41Z', '2016-03-10T03:22:41Z');
  const book = bookOf(readJmaTelegram(bytesOf(gale), jmaOutlines), at('2016-03-10T03:23:00Z'));
  const [event, ...others] = book.active();
  assert.equal(others.length, 0, 'waves at sea are no event');
  assert.deepEqual([event?.kind, event?.severity], ['wind', 'severe']);
  assert.deepEqual(
    event?.zones[0]?.codes.map(({ name }) => name),
    ['いわき市', '相馬市'],
  );
  takeAll(book, lifted, at('2016-03-10T09:23:00Z'));
  assert.equal(book.active().length, 0);
});

test('JMA: an eruption goes by its volcano and lies in the named municipalities', () => {
  const reading = readJmaTelegram(sample('jma/other/70_67_01_150514_VFVO56-1.xml'), jmaOutlines);
  const [report] = reading.reports;
  assert.equal(report?.kind, 'volcano');
  assert.deepEqual(report?.names, ['jma:volcano/312']);
  assert.equal(report?.zones[0]?.codes.length, 4);
  assert.equal(report?.zones[0]?.shapes.length, 2, 'two prefectures');
});

test('JMA: the advisory for the Nankai Trough raises what may come, on the whole coast, for a week', () => {
  const reading = readJmaTelegram(sample('jma/other/74_02_04_200512_VXSE56.xml'), jmaOutlines);
  const event = bookOf(reading, at('2020-05-12T07:30:00Z')).events()[0];
  assert.deepEqual(
    [event?.kind, event?.certainty, event?.urgency],
    ['earthquake', 'possible', 'future'],
  );
  assert.equal(event?.earthquake, undefined, 'none has happened');
  assert.equal(event?.endMs, at('2020-05-19T07:28:34Z'));
  const [zone] = event?.zones ?? [];
  for (const place of [
    { lat: 35.18, lon: 136.91 },
    { lat: 34.69, lon: 135.5 },
  ]) {
    assert.equal(zone && distanceToZoneKm(place, zone), 0, 'Nagoya and Osaka');
  }
  assert.ok(zone && distanceToZoneKm({ lat: 43.19, lon: 141.3 }, zone) > 500, 'not Ishikari');
});

test('JMA: a withdrawn origin withdraws its own kind of message', () => {
  const origin = readJmaTelegram(sample('jma/other/32-35_06_01_100915_VXSE52.xml'));
  const book = bookOf(origin, at('2008-06-13T23:51:00Z'));
  assert.equal(book.events()[0]?.state, 'active');
  const withdrawn = readJmaTelegram(sample('jma/other/32-35_06_02_100915_VXSE52.xml'));
  takeAll(book, withdrawn, at('2008-06-13T23:52:00Z'));
  assert.deepEqual(
    book.events().map(({ state }) => state),
    ['cancelled'],
  );
});

test('NHC: the list of storms gives places now and the addresses of forecasts', () => {
  const reading = readNhcStorms(sample('nhc/CurrentStorms-2026-07-24-trimmed.json'));
  const [report] = reading.reports;
  assert.deepEqual(report?.names, ['atcf:EP062026']);
  assert.equal(report?.cyclone?.name, 'Fausto');
  assert.deepEqual(report?.cyclone?.track[0]?.centre, { lat: 18.7, lon: -132.7 });
  assert.match(reading.links[0]?.url ?? '', /\/ep062026\.fst$/);
});

test('ATCF: of a file with many forecasts the newest counts; a bad line is a problem of its own', () => {
  const deck = sampleText('nhc/florence-2018-al06-OFCL-adeck.dat');
  const newest = readAtcf(bytesOf(deck)).reports[0]?.cyclone;
  assert.equal(newest?.synopticMs, at('2018-09-16T18:00:00Z'));
  const spoilt = deck.replace('250N,  495W', '950N,  495W');
  const reading = readAtcf(bytesOf(spoilt), { synopticTime: '2018090700' });
  assert.deepEqual(
    reading.problems.map(({ item }) => item),
    ['line 1'],
  );
  assert.ok((reading.reports[0]?.cyclone?.track.length ?? 0) > 5);
});

test('GDACS: colours are hints; what counts is the wind, and what is over is over', () => {
  const [report] = readXmlDocument(sample('gdacs/rss-1-item-2019-trimmed.xml')).reports;
  assert.deepEqual(
    [report?.kind, report?.hint?.level, report?.hint?.score],
    ['cyclone', 'green', 1],
  );
  assert.equal(report?.zones[0]?.severity, 'moderate', '93 km/h is 50 kt less a little');
  const builder = new ReadingBuilder();
  readGdacsJson(sample('gdacs/tc-1001253-event.json'), builder);
  const [event] = builder.done().reports;
  assert.deepEqual([event?.isAllClear, event?.names[0]], [true, 'gdacs:TC1001253']);
  assert.equal(bookOf(builder.done(), at('2026-04-13T09:00:00Z')).events().length, 0);
});

test('GDACS: of an episode the extents of wind are used, not the cone nor the steps', () => {
  const builder = new ReadingBuilder();
  readGdacsJson(sample('gdacs/tc-1001253-ep1-geometry.json'), builder);
  const [report, ...others] = builder.done().reports;
  assert.equal(others.length, 0);
  assert.deepEqual(
    report?.zones.map(({ severity }) => severity),
    ['minor', 'moderate'],
  );
});

test('feeds of several agencies about one storm make one event', () => {
  const text = sampleText('gdacs/rss-1-item-2019-trimmed.xml')
    .replaceAll('-19.4', '24.6')
    .replaceAll('59.8', '-57.7')
    .replaceAll('29 Dec 2019', '10 Sep 2018')
    .replaceAll('12:00:00', '03:00:00');
  const book = new EventBook();
  takeAll(book, readXmlDocument(bytesOf(text)), at('2018-09-10T03:10:00Z'), 'gdacs');
  const forecast = readAtcf(sample('nhc/florence-2018-al06-OFCL-adeck.dat'), {
    synopticTime: '2018091000',
  });
  takeAll(book, forecast, at('2018-09-10T03:20:00Z'), 'nhc');
  const [event, ...others] = book.events();
  assert.equal(others.length, 0);
  assert.deepEqual([event?.source, event?.sources], ['nhc', ['nhc', 'gdacs']]);
  assert.equal(event?.hints.length, 1);
});
