// Steps of replay manifests (data/hazards/replay/SCHEMA.md) as reports. Nothing of a step is known before its
// `available_at`: a file that holds all versions is read as it stood then.
import { KuraError, MINUTE_MS } from '@kura/base';
import type { Coordinates } from '../../placement/distance.ts';
import type { Report } from '../events/report.ts';
import { readXmlDocument } from './formats/documents.ts';
import { type JsonObject, parseJson, textIn } from './formats/json.ts';
import { identifierOf, needed, readTime } from './formats/values.ts';
import { type Reading, ReadingBuilder } from './reading.ts';
import { readAtcf } from './sources/atcf.ts';
import { readGdacsJson } from './sources/gdacs.ts';
import { readNwsAlerts } from './sources/nws.ts';
import { jmaOutlines } from './sources/outlines.ts';
import { readShakeGrid } from './sources/shake-grid.ts';
import { readStoreHeartbeat } from './sources/store-heartbeat.ts';
import { readPagerAlerts, readUsgsDetail, readUsgsSummary } from './sources/usgs.ts';

export interface StepWorld {
  /** A file that a step names, relative to the manifest's data. */
  readonly readFile: (path: string) => Uint8Array;
  /** Where a site of the manifest is. */
  readonly placeOf: (site: string) => Coordinates | undefined;
}

/** When the step's content is known. Throws `corrupt` if it does not say. */
export function timeOfStep(step: JsonObject): number {
  return needed(readTime(textIn(step, 'available_at')), 'the time of a step');
}

const PRODUCT = /^urn:usgs-product:[^:]{1,40}:[^:]{1,40}:([^:]{1,100}):(\d{1,15})$/;

const MAX_HEAD_BYTES = 65_536;
/** Agencies date a message to the minute and send it then: it may seem to be from a little later. */
const CLOCK_SKEW_MS = 5 * MINUTE_MS;

/** Products carry milliseconds, steps whole seconds: the later of the two is when it was known. */
function readUsgsStep(step: JsonObject, bytes: Uint8Array): Reading {
  const product = PRODUCT.exec(textIn(step, 'product_id'));
  const asOfMs = Math.max(timeOfStep(step), Number(product?.[2] ?? 0));
  const code = product?.[1] ?? '';
  if (looksLikeXml(bytes)) return readGridStep(bytes, { code, atMs: asOfMs });
  const isList = textIn(parseJson(bytes, 'a USGS file'), 'type') === 'FeatureCollection';
  // A list of later makes one earthquake's figures better; an earthquake of later was not known.
  if (isList) return known(readUsgsSummary(bytes), ({ quake }) => (quake?.originMs ?? 0) <= asOfMs);
  if (textIn(step, 'product') !== 'losspager') return readUsgsDetail(bytes, { asOfMs });
  return readPagerStep(bytes, { code, atMs: asOfMs });
}

function known(reading: Reading, isKnown: (report: Report) => boolean): Reading {
  return { ...reading, reports: reading.reports.filter(isKnown) };
}

const looksLikeXml = (bytes: Uint8Array): boolean =>
  /^(?:\xef\xbb\xbf)?\s*</.test(Buffer.from(bytes.subarray(0, 200)).toString('latin1'));

interface ProductOf {
  readonly code: string;
  readonly atMs: number;
}

/** What one product of USGS adds to an event that others tell of. */
function productReport(stream: string, { code, atMs }: ProductOf): Report {
  return {
    source: 'usgs',
    identifier: `${stream}/${code}@${atMs}`,
    stream: `quake/${stream}`,
    names: [`usgs:${code.toLowerCase()}`],
    type: 'update',
    isAllClear: false,
    references: [],
    kind: 'earthquake',
    title: '',
    zones: [],
    sentMs: atMs,
    quake: {},
    isSecondHand: true,
  };
}

/** PAGER's file knows no event; the step's product id does. A hint adds nothing but itself. */
function readPagerStep(bytes: Uint8Array, product: ProductOf): Reading {
  const builder = new ReadingBuilder();
  const hint = readPagerAlerts(bytes, product.atMs);
  const report = productReport('pager', product);
  const title = `PAGER ${hint?.level ?? 'unknown'}`;
  builder.add({ ...report, title, ...(hint === undefined ? {} : { hint }) });
  return builder.done();
}

/** A ShakeMap grid names its own event, whatever the step calls it. */
function readGridStep(bytes: Uint8Array, { code, atMs }: ProductOf): Reading {
  const builder = new ReadingBuilder();
  const shakeGrid = readShakeGrid(bytes);
  const head = Buffer.from(bytes.subarray(0, MAX_HEAD_BYTES)).toString('latin1');
  const named = /\bevent_id="([\w.-]{1,100})"/.exec(head)?.[1] ?? code;
  const report = productReport('grid', { code: identifierOf(named, 'a ShakeMap grid'), atMs });
  const title = `ShakeMap ${shakeGrid.version}`.trim();
  builder.add({ ...report, title, quake: { shakeGrid }, isSecondHand: false });
  return builder.done();
}

/** Its files are rewritten as long as an event lasts, and after: what began later was not known, nor how it ended. */
function readGdacsStep(bytes: Uint8Array, atMs: number): Reading {
  const whole = looksLikeXml(bytes)
    ? readXmlDocument(bytes, { source: 'gdacs' })
    : readGdacsAnswer(bytes);
  const reading = known(whole, ({ onsetMs = 0 }) => onsetMs <= atMs + CLOCK_SKEW_MS);
  return { ...reading, reports: reading.reports.map((report) => asOf(report, atMs)) };
}

function readGdacsAnswer(bytes: Uint8Array): Reading {
  const builder = new ReadingBuilder();
  readGdacsJson(bytes, builder);
  return builder.done();
}

function asOf(report: Report, atMs: number): Report {
  const { endMs, ...rest } = report;
  return endMs === undefined || endMs <= atMs ? report : { ...rest, isAllClear: false };
}

function readAlertStep(bytes: Uint8Array, atMs: number): Reading {
  const reading = looksLikeXml(bytes)
    ? readXmlDocument(bytes, { outlines: jmaOutlines })
    : readNwsAlerts(bytes);
  return known(reading, ({ sentMs }) => sentMs <= atMs + CLOCK_SKEW_MS);
}

function readFileStep(step: JsonObject, bytes: Uint8Array): Reading {
  const source = textIn(step, 'source');
  const synopticTime = textIn(step, 'synoptic_time');
  const atMs = timeOfStep(step);
  if (source === 'usgs') return readUsgsStep(step, bytes);
  if (source === 'gdacs') return readGdacsStep(bytes, atMs);
  if (source === 'nhc')
    return readAtcf(bytes, synopticTime === '' ? { asOfMs: atMs } : { synopticTime });
  if (source === 'nws' || source === 'jma' || source === 'cap') return readAlertStep(bytes, atMs);
  throw new KuraError(
    'unsupported',
    `a step is from "${source.slice(0, 40)}", which nothing reads`,
  );
}

/** What a step tells. Throws what is wrong with the step or its file as a whole. */
export function readStep(step: JsonObject, { readFile, placeOf }: StepWorld): Reading {
  if (textIn(step, 'source') !== 'store') return readFileStep(step, readFile(textIn(step, 'file')));
  const builder = new ReadingBuilder();
  builder.add(readStoreHeartbeat(step, timeOfStep(step), placeOf(textIn(step, 'site'))));
  return builder.done();
}
