// Every reader of feeds, with the real files that it is given, changed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readXmlDocument } from '@kura/coordinator/hazards/feeds/formats/documents.ts';
import { asObject, parseJson } from '@kura/coordinator/hazards/feeds/formats/json.ts';
import { type Reading, ReadingBuilder } from '@kura/coordinator/hazards/feeds/reading.ts';
import { readAtcf } from '@kura/coordinator/hazards/feeds/sources/atcf.ts';
import { readGdacsJson } from '@kura/coordinator/hazards/feeds/sources/gdacs.ts';
import { readNhcStorms } from '@kura/coordinator/hazards/feeds/sources/nhc-storms.ts';
import { readNwsAlerts } from '@kura/coordinator/hazards/feeds/sources/nws.ts';
import { NwsZones } from '@kura/coordinator/hazards/feeds/sources/nws-zones.ts';
import { jmaOutlines } from '@kura/coordinator/hazards/feeds/sources/outlines.ts';
import { readShakeGrid } from '@kura/coordinator/hazards/feeds/sources/shake-grid.ts';
import { readStoreHeartbeat } from '@kura/coordinator/hazards/feeds/sources/store-heartbeat.ts';
import {
  readPagerAlerts,
  readUsgsDetail,
  readUsgsSummary,
  shakeGridLink,
} from '@kura/coordinator/hazards/feeds/sources/usgs.ts';
import { Violation } from '../kind.ts';

const FOLDER = new URL('../../../data/hazards/', import.meta.url);

export interface FeedReader {
  readonly name: string;
  readonly samples: readonly Uint8Array[];
  readonly read: (bytes: Uint8Array) => Reading;
}

function filesIn(folder: string, pattern: RegExp): Uint8Array[] {
  const url = new URL(`${folder}/`, FOLDER);
  if (!existsSync(url)) throw new Error(`no samples in ${folder}`);
  const names = readdirSync(url).filter((name) => pattern.test(name));
  return names.sort().map((name) => new Uint8Array(readFileSync(new URL(name, url))));
}

function built(fill: (builder: ReadingBuilder) => void): Reading {
  const builder = new ReadingBuilder();
  fill(builder);
  return builder.done();
}

/** The first part of a large file: changes hit what is read, and cases stay short. */
const headOf = (bytes: Uint8Array): Uint8Array => bytes.slice(0, 12_000);

/** A long list as several short ones, so that a change hits what is read. */
function shortLists(bytes: Uint8Array): Uint8Array[] {
  const { features } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { features: unknown[] };
  return [0, 4, 8, 12, 16].map(
    (from) =>
      new Uint8Array(Buffer.from(JSON.stringify({ features: features.slice(from, from + 4) }))),
  );
}

const readXml = (bytes: Uint8Array): Reading => readXmlDocument(bytes, { outlines: jmaOutlines });

/** A small grid that is whole, so that changes reach the figures. */
function smallGrid(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace('nlon="361" nlat="318"', 'nlon="2" nlat="2"');
  return new Uint8Array(Buffer.from(text));
}

const HEARTBEAT = '{"site":"ishikari","utility_power":false,"on":"ups+generator","fuel_hours":48}';
const ZONE =
  '{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[-117,46],[-116,46],[-116,47],[-117,46]]]]}}';

function readZone(bytes: Uint8Array): Reading {
  new NwsZones().learn('WAZ001', bytes);
  return built(() => undefined);
}

/** Earthquakes too weak to matter, made strong enough to be read to the end. */
function strongQuakes(bytes: Uint8Array): Uint8Array[] {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replaceAll(/"mag":-?[\d.]+/g, '"mag":6.1');
  return shortLists(new Uint8Array(Buffer.from(text)));
}

function xmlReaders(): FeedReader[] {
  const indexes = [...filesIn('cap', /\.(atom|rss)$/), ...filesIn('jma', /atom$/)];
  const tohoku = filesIn('jma/tohoku-2011', /VTSE41|VXSE51|VXSE43/);
  return [
    { name: 'CAP', samples: filesIn('cap', /\.(cap|edxlde)$/), read: readXml },
    { name: 'indexes', samples: indexes, read: readXml },
    { name: 'JMA', samples: filesIn('jma/other', /\.xml$/), read: readXml },
    { name: 'JMA 2011', samples: tohoku, read: readXml },
    { name: 'GDACS RSS', samples: filesIn('gdacs', /^rss/), read: readXml },
  ];
}

function quakeReaders(): FeedReader[] {
  const lists = filesIn('usgs', /^summary-query-(empty|tohoku)/);
  const weak = filesIn('usgs', /^summary-query-many/).flatMap(strongQuakes);
  const grids = filesIn('usgs', /^grid-/);
  return [
    { name: 'USGS lists', samples: [...lists, ...weak], read: readUsgsSummary },
    {
      name: 'USGS details',
      samples: filesIn('usgs', /^detail-/),
      read(bytes) {
        shakeGridLink(bytes);
        return readUsgsDetail(bytes);
      },
    },
    {
      name: 'ShakeMap grids',
      samples: [...grids, ...grids.map(smallGrid)],
      read(bytes) {
        const isOnScale = readShakeGrid(bytes).mmi.every((mmi) => mmi >= 0 && mmi <= 12);
        if (!isOnScale) throw new Violation('an intensity off the scale');
        return built(() => undefined);
      },
    },
    {
      name: 'PAGER',
      samples: filesIn('usgs/pager-hokkaido-2018', /alerts\.json$/),
      read(bytes) {
        readPagerAlerts(bytes, 0);
        return built(() => undefined);
      },
    },
  ];
}

function weatherReaders(): FeedReader[] {
  const tests = filesIn('nws', /^alerts-active-8/);
  const alerts = filesIn('nws', /^alerts-active-northwest/).flatMap(shortLists);
  const decks = filesIn('nhc', /\.dat$/).map(headOf);
  return [
    { name: 'NWS', samples: [...tests, ...alerts], read: (bytes) => readNwsAlerts(bytes) },
    { name: 'zones', samples: [new Uint8Array(Buffer.from(ZONE))], read: readZone },
    { name: 'ATCF', samples: decks, read: (bytes) => readAtcf(bytes) },
    { name: 'NHC storms', samples: filesIn('nhc', /^CurrentStorms/), read: readNhcStorms },
    {
      name: 'GDACS JSON',
      samples: filesIn('gdacs', /^tc-.*-(event|geometry)\.json$/),
      read: (bytes) => built((builder) => readGdacsJson(bytes, builder)),
    },
  ];
}

const heartbeats: FeedReader = {
  name: 'heartbeats',
  samples: [new Uint8Array(Buffer.from(HEARTBEAT))],
  read: (bytes) =>
    built((builder) => {
      const heartbeat = asObject(parseJson(bytes, 'a heartbeat')) ?? {};
      builder.add(readStoreHeartbeat(heartbeat, 1_767_225_600_000));
    }),
};

export function openReaders(): FeedReader[] {
  return [...xmlReaders(), ...quakeReaders(), ...weatherReaders(), heartbeats];
}
