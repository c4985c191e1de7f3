// Earthquakes in JMA telegrams: origins, intensities observed or forecast by area, and the one message that
// raises the probability of an earthquake before it happens (南海トラフ地震臨時情報).
import { DAY_MS } from '@kura/base';
import type { Certainty, Severity, Zone } from '../../events/hazard-event.ts';
import type { QuakeReport, Report } from '../../events/report.ts';
import { circleShape, placeCodes } from '../formats/areas.ts';
import {
  mmiOfJma,
  plausibleDepth,
  plausibleMagnitude,
  severityOfQuake,
} from '../formats/scales.ts';
import { placeAt, readNumber, readTime, titleOf } from '../formats/values.ts';
import { childAt, childrenOf, textAt, type XmlElement } from '../formats/xml.ts';
import { namesOfIds, reportOfTelegram, type Telegram } from './jma-telegram.ts';

/** "NaN", with the words "Ｍ８を超える巨大地震" beside it: reckoned as this. */
export const MAGNITUDE_ABOVE_8 = 9;

const COORDINATE = /^([+-]\d{2}(?:\.\d{1,4})?)([+-]\d{3}(?:\.\d{1,4})?)([+-]\d{1,7})?\/$/;

/**
 * "+38.0+142.9-10000/": degrees, and metres below the sea. Tenths of a degree, so the old Tokyo datum of some
 * (450 m off) makes no difference. The form with minutes that may stand beside it is longer and passed over.
 */
export function readJmaCoordinate(text: string): Pick<QuakeReport, 'epicentre' | 'depthKm'> {
  const found = COORDINATE.exec(text.trim());
  if (found === null) return {};
  const epicentre = placeAt(readNumber(found[1] ?? ''), readNumber(found[2] ?? ''));
  const metres = readNumber(found[3] ?? '');
  const depthKm = plausibleDepth(metres === undefined ? undefined : -metres / 1000);
  return {
    ...(epicentre === undefined ? {} : { epicentre }),
    ...(depthKm === undefined ? {} : { depthKm }),
  };
}

function magnitudeOf(
  earthquake: XmlElement,
): Pick<QuakeReport, 'magnitude' | 'isMagnitudeAssumed'> {
  const element = childAt(earthquake, 'Magnitude');
  const magnitude = plausibleMagnitude(readNumber(element?.text ?? ''));
  if (magnitude !== undefined) return { magnitude };
  const words = (element?.attributes.get('description') ?? '').normalize('NFKC');
  return words.includes('M8を超える')
    ? { magnitude: MAGNITUDE_ABOVE_8, isMagnitudeAssumed: true }
    : {};
}

export function quakeOf(earthquake: XmlElement): QuakeReport {
  const area = childAt(earthquake, 'Hypocenter', 'Area');
  const places = childrenOf(area, 'Coordinate').map(({ text }) => readJmaCoordinate(text));
  const place = places.find(({ epicentre }) => epicentre !== undefined);
  const originMs = readTime(textAt(earthquake, 'OriginTime'));
  return {
    ...(originMs === undefined ? {} : { originMs }),
    ...place,
    ...magnitudeOf(earthquake),
  };
}

/** EventIDs begin with the local time at which the earthquake was noticed: 20110311144640. */
function timeOfEventId(id: string): number | undefined {
  const found = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(id);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second] = found;
  return readTime(`${year}-${month}-${day}T${hour}:${minute}:${second}+09:00`);
}

/** Which of a telegram's ids is this earthquake's: the one noticed closest to its origin. */
export function idOfQuake(ids: readonly string[], originMs: number | undefined): readonly string[] {
  if (ids.length < 2 || originMs === undefined) return ids.slice(0, 1);
  const apart = (id: string): number =>
    Math.abs((timeOfEventId(id) ?? Number.POSITIVE_INFINITY) - originMs);
  return [...ids].sort((a, b) => apart(a) - apart(b)).slice(0, 1);
}

function areaZone(area: XmlElement, intensity: string, telegram: Telegram): Zone[] {
  const mmi = mmiOfJma(intensity);
  const code = textAt(area, 'Code');
  if (mmi === undefined || !/^\d{3}$/.test(code)) return [];
  const codes = [{ system: 'jma-earthquake', code, name: textAt(area, 'Name').slice(0, 40) }];
  const certainty: Certainty = childAt(area, 'ForecastInt') === undefined ? 'observed' : 'likely';
  return [
    {
      ...placeCodes(codes, telegram.outlines),
      codes,
      severity: severityOfQuake(undefined, mmi),
      certainty,
      urgency: certainty === 'observed' ? 'past' : 'immediate',
      intensityMmi: mmi,
    },
  ];
}

