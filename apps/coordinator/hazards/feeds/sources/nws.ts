// Alerts of the US National Weather Service: CAP as GeoJSON, all active ones in one list. Most have no
// outline but the codes of zones; their outlines are files of their own, which never change within a season
// and are fetched once (nws-zones.ts).
import { KuraError } from '@kura/base';
import type { AreaCode, MessageType, Zone } from '../../events/hazard-event.ts';
import type { Report } from '../../events/report.ts';
import { MAX_AREAS_PER_MESSAGE } from '../fetch/limits.ts';
import { geoJsonShapes, NO_OUTLINES, type Outlines, placeCodes } from '../formats/areas.ts';
import {
  asObject,
  type JsonObject,
  listIn,
  objectIn,
  parseJson,
  textIn,
  textsIn,
} from '../formats/json.ts';
import { kindOfSame, kindOfWords, saysItIsATest } from '../formats/kinds.ts';
import { readCertainty, readSeverity, readUrgency } from '../formats/scales.ts';
import { identifierOf, needed, readTime, titleOf } from '../formats/values.ts';
import { type Reading, ReadingBuilder } from '../reading.ts';
import { vtecIsOver, vtecName } from './vtec.ts';

const MESSAGE_TYPES: Readonly<Record<string, MessageType>> = {
  Alert: 'alert',
  Update: 'update',
  Cancel: 'cancel',
};

/** 32 bits of FNV-1a: tells contents apart, keeps no secret. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}

/** `https://api.weather.gov/zones/forecast/MNZ062` → MNZ062. */
function zoneCodesOf(properties: JsonObject): AreaCode[] {
  const codes = new Set<string>();
  for (const url of textsIn(properties, 'affectedZones')) codes.add(url.split('/').at(-1) ?? '');
  for (const code of textsIn(objectIn(properties, 'geocode'), 'UGC')) codes.add(code);
  const known = [...codes].filter((code) => /^[A-Z]{2}[CZ]\d{3}$/.test(code));
  if (known.length > MAX_AREAS_PER_MESSAGE) {
    throw new KuraError('too_large', `an NWS alert names ${known.length} zones`);
  }
  return known.map((code) => ({ system: 'ugc', code }));
}

function zoneOf(feature: JsonObject, properties: JsonObject, outlines: Outlines): Zone {
  const codes = zoneCodesOf(properties);
  const drawn = geoJsonShapes(feature.geometry);
  const placed = drawn.length > 0 ? { shapes: drawn, unplaced: 0 } : placeCodes(codes, outlines);
  const stated = readSeverity(textIn(properties, 'severity'));
  const isOrderToLeave = textIn(properties, 'response') === 'Evacuate' && stated !== 'extreme';
  return {
    shapes: placed.shapes,
    codes,
    unplaced: placed.unplaced,
    severity: isOrderToLeave ? 'severe' : stated,
    certainty: readCertainty(textIn(properties, 'certainty')),
    urgency: readUrgency(textIn(properties, 'urgency')),
  };
}

function isExercise(properties: JsonObject): boolean {
  const words = ['event', 'headline', 'description', 'instruction'];
  return (
    textIn(properties, 'status') !== 'Actual' ||
    saysItIsATest(...words.map((name) => textIn(properties, name)))
  );
}

function readAlert(feature: JsonObject, properties: JsonObject, outlines: Outlines): Report {
  const identifier = identifierOf(textIn(properties, 'id'), 'an NWS alert');
  const type = needed(MESSAGE_TYPES[textIn(properties, 'messageType')], 'the type of an NWS alert');
  const sentMs = needed(
    readTime(textIn(properties, 'sent')),
    'the time at which an alert was sent',
  );
  const zone = zoneOf(feature, properties, outlines);
  const event = textIn(properties, 'event');
  const [same] = textsIn(objectIn(properties, 'eventCode'), 'SAME');
  const byWords = kindOfWords(event);
  const vtec = textsIn(objectIn(properties, 'parameters'), 'VTEC');
  const vtecAlias = vtecName(vtec[0] ?? '', sentMs);
  const onsetMs = readTime(textIn(properties, 'onset') || textIn(properties, 'effective'));
  // `expires` is when the message runs out, often days before the hazard ends.
  const endMs = readTime(textIn(properties, 'ends')) ?? readTime(textIn(properties, 'expires'));
  return {
    source: 'nws',
    identifier,
    // NWS says of its ids that they "don't appear to be globally unique": what it is about counts as well.
    stream: `${identifier}#${fingerprint(`${event}|${zone.codes.map(({ code }) => code).join()}`)}`,
    names: [`cap:${identifier}`, ...(vtecAlias === undefined ? [] : [vtecAlias])],
    type,
    isAllClear: textIn(properties, 'response') === 'AllClear' || vtecIsOver(vtec),
    references: listIn(properties, 'references')
      .map((reference) => textIn(asObject(reference), 'identifier'))
      .filter((reference) => reference !== ''),
    kind: byWords === 'other' ? (kindOfSame(same ?? '') ?? 'other') : byWords,
    title: titleOf(textIn(properties, 'headline'), event),
    zones: [zone],
    sentMs,
    ...(onsetMs === undefined ? {} : { onsetMs }),
    ...(endMs === undefined ? {} : { endMs }),
    isSecondHand: false,
  };
}

/** The answer of `/alerts/active`. Throws only if it is no such list at all. */
export function readNwsAlerts(bytes: Uint8Array, outlines: Outlines = NO_OUTLINES): Reading {
  const list = parseJson(bytes, 'the list of NWS alerts');
  if (!Array.isArray(list.features)) {
    throw new KuraError('corrupt', 'the list of NWS alerts has no features');
  }
  const builder = new ReadingBuilder();
  builder.items(listIn(list, 'features'), (item) => {
    const feature = needed(asObject(item), 'an NWS alert');
    const properties = needed(objectIn(feature, 'properties'), 'the properties of an NWS alert');
    if (isExercise(properties)) builder.ignore('exercise');
    else builder.add(readAlert(feature, properties, outlines));
  });
  return builder.done();
}
