// The fifteen traps of the hazard study, each on a real file that has it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import { readXmlDocument } from './formats/documents.ts';
import { readJmaTelegram } from './sources/jma.ts';
import { readNwsAlerts } from './sources/nws.ts';
import { NwsZones } from './sources/nws-zones.ts';
import { jmaOutlines } from './sources/outlines.ts';
import { readUsgsDetail } from './sources/usgs.ts';
import { at, bookOf, bytesOf, sample, sampleText, takeAll } from './test-data.ts';

const NORTHWEST = 'nws/alerts-active-northwest-2025-12-15-absolute-time.json';
const SAVED = at('2025-12-15T21:55:00Z');

test('trap 1: an NWS alert without geometry lies in its zones, once their outlines are known', () => {
  const without = readNwsAlerts(sample(NORTHWEST)).reports.filter((report) =>
    report.zones.some((zone) => zone.unplaced > 0),
  );
  assert.equal(without.length, 20);
  const [wind] = without;
  const code = wind?.zones[0]?.codes[0]?.code ?? '';
  assert.match(code, /^[A-Z]{2}Z\d{3}$/);
  const zones = new NwsZones();
  const outline = {
    type: 'Polygon',
    coordinates: [
      [
        [-117, 46],
        [-116, 46],
        [-116, 47],
        [-117, 46],
      ],
    ],
  };
  zones.learn(code, bytesOf(JSON.stringify({ type: 'Feature', geometry: outline })));
  const again = readNwsAlerts(sample(NORTHWEST), zones);
  const placed = again.reports.find((report) => report.identifier === wind?.identifier);
  assert.equal(placed?.zones[0]?.unplaced, (wind?.zones[0]?.unplaced ?? 0) - 1);
  assert.equal(placed?.zones[0]?.shapes.length, 1);
});

test('trap 2: an NWS hazard ends at `ends`, not when its message runs out; without `ends`, then', () => {
  const { reports } = readNwsAlerts(sample(NORTHWEST));
  const stehekin = reports.find(({ identifier }) => identifier.includes('55ecd985e59d4cea'));
  assert.equal(stehekin?.endMs, at('2025-12-18T10:30:00Z'), 'its message expires two days before');
  const list = JSON.parse(sampleText(NORTHWEST)) as {
    features: { properties: { id: string; ends?: string; expires: string } }[];
  };
  const open = list.features.filter(({ properties }) => properties.ends === undefined);
  assert.equal(open.length, 9);
  for (const { properties } of open) {
    const report = reports.find(({ identifier }) => identifier === properties.id);
    assert.equal(report?.endMs, at(properties.expires));
  }
});

test('trap 3: two NWS alerts that share an id are two, if they are about different places', () => {
  const list = JSON.parse(sampleText(NORTHWEST)) as {
    features: { geometry: null; properties: Record<string, unknown> }[];
  };
  const flood = list.features.find(({ properties }) =>
    String(properties.id).includes('55ecd985e5'),
  );
  assert.ok(flood !== undefined);
  const elsewhere = structuredClone(flood);
  elsewhere.geometry = null;
  elsewhere.properties.affectedZones = ['https://api.weather.gov/zones/county/WAC047'];
  elsewhere.properties.geocode = { UGC: ['WAC047'] };
  const reading = readNwsAlerts(bytesOf(JSON.stringify({ features: [flood, elsewhere, flood] })));
  const [event, ...others] = bookOf(reading, SAVED).events();
  assert.equal(others.length, 0, 'one flood');
  const codes = event?.zones.flatMap((zone) => zone.codes.map(({ code }) => code));
  assert.deepEqual(codes?.sort(), ['WAC007', 'WAC047']);
});

test('trap 4: a tsunami update finds its alert although `references` names another sender', () => {
  const update = readXmlDocument(sample('cap/wcatwc-warning-trimmed.cap'));
  assert.deepEqual(update.reports[0]?.references, ['PAAQ-1-lqw6d6']);
  const text = sampleText('cap/wcatwc-warning-trimmed.cap')
    .replace('PAAQ-2-lqw6d6', 'PAAQ-1-lqw6d6')
    .replace('2011-09-02T11:36:50', '2011-09-02T10:55:55')
    .replace('<msgType>Update', '<msgType>Alert')
    .replace(/<references>.*<\/references>/, '');
  const book = bookOf(readXmlDocument(bytesOf(text)), at('2011-09-02T11:00:00Z'));
  takeAll(book, update, at('2011-09-02T11:40:00Z'));
  const [event, ...others] = book.events();
  assert.equal(others.length, 0);
  assert.deepEqual(
    event?.chain.map(({ identifier }) => identifier),
    ['PAAQ-1-lqw6d6', 'PAAQ-2-lqw6d6'],
  );
  assert.equal(event?.zones.length, 1, 'the old message is no longer in force');
});

