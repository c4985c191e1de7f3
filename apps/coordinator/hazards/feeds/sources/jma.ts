// Telegrams of the Japan Meteorological Agency (気象庁防災情報XML): earthquakes, tsunami, weather warnings,
// volcanoes. A telegram replaces the whole state of its kind for its event; a withdrawn early warning says
// nothing about what was observed, which is why every kind of telegram is a stream of its own.
import type { Report } from '../../events/report.ts';
import { NO_OUTLINES, type Outlines } from '../formats/areas.ts';
import { kindOfWords, saysItIsATest } from '../formats/kinds.ts';
import { identifierOf, needed, readTime } from '../formats/values.ts';
import { childAt, parseXml, textAt, type XmlElement } from '../formats/xml.ts';
import { type Reading, ReadingBuilder } from '../reading.ts';
import { readJmaQuakes } from './jma-quake.ts';
import { namesOfIds, reportOfTelegram, type Telegram } from './jma-telegram.ts';
import { readJmaTsunami } from './jma-tsunami.ts';
import { readJmaVolcano, readJmaWarnings } from './jma-warning.ts';

const MAX_EVENT_IDS = 8;

function eventIdsOf(text: string): string[] {
  const ids = text.split(/\s+/).filter((id) => id !== '');
  return ids.slice(0, MAX_EVENT_IDS).map((id) => identifierOf(id, 'a JMA telegram'));
}

function telegramOf(root: XmlElement, outlines: Outlines): Telegram {
  const control = childAt(root, 'Control');
  const head = needed(childAt(root, 'Head'), 'the head of a JMA telegram');
  const body = needed(childAt(root, 'Body'), 'the body of a JMA telegram');
  const infoKind = identifierOf(textAt(head, 'InfoKind'), 'the kind of a JMA telegram');
  const eventIds = eventIdsOf(textAt(head, 'EventID'));
  const sent = readTime(textAt(control, 'DateTime')) ?? readTime(textAt(head, 'ReportDateTime'));
  const sentMs = needed(sent, 'the time of a JMA telegram');
  return {
    head,
    body,
    infoKind,
    eventIds,
    type: textAt(head, 'InfoType') === '取消' ? 'cancel' : 'update',
    sentMs,
    identifier: `${infoKind}/${eventIds.join('+')}/${textAt(head, 'Serial').slice(0, 20)}@${sentMs}`,
    outlines,
  };
}

/** A withdrawn telegram has no content; what it withdraws follows from its kind. */
function withdrawals(telegram: Telegram): Report[] {
  const { infoKind, eventIds } = telegram;
  const names = namesOfIds(eventIds);
  const kind = kindOfWords(infoKind);
  const seismic = kind === 'tsunami' ? (['tsunami', 'earthquake'] as const) : ([kind] as const);
  const kinds = kind === 'other' || kind === 'power' ? (['earthquake'] as const) : seismic;
  return kinds.map((each) => reportOfTelegram(telegram, { kind: each, names, zones: [] }));
}

function isExercise(root: XmlElement): boolean {
  const texts = [
    ['Control', 'Title'],
    ['Head', 'Title'],
    ['Head', 'Headline', 'Text'],
    ['Body', 'Text'],
  ].map((path) => textAt(root, ...path));
  return textAt(root, 'Control', 'Status') !== '通常' || saysItIsATest(...texts);
}

/** Reports of one telegram's root element. */
export function readJmaReport(
  root: XmlElement,
  builder: ReadingBuilder,
  outlines: Outlines = NO_OUTLINES,
): void {
  if (isExercise(root)) {
    builder.ignore('exercise');
    return;
  }
  const telegram = telegramOf(root, outlines);
  const reports =
    telegram.type === 'cancel'
      ? withdrawals(telegram)
      : [
          ...readJmaQuakes(telegram),
          ...readJmaTsunami(telegram),
          ...readJmaWarnings(telegram),
          ...readJmaVolcano(telegram),
        ];
  if (reports.length === 0) builder.ignore('other_kind');
  builder.add(...reports);
}

export function readJmaTelegram(bytes: Uint8Array, outlines: Outlines = NO_OUTLINES): Reading {
  const builder = new ReadingBuilder();
  readJmaReport(parseXml(bytes, { noun: 'the JMA telegram' }), builder, outlines);
  return builder.done();
}
