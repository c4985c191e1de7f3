// CAP 1.2 (OASIS), and the 1.1 and 1.0 that are still about: one alert to one report per kind of hazard.
// Alerts are found wherever they are embedded: alone, in an Atom entry, in an EDXL envelope. Signatures are
// passed over: they are neither checked nor believed (docs/design/hazards.md).
import { KuraError } from '@kura/base';
import type {
  AreaCode,
  EventKind,
  EventSource,
  MessageType,
  Severity,
  Shape,
  Zone,
} from '../../events/hazard-event.ts';
import type { QuakeReport, Report } from '../../events/report.ts';
import { MAX_AREAS_PER_MESSAGE } from '../fetch/limits.ts';
import type { ReadingBuilder } from '../reading.ts';
import { vtecName } from '../sources/vtec.ts';
import { NO_OUTLINES, type Outlines, placeCodes, readCircle, readPolygon } from './areas.ts';
import { kindOfSame, kindOfWords, saysItIsATest } from './kinds.ts';
import {
  plausibleDepth,
  plausibleMagnitude,
  readCertainty,
  readSeverity,
  readUrgency,
  severityOfQuake,
} from './scales.ts';
import {
  identifierOf,
  leadingNumber,
  needed,
  placeAt,
  readNumber,
  readTime,
  titleOf,
} from './values.ts';
import { childrenOf, descendantsOf, textAt, type XmlElement } from './xml.ts';

export interface CapOptions {
  readonly source?: EventSource;
  readonly outlines?: Outlines;
}

const NATURAL = new Set(['geo', 'met', 'fire', 'env', 'infra', 'safety', 'other', '']);
const MESSAGE_TYPES: Readonly<Record<string, MessageType>> = {
  alert: 'alert',
  update: 'update',
  cancel: 'cancel',
};

/** Values of `<parameter>`, `<eventCode>` or `<geocode>` by their (last part of the) name. */
function pairsOf(element: XmlElement, name: string): Map<string, string[]> {
  const pairs = new Map<string, string[]>();
  for (const pair of childrenOf(element, name)) {
    const key = textAt(pair, 'valueName');
    pairs.set(key, [...(pairs.get(key) ?? []), textAt(pair, 'value')]);
  }
  return pairs;
}

/** Alerts of a document, whatever they are wrapped in; those that an Atom feed holds outside of entries are foreign. */
export function capAlertsIn(root: XmlElement): XmlElement[] {
  if (root.name === 'alert') return [root];
  if (root.name !== 'feed') return descendantsOf(root, 'alert');
  return childrenOf(root, 'entry').flatMap((entry) => descendantsOf(entry, 'alert'));
}

/** "sender,identifier,sent" triples; the sender is no part of the identity, real ones differ in it. */
function readReferences(text: string): string[] {
  return text
    .split(/\s+/)
    .map((triple) => triple.split(','))
    .flatMap((parts) => (parts.length >= 3 ? [parts.slice(1, -1).join(',')] : []))
    .filter((identifier) => identifier !== '');
}

/** One language of those that say the same thing: English if it is there, else the first. */
function infosOfOneLanguage(alert: XmlElement): XmlElement[] {
  const infos = childrenOf(alert, 'info');
  const languageOf = (info: XmlElement): string =>
    (textAt(info, 'language') || 'en-US').toLowerCase().slice(0, 2);
  const languages = infos.map(languageOf);
  const chosen = languages.includes('en') ? 'en' : languages[0];
  return infos.filter((info) => languageOf(info) === chosen);
}

function kindOfInfo(info: XmlElement): EventKind {
  const codes = pairsOf(info, 'eventCode');
  const same = codes
    .get('SAME')
    ?.map(kindOfSame)
    .find((kind) => kind !== undefined);
  const awareness = pairsOf(info, 'parameter').get('awareness_type') ?? [];
  const byWords = kindOfWords(textAt(info, 'event'), ...awareness, ...[...codes.values()].flat());
  return byWords === 'other' ? (same ?? 'other') : byWords;
}

function isNatural(info: XmlElement): boolean {
  const categories = childrenOf(info, 'category').map((each) => each.text.trim().toLowerCase());
  return categories.length === 0 || categories.some((category) => NATURAL.has(category));
}

