// What every part of a JMA telegram's report has in common.
import type { MessageType } from '../../events/hazard-event.ts';
import type { Report } from '../../events/report.ts';
import type { Outlines } from '../formats/areas.ts';
import { titleOf } from '../formats/values.ts';
import { textAt, type XmlElement } from '../formats/xml.ts';

export interface Telegram {
  readonly head: XmlElement;
  readonly body: XmlElement;
  /** 震度速報, 津波警報・注意報・予報 …: the stream. */
  readonly infoKind: string;
  /** More than one where a tsunami has two earthquakes. */
  readonly eventIds: readonly string[];
  readonly type: MessageType;
  readonly sentMs: number;
  readonly identifier: string;
  readonly outlines: Outlines;
}

/** A report of this telegram, to be completed. */
export function reportOfTelegram(
  telegram: Telegram,
  given: Pick<Report, 'kind' | 'names' | 'zones'> & Partial<Report>,
): Report {
  const { head, infoKind, identifier, type, sentMs } = telegram;
  return {
    source: 'jma',
    identifier,
    stream: infoKind,
    type,
    isAllClear: false,
    references: [],
    title: titleOf(textAt(head, 'Title'), infoKind),
    sentMs,
    isSecondHand: false,
    ...given,
  };
}

export const namesOfIds = (ids: readonly string[]): string[] => ids.map((id) => `jma:${id}`);
