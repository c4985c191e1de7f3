// Earthquakes of the US Geological Survey: the summary lists, and one event's detail with all its products.
// The list says that there is an earthquake; ShakeMap says how strongly it shook where; PAGER estimates
// human need and is kept as a hint only: green 28 minutes after Hokkaido 2018, orange after 12 hours.
import { KuraError } from '@kura/base';
import type { Hint, ShakeGrid, Zone } from '../../events/hazard-event.ts';
import type { QuakeReport, Report } from '../../events/report.ts';
import { circleShape, geoJsonPlace } from '../formats/areas.ts';
import {
  asObject,
  type JsonObject,
  listIn,
  numberIn,
  objectIn,
  parseJson,
  textIn,
} from '../formats/json.ts';
import { plausibleDepth, plausibleMagnitude, severityOfQuake } from '../formats/scales.ts';
import {
  identifierOf,
  needed,
  placeAt,
  readTime,
  timeOfNumber,
  titleOf,
} from '../formats/values.ts';
import { type Reading, ReadingBuilder } from '../reading.ts';

/** Right above the focus an earthquake of 4 is felt, and breaks nothing. */
export const MIN_MAGNITUDE = 4;
/** From here on the products are worth a request: ShakeMap begins to matter for buildings. */
export const MIN_DETAIL_MAGNITUDE = 5.5;

/** ",us2000h8ty,pt18248000," → names; the id of an event can change, its aliases stay. */
function namesOf(feature: JsonObject, properties: JsonObject): string[] {
  const ids = [textIn(feature, 'id'), ...textIn(properties, 'ids').split(',')];
  const named = ids.map((id) => id.trim().toLowerCase()).filter((id) => /^[\w.-]{1,100}$/.test(id));
  return [...new Set(named)].slice(0, 32).map((id) => `usgs:${id}`);
}

function quakeZone(quake: QuakeReport): Zone[] {
  if (quake.epicentre === undefined) return [];
  return [
    {
      shapes: [circleShape(quake.epicentre, 0)],
      codes: [],
      unplaced: 0,
      severity: severityOfQuake(quake.magnitude, quake.maxIntensityMmi),
      certainty: 'observed',
      urgency: 'past',
    },
  ];
}

interface Base {
  readonly identifier: string;
  readonly stream: string;
  readonly names: readonly string[];
  readonly title: string;
  readonly sentMs: number;
  readonly isDeleted: boolean;
}

function reportOf(base: Base, quake: QuakeReport, hint: Hint | undefined): Report {
  const { isDeleted, ...named } = base;
  return {
    ...named,
    source: 'usgs',
    type: isDeleted ? 'cancel' : 'update',
    isAllClear: false,
    references: [],
    kind: 'earthquake',
    zones: quakeZone(quake),
    ...(quake.originMs === undefined ? {} : { onsetMs: quake.originMs }),
    quake,
    ...(hint === undefined ? {} : { hint }),
    isSecondHand: false,
  };
}

function readFeature(feature: JsonObject): Report | 'harmless' | 'not_natural' {
  const properties = needed(objectIn(feature, 'properties'), 'the properties of an earthquake');
  const id = identifierOf(textIn(feature, 'id'), 'an earthquake').toLowerCase();
  const type = textIn(properties, 'type');
  if (type !== '' && type !== 'earthquake') return 'not_natural';
  const magnitude = plausibleMagnitude(numberIn(properties, 'mag'));
  const isDeleted = textIn(properties, 'status') === 'deleted';
  if (!isDeleted && magnitude !== undefined && magnitude < MIN_MAGNITUDE) return 'harmless';
  const point = listIn(objectIn(feature, 'geometry'), 'coordinates');
  // A deleted one may have lost its place as well.
  const place = geoJsonPlace(point);
  const epicentre = isDeleted ? place : needed(place, 'the epicentre of an earthquake');
  const originMs = timeOfNumber(numberIn(properties, 'time'));
  const sentMs = timeOfNumber(numberIn(properties, 'updated')) ?? originMs;
  const depth = point[2];
  const depthKm = plausibleDepth(typeof depth === 'number' ? depth : undefined);
  const mmi = numberIn(properties, 'mmi');
  const quake: QuakeReport = {
    ...(originMs === undefined ? {} : { originMs }),
    ...(epicentre === undefined ? {} : { epicentre }),
    ...(depthKm === undefined ? {} : { depthKm }),
    ...(magnitude === undefined ? {} : { magnitude }),
    ...(mmi === undefined || mmi < 0 || mmi > 12 ? {} : { maxIntensityMmi: mmi }),
  };
  const updatedMs = needed(sentMs, 'the time of an earthquake');
  const base: Base = {
    identifier: `${id}@${updatedMs}`,
    stream: 'quake',
    names: namesOf(feature, properties),
    title: titleOf(textIn(properties, 'title'), id),
    sentMs: updatedMs,
    isDeleted,
  };
  return reportOf(base, quake, hintOf(textIn(properties, 'alert'), updatedMs));
}

