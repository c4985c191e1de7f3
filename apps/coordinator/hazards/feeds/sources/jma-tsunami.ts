// Tsunami warnings of JMA: per coast a grade, a height and a time. Coasts that are not named any more, or
// named with a lifted grade, are no longer warned; a telegram that leaves none is the all-clear.
import type { Severity, Zone } from '../../events/hazard-event.ts';
import type { Report } from '../../events/report.ts';
import { placeCodes } from '../formats/areas.ts';
import { readNumber, readTime } from '../formats/values.ts';
import { childAt, childrenOf, textAt, type XmlElement } from '../formats/xml.ts';
import { quakeOf } from './jma-quake.ts';
import { namesOfIds, reportOfTelegram, type Telegram } from './jma-telegram.ts';

/** 大津波警報, 津波警報, 津波注意報. The others are forecasts of harmless changes, or lifted. */
const GRADES: Readonly<Record<string, Severity>> = {
  '52': 'extreme',
  '53': 'extreme',
  '51': 'severe',
  '62': 'moderate',
};
/** Where the height is "巨大" or "高い", because nobody can say how large an earthquake of 8 or more is yet. */
const HEIGHT_IN_WORDS: Readonly<Record<string, number>> = { 巨大: 10, 高い: 3 };
const MAX_HEIGHT_M = 100;

function heightOf(item: XmlElement): number | undefined {
  const element = childAt(item, 'MaxHeight', 'TsunamiHeight');
  const height = readNumber(element?.text ?? '');
  if (height !== undefined) return height >= 0 && height <= MAX_HEIGHT_M ? height : undefined;
  const words = element?.attributes.get('description') ?? '';
  return Object.hasOwn(HEIGHT_IN_WORDS, words) ? HEIGHT_IN_WORDS[words] : undefined;
}

function coastZone(item: XmlElement, telegram: Telegram): Zone[] {
  const grade = textAt(item, 'Category', 'Kind', 'Code');
  const severity = Object.hasOwn(GRADES, grade) ? GRADES[grade] : undefined;
  const code = textAt(item, 'Area', 'Code');
  if (severity === undefined || !/^\d{3}$/.test(code)) return [];
  const codes = [{ system: 'jma-tsunami', code, name: textAt(item, 'Area', 'Name').slice(0, 40) }];
  const heightM = heightOf(item);
  const onsetMs = readTime(textAt(item, 'FirstHeight', 'ArrivalTime'));
  const hasArrived = textAt(item, 'FirstHeight', 'Condition') !== '';
  return [
    {
      ...placeCodes(codes, telegram.outlines),
      codes,
      severity,
      certainty: hasArrived ? 'observed' : 'likely',
      urgency: 'immediate',
      ...(heightM === undefined ? {} : { heightM }),
      ...(onsetMs === undefined ? {} : { onsetMs }),
    },
  ];
}

/** Warnings are this kind of telegram's alone; 津波情報 repeats them, and is never lifted by itself. */
const WARNINGS = '津波警報';

export function readJmaTsunami(telegram: Telegram): Report[] {
  const { body, eventIds, infoKind } = telegram;
  if (!infoKind.startsWith(WARNINGS)) return [];
  const forecast = childAt(body, 'Tsunami', 'Forecast');
  if (forecast === undefined) return [];
  const zones = childrenOf(forecast, 'Item').flatMap((item) => coastZone(item, telegram));
  const [earthquake] = childrenOf(body, 'Earthquake');
  const { originMs, epicentre } = earthquake === undefined ? {} : quakeOf(earthquake);
  const cause =
    originMs === undefined || epicentre === undefined ? undefined : { originMs, epicentre };
  return [
    reportOfTelegram(telegram, {
      kind: 'tsunami',
      names: namesOfIds(eventIds),
      zones,
      isAllClear: zones.length === 0,
      ...(originMs === undefined ? {} : { onsetMs: originMs }),
      ...(cause === undefined ? {} : { cause }),
    }),
  ];
}
