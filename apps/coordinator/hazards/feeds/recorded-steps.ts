// Steps of replay manifests (data/hazards/replay/SCHEMA.md) as reports. Nothing of a step is known before its
// `available_at`: a detail file that holds all versions is read as it stood then.
import { KuraError } from '@kura/base';
import type { Coordinates } from '../../placement/distance.ts';
import type { Report } from '../events/report.ts';
import { readAtcf } from './atcf.ts';
import { readXmlDocument } from './documents.ts';
import { readGdacsJson } from './gdacs.ts';
import { type JsonObject, parseJson, textIn } from './json.ts';
import { readNwsAlerts } from './nws.ts';
import { jmaOutlines } from './outlines.ts';
import { type Reading, ReadingBuilder } from './reading.ts';
import { readStoreHeartbeat } from './store-heartbeat.ts';
import { readPagerAlerts, readUsgsDetail, readUsgsSummary } from './usgs.ts';
import { needed, readTime } from './values.ts';

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

/** Products carry milliseconds, steps whole seconds: the later of the two is when it was known. */
function readUsgsStep(step: JsonObject, bytes: Uint8Array): Reading {
  const product = PRODUCT.exec(textIn(step, 'product_id'));
  const asOfMs = Math.max(timeOfStep(step), Number(product?.[2] ?? 0));
  const isList = textIn(parseJson(bytes, 'a USGS file'), 'type') === 'FeatureCollection';
  if (isList) return readUsgsSummary(bytes);
  if (textIn(step, 'product') !== 'losspager') return readUsgsDetail(bytes, { asOfMs });
  return readPagerStep(bytes, { code: product?.[1] ?? '', atMs: asOfMs });
}

/** PAGER's file knows no event; the step's product id does. A hint adds nothing but itself. */
function readPagerStep(
  bytes: Uint8Array,
  { code, atMs }: { readonly code: string; readonly atMs: number },
): Reading {
  const builder = new ReadingBuilder();
  const hint = readPagerAlerts(bytes, atMs);
  const report: Report = {
    source: 'usgs',
    identifier: `pager/${code}@${atMs}`,
    stream: 'quake/pager',
    names: [`usgs:${code.toLowerCase()}`],
    type: 'update',
    isAllClear: false,
    references: [],
    kind: 'earthquake',
    title: `PAGER ${hint?.level ?? 'unknown'}`,
    zones: [],
    sentMs: atMs,
    quake: {},
    ...(hint === undefined ? {} : { hint }),
    isSecondHand: true,
  };
  builder.add(report);
  return builder.done();
}

function readGdacsStep(bytes: Uint8Array): Reading {
  if (Buffer.from(bytes.subarray(0, 200)).toString('latin1').includes('<')) {
    return readXmlDocument(bytes, { source: 'gdacs' });
  }
  const builder = new ReadingBuilder();
  readGdacsJson(bytes, builder);
  return builder.done();
}

function readFileStep(step: JsonObject, bytes: Uint8Array): Reading {
  const source = textIn(step, 'source');
  const synopticTime = textIn(step, 'synoptic_time');
  if (source === 'usgs') return readUsgsStep(step, bytes);
  if (source === 'nws') return readNwsAlerts(bytes);
  if (source === 'gdacs') return readGdacsStep(bytes);
  if (source === 'nhc') return readAtcf(bytes, synopticTime === '' ? {} : { synopticTime });
  if (source === 'jma') return readXmlDocument(bytes, { outlines: jmaOutlines });
  if (source === 'cap') return readXmlDocument(bytes);
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