const LEVELS = ['green', 'yellow', 'orange', 'red', 'pending'] as const;

function hintOf(level: string, atMs: number): Hint | undefined {
  const known = LEVELS.find((each) => each === level);
  return known === undefined ? undefined : { source: 'pager', level: known, atMs };
}

/** The answer of a summary feed or of the query service. */
export function readUsgsSummary(bytes: Uint8Array): Reading {
  const list = parseJson(bytes, 'the list of earthquakes');
  if (!Array.isArray(list.features)) {
    throw new KuraError('corrupt', 'the list of earthquakes has no features');
  }
  const builder = new ReadingBuilder();
  builder.items(listIn(list, 'features'), (item) => {
    const feature = needed(asObject(item), 'an earthquake');
    const read = readFeature(feature);
    if (typeof read === 'string') {
      builder.ignore(read);
      return;
    }
    builder.add(read);
    const url = textIn(objectIn(feature, 'properties'), 'detail');
    const isStrong = (read.quake?.magnitude ?? 0) >= MIN_DETAIL_MAGNITUDE;
    if (url !== '' && isStrong) builder.link({ url, version: String(read.sentMs) });
  });
  return builder.done();
}

// ── Detail ────────────────────────────────────────────────────────────────────────────────────────

export interface DetailOptions {
  /** Only products that existed by then: how a replay knows no more than was known. Absent: all. */
  readonly asOfMs?: number;
  /** The ShakeMap grid that was fetched for this event, if any. */
  readonly shakeGrid?: ShakeGrid;
}

interface Product {
  readonly code: string;
  readonly source: string;
  readonly updateMs: number;
  readonly weight: number;
  readonly isDeleted: boolean;
  readonly properties: JsonObject | undefined;
  readonly contents: JsonObject | undefined;
}

function productOf(value: unknown): Product | undefined {
  const product = asObject(value);
  const updateMs = timeOfNumber(numberIn(product, 'updateTime'));
  if (product === undefined || updateMs === undefined) return undefined;
  return {
    code: textIn(product, 'code').toLowerCase(),
    source: textIn(product, 'source'),
    updateMs,
    weight: numberIn(product, 'preferredWeight') ?? 0,
    isDeleted: textIn(product, 'status').toUpperCase() === 'DELETE',
    properties: objectIn(product, 'properties'),
    // An object of files, or an empty list where there are none.
    contents: objectIn(product, 'contents'),
  };
}

/**
 * The product to believe: of each contributor's the newest, then the one with the largest weight. Never
 * one of an atlas, which is made years later. Undefined if there is none yet.
 */
function preferred(products: JsonObject, type: string, asOfMs: number): Product | undefined {
  const newest = new Map<string, Product>();
  for (const value of listIn(products, type)) {
    const product = productOf(value);
    if (product === undefined || product.updateMs > asOfMs || product.source === 'atlas') continue;
    const key = `${product.source}/${product.code}`;
    const known = newest.get(key);
    if (known === undefined || known.updateMs < product.updateMs) newest.set(key, product);
  }
  let best: Product | undefined;
  for (const product of newest.values()) {
    if (product.isDeleted) continue;
    const isBetter =
      best === undefined ||
      product.weight > best.weight ||
      (product.weight === best.weight && product.updateMs > best.updateMs);
    if (isBetter) best = product;
  }
  return best;
}

