// The feeds that a network watches unless its operator says otherwise: address, pace, pinned hosts, and how
// each is read. Addresses and manners: docs/design/hazards.md.
import { type Clock, KuraError, MINUTE_MS } from '@kura/base';
import type { FetchFeed } from './feed.ts';
import { MAX_GRID_BYTES } from './fetch/limits.ts';
import { politeFetch } from './fetch/polite-fetch.ts';
import { readXmlDocument } from './formats/documents.ts';
import { type FeedMemory, type FeedSettings, type Get, PolledFeed } from './polled-feed.ts';
import { type Reading, ReadingBuilder } from './reading.ts';
import { readAtcf } from './sources/atcf.ts';
import { readNhcStorms } from './sources/nhc-storms.ts';
import { NwsZones, readNwsWithZones } from './sources/nws-zones.ts';
import { jmaOutlines } from './sources/outlines.ts';
import { readShakeGrid } from './sources/shake-grid.ts';
import { readUsgsDetail, readUsgsSummary, shakeGridLink } from './sources/usgs.ts';

export interface CatalogueEntry extends FeedSettings {
  readonly hosts: readonly string[];
}

const XML = 'application/xml, application/atom+xml, application/rss+xml, text/xml';
const GEO_JSON = 'application/geo+json, application/json';

/** The detail, and its ShakeMap if there is one: without the grid the detail is still worth having. */
async function readDetailWithGrid(bytes: Uint8Array, get: Get): Promise<Reading> {
  const link = shakeGridLink(bytes);
  const builder = new ReadingBuilder();
  if (link === undefined || link.sizeBytes > MAX_GRID_BYTES) {
    builder.merge(readUsgsDetail(bytes));
    return builder.done();
  }
  try {
    const shakeGrid = readShakeGrid(await get(link.url, MAX_GRID_BYTES));
    builder.merge(readUsgsDetail(bytes, { shakeGrid }));
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    builder.partProblem(link.url, error);
    builder.merge(readUsgsDetail(bytes));
  }
  return builder.done();
}

function usgs(): CatalogueEntry {
  return {
    name: 'usgs',
    source: 'usgs',
    url: 'https://earthquake.usgs.gov/earthquakes/feed/v1.0/summary/2.5_day.geojson',
    hosts: ['earthquake.usgs.gov'],
    accept: GEO_JSON,
    intervalMs: MINUTE_MS,
    isComplete: false,
    read: readUsgsSummary,
    readMessage: readDetailWithGrid,
  };
}

function nws(): CatalogueEntry {
  const zones = new NwsZones();
  return {
    name: 'nws',
    source: 'nws',
    url: 'https://api.weather.gov/alerts/active?status=actual',
    hosts: ['api.weather.gov'],
    accept: GEO_JSON,
    intervalMs: MINUTE_MS,
    isComplete: true,
    read: (bytes, get) => readNwsWithZones(bytes, get, zones),
  };
}

/**
 * Rewritten every minute, and sure to keep ten: after a longer silence the long list is read, which keeps
 * days. JMA asks to come at second 20, and to fetch no telegram twice.
 */
function jma(name: string, file: string): CatalogueEntry {
  const folder = 'https://www.data.jma.go.jp/developer/xml/feed';
  const read = (bytes: Uint8Array): Reading => readXmlDocument(bytes, { outlines: jmaOutlines });
  return {
    name,
    source: 'jma',
    url: `${folder}/${file}.xml`,
    catchUp: { url: `${folder}/${file}_l.xml`, afterMs: 8 * MINUTE_MS },
    hosts: ['www.data.jma.go.jp'],
    accept: XML,
    intervalMs: MINUTE_MS,
    second: 20,
    isComplete: false,
    read,
    readMessage: read,
  };
}

function nhc(): CatalogueEntry {
  return {
    name: 'nhc',
    source: 'nhc',
    url: 'https://www.nhc.noaa.gov/CurrentStorms.json',
    hosts: ['www.nhc.noaa.gov', 'ftp.nhc.noaa.gov'],
    accept: 'application/json',
    intervalMs: 15 * MINUTE_MS,
    isComplete: true,
    read: readNhcStorms,
    readMessage: (bytes) => readAtcf(bytes),
  };
}

/** An index of CAP messages, or one CAP file, at one host. */
export function capFeed(
  name: string,
  url: string,
  { intervalMs, isComplete }: Pick<FeedSettings, 'intervalMs' | 'isComplete'>,
): CatalogueEntry {
  return {
    name,
    source: 'cap',
    url,
    hosts: [new URL(url).hostname],
    accept: `application/cap+xml, ${XML}`,
    intervalMs,
    isComplete,
    read: (bytes) => readXmlDocument(bytes),
    readMessage: (bytes) => readXmlDocument(bytes),
  };
}

function gdacs(): CatalogueEntry {
  return {
    ...capFeed('gdacs', 'https://www.gdacs.org/xml/rss.xml', {
      intervalMs: 6 * MINUTE_MS,
      isComplete: false,
    }),
    source: 'gdacs',
  };
}

/** What a network watches by itself. */
export function defaultCatalogue(): CatalogueEntry[] {
  const tsunami = { intervalMs: MINUTE_MS, isComplete: false };
  return [
    usgs(),
    nws(),
    jma('jma-earthquakes', 'eqvol'),
    jma('jma-warnings', 'extra'),
    nhc(),
    gdacs(),
    capFeed('tsunami-alaska', 'https://www.tsunami.gov/events/xml/PAAQCAP.xml', tsunami),
    capFeed('tsunami-pacific', 'https://www.tsunami.gov/events/xml/PHEBCAP.xml', tsunami),
    // Newest first and cut off somewhere: absence from it means nothing.
    capFeed('alert-hub', 'https://cap-alerts.s3.amazonaws.com/unfiltered/rss.xml', {
      intervalMs: 5 * MINUTE_MS,
      isComplete: false,
    }),
  ];
}

export interface FeedWorld {
  readonly fetch: FetchFeed;
  readonly clock: Clock;
  /** What the feed knew when it was written down. */
  readonly memory?: FeedMemory | undefined;
}

export function openFeed(entry: CatalogueEntry, { fetch, clock, memory }: FeedWorld): PolledFeed {
  const polite = politeFetch({ fetch, clock, hosts: entry.hosts });
  return new PolledFeed(entry, { fetch: polite, clock, memory });
}