/** An order to leave is severe, whatever a country's scale of severity means by "Minor". */
function severityOfInfo(info: XmlElement): Severity {
  const stated = readSeverity(textAt(info, 'severity'));
  const isOrderToLeave = childrenOf(info, 'responseType').some(
    (response) => response.text.trim() === 'Evacuate',
  );
  return isOrderToLeave && stated !== 'extreme' ? 'severe' : stated;
}

/** Where a name of a code comes with its authority: "profile:CAP-CP:Location:0.3". */
const CODE_SYSTEMS: Readonly<Record<string, string>> = {
  UGC: 'ugc',
  SAME: 'same',
  FIPS6: 'same',
  EMMA_ID: 'emma',
};

function codesOf(area: XmlElement): AreaCode[] {
  const codes: AreaCode[] = [];
  for (const [name, values] of pairsOf(area, 'geocode')) {
    for (const code of values.flatMap((value) => value.split(/\s+/))) {
      if (code !== '') codes.push({ system: CODE_SYSTEMS[name] ?? name.slice(0, 100), code });
    }
  }
  return codes;
}

class AlertReader {
  readonly #alert: XmlElement;
  readonly #identifier: string;
  readonly #builder: ReadingBuilder;
  readonly #outlines: Outlines;

  constructor(alert: XmlElement, builder: ReadingBuilder, outlines: Outlines) {
    this.#alert = alert;
    this.#identifier = identifierOf(textAt(alert, 'identifier'), 'a CAP alert');
    this.#builder = builder;
    this.#outlines = outlines;
  }