/** The upper end of a forecast; "over" means that only the lower end is known. */
function forecastIntensity(area: XmlElement): string {
  const to = textAt(area, 'ForecastInt', 'To');
  return to === 'over' || to === '' ? textAt(area, 'ForecastInt', 'From') : to;
}

function intensityZones(telegram: Telegram): Zone[] {
  const intensity = childAt(telegram.body, 'Intensity');
  const areasOf = (part: string): XmlElement[] =>
    childrenOf(childAt(intensity, part), 'Pref').flatMap((pref) => childrenOf(pref, 'Area'));
  return [
    ...areasOf('Observation').flatMap((area) => areaZone(area, textAt(area, 'MaxInt'), telegram)),
    ...areasOf('Forecast').flatMap((area) => areaZone(area, forecastIntensity(area), telegram)),
  ];
}

function epicentreZone(quake: QuakeReport): Zone[] {
  if (quake.epicentre === undefined || quake.magnitude === undefined) return [];
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

// ── Nankai Trough ─────────────────────────────────────────────────────────────────────────────────

/** Phrases of the message, and how grave each is. A finding of "nothing unusual" ends the advisory. */
const NANKAI: readonly (readonly [RegExp, Severity])[] = [
  [/巨大地震警戒/, 'extreme'],
  [/巨大地震注意/, 'severe'],
  [/調査中/, 'moderate'],
];
const NANKAI_DAYS = 7;

function readNankai(telegram: Telegram): Report[] {
  const text = textAt(telegram.body, 'Text').slice(0, 2_000);
  if (!text.includes('南海トラフ地震臨時情報')) return [];
  const [, severity] = NANKAI.find(([words]) => words.test(text)) ?? [];
  const codes = [{ system: 'jma-region', code: 'nankai', name: '南海トラフ' }];
  const zone: Zone = {
    ...placeCodes(codes, telegram.outlines),
    codes,
    severity: severity ?? 'unknown',
    certainty: 'possible',
    urgency: 'future',
  };
  return [
    reportOfTelegram(telegram, {
      kind: 'earthquake',
      names: ['jma:nankai-trough'],
      title: '南海トラフ地震臨時情報',
      zones: severity === undefined ? [] : [zone],
      isAllClear: severity === undefined,
      onsetMs: telegram.sentMs,
      endMs: telegram.sentMs + NANKAI_DAYS * DAY_MS,
    }),
  ];
}

/** One report per earthquake of the telegram; intensities belong to the first. */
export function readJmaQuakes(telegram: Telegram): Report[] {
  const { body, head, eventIds } = telegram;
  const zones = intensityZones(telegram);
  const earthquakes = childrenOf(body, 'Earthquake');
  const intensities = zones.map((zone) => zone.intensityMmi ?? 0);
  const onLand = intensities.length === 0 ? {} : { maxIntensityMmi: Math.max(...intensities) };
  const title = (place: string): string => titleOf(`${textAt(head, 'Title')} ${place}`);
  if (earthquakes.length === 0) {
    if (zones.length === 0) return readNankai(telegram);
    const originMs = readTime(textAt(head, 'TargetDateTime'));
    return [
      reportOfTelegram(telegram, {
        kind: 'earthquake',
        names: namesOfIds(eventIds),
        zones,
        quake: { ...onLand },
        ...(originMs === undefined ? {} : { onsetMs: originMs }),
      }),
    ];
  }
  return earthquakes.map((element, index) => {
    const quake = { ...quakeOf(element), ...(index === 0 ? onLand : {}) };
    return reportOfTelegram(telegram, {
      kind: 'earthquake',
      names: namesOfIds(idOfQuake(eventIds, quake.originMs)),
      title: title(textAt(element, 'Hypocenter', 'Area', 'Name')),
      zones: [...epicentreZone(quake), ...(index === 0 ? zones : [])],
      quake,
      ...(quake.originMs === undefined ? {} : { onsetMs: quake.originMs }),
    });
  });
}