test('trap 5: an all-clear that comes as an update ends the event, and begins none', () => {
  const clear = readXmlDocument(sample('cap/canada_errors.cap'));
  assert.equal(clear.reports[0]?.isAllClear, true);
  assert.equal(bookOf(clear, at('2012-05-02T23:30:00Z')).events().length, 0);
  const storm = sampleText('cap/canada_errors.cap')
    .replace('6bddbc91', '00000001')
    .replace('<responseType>AllClear</responseType>', '')
    .replace('<urgency>Past', '<urgency>Immediate')
    .replace('T23:21:04', 'T22:21:04');
  const named = sampleText('cap/canada_errors.cap').replace(
    '<references/>',
    '<references>cap@ec.gc.ca,2.49.0.1.124.00000001.2012,2012-05-02T22:21:04-00:00</references>',
  );
  const book = bookOf(readXmlDocument(bytesOf(storm)), at('2012-05-02T22:30:00Z'));
  assert.equal(book.events()[0]?.state, 'active');
  takeAll(book, readXmlDocument(bytesOf(named)), at('2012-05-02T23:30:00Z'));
  assert.equal(book.events()[0]?.state, 'ended');
  assert.equal(book.events()[0]?.endMs, at('2012-05-02T23:21:04Z'));
});

test('trap 6: an order to evacuate is severe, though its country calls the fire "Minor"', () => {
  const [report] = readXmlDocument(sample('cap/australia-trimmed.cap')).reports;
  assert.match(sampleText('cap/australia-trimmed.cap'), /<cap:severity>Minor/);
  assert.equal(report?.kind, 'wildfire');
  assert.deepEqual(new Set(report?.zones.map(({ severity }) => severity)), new Set(['severe']));
});

test('trap 7: CAP 1.1, prefixes, ISO-8859-1 and alerts inside of Atom and EDXL are read alike', () => {
  const old = readXmlDocument(sample('cap/weather.cap')).reports;
  assert.equal(old[0]?.kind, 'flood');
  const latin = readXmlDocument(sample('cap/earthquake-iso8859-1.cap')).reports;
  assert.equal(latin[0]?.title, 'EQ 4.6 Usulután, Usulután, El Salvador - PRELIMINARY REPORT');
  const embedded = readXmlDocument(sample('cap/weather.atom'));
  assert.equal(embedded.reports[0]?.kind, 'flood');
  assert.equal(embedded.links.length, 0, 'an entry that holds its message is not fetched again');
  const prefixed = readXmlDocument(sample('cap/bushfire_valid.edxlde'));
  assert.ok(prefixed.reports.length >= 4);
  assert.deepEqual(prefixed.problems, []);
  assert.equal(readXmlDocument(sample('cap/no_entries.atom')).reports.length, 0, 'foreign markup');
});

test('trap 8: a document with a DOCTYPE is refused before anything in it is looked at', () => {
  for (const file of ['cap/xee.cap', 'cap/xee.atom']) {
    assert.throws(
      () => readXmlDocument(sample(file)),
      (error) => error instanceof KuraError && error.code === 'hostile',
      file,
    );
  }
});

test('trap 9: an alert with two signatures is read as if it had none', () => {
  const text = sampleText('cap/canada_signed.cap');
  assert.equal(text.match(/<Signature /g)?.length, 2);
  const reading = readXmlDocument(sample('cap/canada_signed.cap'));
  const unsigned = text.replace(/<Signature [\s\S]*<\/Signature>/, '');
  assert.deepEqual(reading.problems, []);
  assert.deepEqual(reading.reports, readXmlDocument(bytesOf(unsigned)).reports);
  assert.equal(reading.reports.length, 1, 'English and French are one alert');
  const [, english = '', french = ''] = text.split('<info>');
  const areas = (info: string) => info.match(/<area>/g)?.length ?? 0;
  assert.deepEqual(
    [areas(english), areas(french)].map((count) => count > 0),
    [true, true],
  );
  assert.equal(reading.reports[0]?.zones.length, areas(english), 'and its area counts once');
});

