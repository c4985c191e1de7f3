// GDACS, which watches the whole world at second hand and grades by human need: a hint for people, and an
// event of its own only where no agency reports the thing. Its colours are never taken for damage; wind
// speeds and magnitudes are.
import { KuraError } from '@kura/base';
import type { EventKind, Hint, Shape, Zone } from '../../events/hazard-event.ts';
import type { QuakeReport, Report } from '../../events/report.ts';
import { circleShape, geoJsonShapes } from '../formats/areas.ts';
import {
  asObject,
  type JsonObject,
  listIn,
  numberIn,
  objectIn,
  parseJson,
  textIn,
  truthIn,
} from '../formats/json.ts';
import { plausibleMagnitude, severityOfQuake, severityOfWind } from '../formats/scales.ts';
import { needed, placeAt, readNumber, readTime, titleOf } from '../formats/values.ts';
import { childAt, childrenOf, textAt, type XmlElement } from '../formats/xml.ts';
import type { ReadingBuilder } from '../reading.ts';

const KINDS: Readonly<Record<string, EventKind>> = {
  EQ: 'earthquake',
  TC: 'cyclone',
  TS: 'tsunami',
  FL: 'flood',
  VO: 'volcano',
  WF: 'wildfire',
  DR: 'other',
};
const KMH_PER_KT = 1.852;
/** How far a cyclone's wind may reach when only its centre is known. */
const CYCLONE_KM = 200;

interface Fields {
  readonly type: string;
  readonly id: string;
  readonly episode: string;
  readonly title: string;
  readonly place: ReturnType<typeof placeAt>;
  readonly isCurrent: boolean;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly sentMs: number | undefined;
  readonly level: string;
  readonly score: number | undefined;
  /** Magnitude, km/h, or whatever the unit says. */
  readonly severity: number | undefined;
  readonly unit: string;
  readonly shapes: readonly Shape[];
}

function quakeOf(fields: Fields): QuakeReport | undefined {
  if (fields.type !== 'EQ') return undefined;
  const isMagnitude = fields.unit.toUpperCase().startsWith('M') || fields.unit === '';
  const { place, fromMs } = fields;
  const magnitude = plausibleMagnitude(isMagnitude ? fields.severity : undefined);
  return {
    ...(fromMs === undefined ? {} : { originMs: fromMs }),
    ...(place === undefined ? {} : { epicentre: place }),
    ...(magnitude === undefined ? {} : { magnitude }),
  };
}

function zoneOf(fields: Fields, kind: EventKind, quake: QuakeReport | undefined): Zone[] {
  const { place, shapes, severity, unit } = fields;
  const radiusKm = kind === 'cyclone' ? CYCLONE_KM : 0;
  const placed = place === undefined ? [] : [circleShape(place, radiusKm)];
  const windKt =
    kind === 'cyclone' && unit === 'km/h' && severity !== undefined
      ? severity / KMH_PER_KT
      : undefined;
  return [
    {
      shapes: shapes.length > 0 ? shapes : placed,
      codes: [],
      unplaced: 0,
      severity:
        quake === undefined ? severityOfWind(windKt) : severityOfQuake(quake.magnitude, undefined),
      certainty: 'likely',
      urgency: 'unknown',
    },
  ];
}

const LEVELS = ['green', 'orange', 'red'] as const;

function reportOf(fields: Fields): Report {
  const kind = needed(
    Object.hasOwn(KINDS, fields.type) ? KINDS[fields.type] : undefined,
    'the type of a GDACS event',
  );
  if (!/^\d{1,12}$/.test(fields.id)) throw new KuraError('corrupt', 'a GDACS event has no id');
  const sentMs = needed(fields.sentMs, 'the time of a GDACS event');
  const level = LEVELS.find((each) => each === fields.level.toLowerCase());
  const hint: Hint | undefined =
    level === undefined
      ? undefined
      : {
          source: 'gdacs',
          level,
          ...(fields.score === undefined ? {} : { score: fields.score }),
          atMs: sentMs,
        };
  const quake = quakeOf(fields);
  return {
    source: 'gdacs',
    identifier: `${fields.type}${fields.id}/${fields.episode}@${sentMs}`,
    stream: 'event',
    names: [`gdacs:${fields.type}${fields.id}`],
    type: 'update',
    // No message ends a GDACS event; it is only no longer current.
    isAllClear: !fields.isCurrent,
    references: [],
    kind,
    title: fields.title,
    zones: zoneOf(fields, kind, quake),
    sentMs,
    ...(fields.fromMs === undefined ? {} : { onsetMs: fields.fromMs }),
    ...(fields.isCurrent || fields.toMs === undefined ? {} : { endMs: fields.toMs }),
    ...(quake === undefined ? {} : { quake }),
    ...(hint === undefined ? {} : { hint }),
    isSecondHand: true,
  };
}

// ── RSS ───────────────────────────────────────────────────────────────────────────────────────────