  read(source: EventSource): void {
    const infos = infosOfOneLanguage(this.#alert);
    const natural = infos.filter(isNatural);
    const type = MESSAGE_TYPES[textAt(this.#alert, 'msgType').toLowerCase()];
    if (this.#isExercise(infos)) this.#builder.ignore('exercise');
    // Ack and Error are about messages, not about the world; a cancel may come without a word of it.
    else if (type === undefined || (natural.length === 0 && type !== 'cancel')) {
      this.#builder.ignore('not_natural');
    } else {
      const kinds = Map.groupBy(natural, kindOfInfo);
      if (kinds.size === 0) kinds.set('other', []);
      for (const [kind, group] of kinds) this.#builder.add(this.#report(source, type, kind, group));
    }
  }

  #isExercise(infos: readonly XmlElement[]): boolean {
    const words = ['event', 'headline', 'description', 'instruction'];
    const texts = infos.flatMap((info) => words.map((name) => textAt(info, name)));
    return (
      textAt(this.#alert, 'status') !== 'Actual' ||
      saysItIsATest(textAt(this.#alert, 'note'), ...texts)
    );
  }

  #report(
    source: EventSource,
    type: MessageType,
    kind: EventKind,
    infos: readonly XmlElement[],
  ): Report {
    const alert = this.#alert;
    const sentMs = needed(
      readTime(textAt(alert, 'sent')),
      'the time at which a CAP alert was sent',
    );
    const parameters = new Map(infos.flatMap((info) => [...pairsOf(info, 'parameter')]));
    const first = (name: string): string => parameters.get(name)?.[0] ?? '';
    const onsets = infos.map((info) =>
      readTime(textAt(info, 'onset') || textAt(info, 'effective')),
    );
    const onset = onsets.filter((time) => time !== undefined).sort((a, b) => a - b)[0];
    const ends = infos.map((info) => readTime(textAt(info, 'expires')));
    const end = ends.filter((time) => time !== undefined).sort((a, b) => b - a)[0];
    const quake = kind === 'earthquake' ? quakeOf(infos, first) : undefined;
    const cause = kind === 'tsunami' ? causeOf(first) : undefined;
    const names = [`cap:${this.#identifier}`];
    const key = first('EventIDKey');
    if (key !== '') names.push(`usgs:${key.toLowerCase().slice(0, 100)}`);
    const vtec = vtecName(first('VTEC') || first('NWSVTEC'), sentMs);
    if (vtec !== undefined) names.push(vtec);
    const [info] = infos;
    return {
      source,
      identifier: this.#identifier,
      stream: `${this.#identifier}/${kind}`,
      names,
      type,
      isAllClear: infos.length > 0 && infos.every(isAllClear),
      references: readReferences(textAt(alert, 'references')),
      kind,
      title: titleOf(textAt(info, 'headline'), textAt(info, 'event'), this.#identifier),
      zones: infos.flatMap((each) => this.#zonesOf(each, kind, quake)),
      sentMs,
      ...(onset === undefined ? {} : { onsetMs: onset }),
      ...(end === undefined ? {} : { endMs: end }),
      ...(quake === undefined ? {} : { quake }),
      ...(cause === undefined ? {} : { cause }),
      isSecondHand: false,
    };
  }

  #zonesOf(info: XmlElement, kind: EventKind, quake: QuakeReport | undefined): Zone[] {
    const areas = childrenOf(info, 'area');
    if (areas.length > MAX_AREAS_PER_MESSAGE) {
      throw new KuraError('too_large', `a CAP alert has ${areas.length} areas`);
    }
    const stated = severityOfInfo(info);
    const severity =
      kind === 'earthquake' && stated === 'unknown'
        ? severityOfQuake(quake?.magnitude, undefined)
        : stated;
    return areas.map((area): Zone => {
      const codes = codesOf(area);
      const drawn = [
        ...this.#shapes(area, 'polygon', readPolygon),
        ...this.#shapes(area, 'circle', readCircle),
      ];
      const placed =
        drawn.length > 0 ? { shapes: drawn, unplaced: 0 } : placeCodes(codes, this.#outlines);
      return {
        shapes: placed.shapes,
        codes,
        unplaced: placed.unplaced,
        severity,
        certainty: readCertainty(textAt(info, 'certainty')),
        urgency: readUrgency(textAt(info, 'urgency')),
      };
    });
  }

  /** Those that can be read; the others are problems of their own. */
  #shapes(area: XmlElement, name: string, read: (text: string) => Shape): Shape[] {
    const shapes: Shape[] = [];
    for (const { text } of childrenOf(area, name)) {
      if (text.trim() === '') continue;
      this.#builder.part(this.#identifier, () => shapes.push(read(text)));
    }
    return shapes;
  }
}

/** An all-clear may come as an update: nothing to fear, and it lies in the past. */
function isAllClear(info: XmlElement): boolean {
  const isClear = childrenOf(info, 'responseType').some(({ text }) => text.trim() === 'AllClear');
  return isClear && textAt(info, 'urgency') !== 'Immediate';
}

/** USGS put magnitude, depth and origin into parameters, the epicentre into a circle of radius 0. */
function quakeOf(
  infos: readonly XmlElement[],
  parameter: (name: string) => string,
): QuakeReport | undefined {
  const magnitude = plausibleMagnitude(readNumber(parameter('Magnitude')));
  const originMs = readTime(parameter('EventTime'));
  const depthKm = plausibleDepth(leadingNumber(parameter('Depth')));
  const [info] = infos;
  const circle = info === undefined ? '' : (descendantsOf(info, 'circle')[0]?.text ?? '');
  const [lat, lon] = (circle.trim().split(/\s+/)[0] ?? '').split(',');
  const epicentre = placeAt(readNumber(lat ?? ''), readNumber(lon ?? ''));
  if (magnitude === undefined && epicentre === undefined) return undefined;
  return {
    ...(originMs === undefined ? {} : { originMs }),
    ...(epicentre === undefined ? {} : { epicentre }),
    ...(magnitude === undefined ? {} : { magnitude }),
    ...(depthKm === undefined ? {} : { depthKm }),
  };
}

/** The tsunami centres of the US name the earthquake: "51.800,-171.400 0.000". */
function causeOf(parameter: (name: string) => string): Report['cause'] {
  const originMs = readTime(parameter('EventOriginTime'));
  const [lat, lon] = (parameter('EventLatLon').trim().split(/\s+/)[0] ?? '').split(',');
  const epicentre = placeAt(readNumber(lat ?? ''), readNumber(lon ?? ''));
  return originMs === undefined || epicentre === undefined ? undefined : { originMs, epicentre };
}

/** Reads one `<alert>` element into the builder. Throws what is wrong with it as a whole. */
export function readCapAlert(
  alert: XmlElement,
  builder: ReadingBuilder,
  options: CapOptions = {},
): void {
  const { source = 'cap', outlines = NO_OUTLINES } = options;
  new AlertReader(alert, builder, outlines).read(source);
}