test('trap 10: a magnitude of NaN, "more than 8", is reckoned as 9', () => {
  const file = 'jma/tohoku-2011/32-39_11_05_120615_VXSE53-trimmed.xml';
  assert.match(sampleText(file), /condition="不明"[^>]*>NaN</);
  const event = bookOf(readJmaTelegram(sample(file)), at('2011-03-11T05:55:00Z')).events()[0];
  assert.equal(event?.earthquake?.magnitude, 9);
  assert.equal(event?.earthquake?.isMagnitudeAssumed, true);
  const unknown = readJmaTelegram(sample('jma/other/20231203181616_04485779_VXSE53.xml'))
    .reports[0];
  assert.equal(unknown?.quake?.magnitude, undefined, 'unknown without words is no earthquake of 9');
});

test('trap 11: JMA coordinates have metres below the sea, and may come twice', () => {
  const read = (file: string) => readJmaTelegram(sample(file)).reports[0]?.quake;
  const suruga = read('jma/other/32-35_03_02_100514_VXSE61.xml');
  assert.deepEqual(suruga?.epicentre, { lat: 34.8, lon: 138.5 });
  assert.equal(suruga?.depthKm, 20);
  const sumatra = read('jma/other/20231203181616_04485779_VXSE53.xml');
  assert.deepEqual(sumatra?.epicentre, { lat: -0.4, lon: 100.5 });
  assert.equal(sumatra?.depthKm, undefined, 'a depth that nobody knows');
});

test('trap 12: every area and coast that real JMA telegrams name by code has a place', () => {
  const folder = ['01_120615_VXSE51', '02_120615_VTSE41', '05_120615_VXSE53-trimmed'];
  for (const name of folder) {
    const file = `jma/tohoku-2011/32-39_11_${name}.xml`;
    const { reports } = readJmaTelegram(sample(file), jmaOutlines);
    const zones = reports.flatMap((report) => report.zones);
    assert.ok(zones.length > 5, file);
    assert.equal(zones.filter((zone) => zone.unplaced > 0).length, 0, file);
  }
});

test('trap 13: an EventID of two ids, or in Japanese, is what it is', () => {
  const both = readJmaTelegram(sample('jma/other/38-39_02_04_191025_VTSE41.xml')).reports;
  const tsunami = both.find(({ kind }) => kind === 'tsunami');
  assert.deepEqual(tsunami?.names, ['jma:20151114055157', 'jma:20151114061750']);
  const quakes = both.filter(({ kind }) => kind === 'earthquake');
  assert.deepEqual(
    quakes.map(({ names, quake }) => [names, quake?.magnitude]),
    [
      [['jma:20151114055157'], 7],
      [['jma:20151114061750'], 5.1],
    ],
  );
  const landslide = readJmaTelegram(sample('jma/other/70_17_01_130906_VXWW40-trimmed.xml'));
  assert.deepEqual(landslide.problems, []);
  const flood = landslide.reports.find(({ isAllClear }) => !isAllClear);
  assert.equal(flood?.kind, 'flood');
  assert.deepEqual(
    flood?.zones.flatMap((zone) => zone.codes.map(({ name }) => name)),
    ['北九州市', '福岡市', '直方市'],
    'what is lifted is not named',
  );
});

test('trap 14: USGS contents that are an empty list, not an object, are no contents', () => {
  const file = 'usgs/detail-tohoku-2011-includesuperseded-trimmed.geojson';
  assert.match(sampleText(file), /"contents": ?\[\]/);
  const reading = readUsgsDetail(sample(file));
  assert.deepEqual(reading.problems, []);
  assert.equal(reading.reports[0]?.quake?.magnitude, 9.1);
});

test('trap 15: drills and tests make no event, whether the status says so or only the words', () => {
  const proxy = readNwsAlerts(sample('nws/alerts-active-8-relative-time.json'));
  assert.match(sampleText('nws/alerts-active-8-relative-time.json'), /"status": "Actual"/);
  assert.deepEqual([proxy.reports.length, proxy.ignored.exercise], [0, 8]);
  const drill = readJmaTelegram(sample('jma/other/32-39_12_02_191025_VTSE41.xml'));
  assert.deepEqual([drill.reports.length, drill.ignored.exercise], [0, 1]);
  const line = readJmaTelegram(sample('jma/other/54_01_01_100514_VXSE42.xml'));
  assert.deepEqual([line.reports.length, line.ignored.exercise], [0, 1]);
  const wordless = sampleText('jma/tohoku-2011/32-39_11_01_120615_VXSE51.xml');
  const marked = readJmaTelegram(bytesOf(wordless.replace('<Status>通常', '<Status>訓練')));
  assert.deepEqual([marked.reports.length, marked.ignored.exercise], [0, 1]);
  const warning = sampleText('cap/weather.cap').replace('<note>', '<note>This is not a test. ');
  assert.equal(readXmlDocument(bytesOf(warning)).reports.length, 1);
});