function quakeOfOrigin(origin: Product, shakeMap: Product | undefined): QuakeReport {
  const { properties } = origin;
  const epicentre = placeAt(numberIn(properties, 'latitude'), numberIn(properties, 'longitude'));
  const depthKm = plausibleDepth(numberIn(properties, 'depth'));
  const magnitude = plausibleMagnitude(numberIn(properties, 'magnitude'));
  const originMs = readTime(textIn(properties, 'eventtime'));
  const maxMmi = numberIn(shakeMap?.properties, 'maxmmi');
  return {
    ...(originMs === undefined ? {} : { originMs }),
    epicentre: needed(epicentre, 'the epicentre of an earthquake'),
    ...(depthKm === undefined ? {} : { depthKm }),
    ...(magnitude === undefined ? {} : { magnitude }),
    ...(maxMmi === undefined || maxMmi < 0 || maxMmi > 12 ? {} : { maxIntensityMmi: maxMmi }),
  };
}

/** Where the grid of the preferred ShakeMap is, and how large; undefined if there is none. */
export function shakeGridLink(
  bytes: Uint8Array,
): { readonly url: string; readonly sizeBytes: number } | undefined {
  const products = objectIn(objectIn(parseJson(bytes, 'an earthquake'), 'properties'), 'products');
  if (products === undefined) return undefined;
  const shakeMap = preferred(products, 'shakemap', Number.POSITIVE_INFINITY);
  const file = objectIn(shakeMap?.contents, 'download/grid.xml');
  const url = textIn(file, 'url');
  return url === '' ? undefined : { url, sizeBytes: numberIn(file, 'length') ?? 0 };
}

/** The detail of one earthquake, as it stood at a time. */
export function readUsgsDetail(bytes: Uint8Array, options: DetailOptions = {}): Reading {
  const { asOfMs = Number.POSITIVE_INFINITY, shakeGrid } = options;
  const feature = parseJson(bytes, 'an earthquake');
  const properties = needed(objectIn(feature, 'properties'), 'the properties of an earthquake');
  const products = needed(objectIn(properties, 'products'), 'the products of an earthquake');
  const id = identifierOf(textIn(feature, 'id'), 'an earthquake').toLowerCase();
  const builder = new ReadingBuilder();
  builder.item(id, () => {
    const origin = preferred(products, 'origin', asOfMs);
    if (origin === undefined) return;
    const shakeMap = preferred(products, 'shakemap', asOfMs);
    const pager = preferred(products, 'losspager', asOfMs);
    const quake = quakeOfOrigin(origin, shakeMap);
    const updatedMs = timeOfNumber(numberIn(properties, 'updated')) ?? 0;
    const times = [origin, shakeMap, pager].map((product) => product?.updateMs ?? 0);
    if (asOfMs >= updatedMs) times.push(updatedMs);
    const base: Base = {
      identifier: `${id}@${Math.max(...times)}`,
      // Beside the summary's, and withdrawn with it.
      stream: 'quake/detail',
      names: namesOf(feature, properties),
      title: titleOf(
        `M ${quake.magnitude ?? '?'} - ${textIn(origin.properties, 'title') || textIn(properties, 'place')}`,
      ),
      sentMs: Math.max(...times),
      isDeleted: textIn(properties, 'status') === 'deleted',
    };
    const hint = hintOf(textIn(pager?.properties, 'alertlevel'), pager?.updateMs ?? 0);
    builder.add(reportOf(base, shakeGrid === undefined ? quake : { ...quake, shakeGrid }, hint));
  });
  return builder.done();
}

/** PAGER's own file has no name of the event in it: who fetched it knows. */
export function readPagerAlerts(bytes: Uint8Array, atMs: number): Hint | undefined {
  const file = parseJson(bytes, 'a PAGER estimate');
  const levels = ['fatality', 'economic'].map((name) => textIn(objectIn(file, name), 'level'));
  const worst = Math.max(...levels.map((level) => (LEVELS as readonly string[]).indexOf(level)));
  return hintOf(LEVELS[worst] ?? '', atMs);
}