function pointOf(item: XmlElement): ReturnType<typeof placeAt> {
  const [lat, lon] = textAt(item, 'point').split(/\s+/);
  const georss = placeAt(readNumber(lat ?? ''), readNumber(lon ?? ''));
  const point = childAt(item, 'Point');
  return georss ?? placeAt(readNumber(textAt(point, 'lat')), readNumber(textAt(point, 'long')));
}

function readItem(item: XmlElement): Report {
  const severity = childAt(item, 'severity')?.attributes;
  return reportOf({
    type: textAt(item, 'eventtype'),
    id: textAt(item, 'eventid'),
    episode: textAt(item, 'episodeid').slice(0, 20),
    title: titleOf(textAt(item, 'title')),
    place: pointOf(item),
    isCurrent: textAt(item, 'iscurrent') !== 'false',
    fromMs: readTime(textAt(item, 'fromdate')),
    toMs: readTime(textAt(item, 'todate')),
    sentMs: readTime(textAt(item, 'datemodified')) ?? readTime(textAt(item, 'pubDate')),
    level: textAt(item, 'alertlevel'),
    score: readNumber(textAt(item, 'alertscore')),
    severity: readNumber(severity?.get('value') ?? ''),
    unit: severity?.get('unit') ?? '',
    shapes: [],
  });
}

/** The RSS feed; `root` is its `<rss>`. */
export function readGdacsRss(root: XmlElement, builder: ReadingBuilder): void {
  builder.items(childrenOf(childAt(root, 'channel'), 'item'), (item) => {
    if (textAt(item, 'temporary') === 'true') builder.ignore('temporary');
    else builder.add(readItem(item));
  });
}

// ── JSON ──────────────────────────────────────────────────────────────────────────────────────────

/**
 * Extents of wind stand in features of class `Poly_Green`, `_Orange`, `_Red`, once for the whole episode
 * (labelled "60 km/h") and once per time step (labelled with a time). Only the former are used.
 */
const EXTENT_CLASS = /^Poly_(?:Green|Orange|Red)$/;
const EXTENT_LABEL = /^(\d{2,3}) km\/h$/;

function readEvent(feature: JsonObject): Report {
  const properties = needed(objectIn(feature, 'properties'), 'the properties of a GDACS event');
  const measure = objectIn(properties, 'severitydata');
  const [shape] = geoJsonShapes(feature.geometry);
  return reportOf({
    type: textIn(properties, 'eventtype'),
    id: String(numberIn(properties, 'eventid') ?? ''),
    episode: String(numberIn(properties, 'episodeid') ?? ''),
    title: titleOf(textIn(properties, 'name'), textIn(properties, 'description')),
    place: shape?.type === 'circle' ? shape.centre : undefined,
    isCurrent: truthIn(properties, 'iscurrent'),
    fromMs: readTime(textIn(properties, 'fromdate')),
    toMs: readTime(textIn(properties, 'todate')),
    sentMs:
      readTime(textIn(properties, 'datemodified')) ?? readTime(textIn(properties, 'fromdate')),
    level: textIn(properties, 'alertlevel'),
    score: numberIn(properties, 'alertscore'),
    severity: numberIn(measure, 'severity'),
    unit: textIn(measure, 'severityunit'),
    shapes: [],
  });
}

function extentZone(feature: JsonObject): Zone[] {
  const properties = objectIn(feature, 'properties');
  const label = EXTENT_LABEL.exec(textIn(properties, 'polygonlabel'));
  if (label === null || !EXTENT_CLASS.test(textIn(properties, 'Class'))) return [];
  return [
    {
      shapes: geoJsonShapes(feature.geometry),
      codes: [],
      unplaced: 0,
      severity: severityOfWind(Number(label[1]) / KMH_PER_KT),
      certainty: 'likely',
      urgency: 'unknown',
    },
  ];
}

function readOne(feature: JsonObject, builder: ReadingBuilder): void {
  if (truthIn(objectIn(feature, 'properties'), 'istemporary')) builder.ignore('temporary');
  else builder.add(readEvent(feature));
}

/** One event, a list of events, or the geometry of one episode, as the API gives them. */
export function readGdacsJson(bytes: Uint8Array, builder: ReadingBuilder): void {
  const root = parseJson(bytes, 'the answer of GDACS');
  if (textIn(root, 'type') === 'Feature') {
    builder.item('event', () => readOne(root, builder));
    return;
  }
  const features = listIn(root, 'features')
    .map(asObject)
    .filter((feature) => feature !== undefined);
  const classOf = (feature: JsonObject): string => textIn(objectIn(feature, 'properties'), 'Class');
  const isCentroid = (feature: JsonObject): boolean =>
    classOf(feature) === 'Point_Centroid' || classOf(feature) === '';
  const zones: Zone[] = [];
  builder.items(features, (feature) => zones.push(...extentZone(feature)));
  builder.items(features.filter(isCentroid), (feature) => {
    if (zones.length === 0) return readOne(feature, builder);
    builder.add({ ...readEvent(feature), zones });
  });
}
