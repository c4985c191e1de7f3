// Weather warnings, landslide warnings and volcanoes of JMA. A telegram of warnings is the whole state of
// its office: what it does not name is lifted, said by an all-clear for every kind that is absent.
import type { AreaCode, EventKind, Severity, Zone } from '../../events/hazard-event.ts';
import type { Report } from '../../events/report.ts';
import { MAX_AREAS_PER_MESSAGE } from '../fetch/limits.ts';
import { placeCodes } from '../formats/areas.ts';
import { kindOfWords } from '../formats/kinds.ts';
import { childAt, childrenOf, textAt, type XmlElement } from '../formats/xml.ts';
import { reportOfTelegram, type Telegram } from './jma-telegram.ts';

const WARNED_KINDS = ['flood', 'surge', 'wind', 'winter'] as const satisfies readonly EventKind[];
const LIFTED = /解除|なし/;
/** The finest division that a telegram gives. */
const BY_MUNICIPALITY = /（市町村等）|土砂災害警戒情報/;

function severityOfWarning(name: string): Severity {
  if (/特別警報/.test(name)) return 'extreme';
  if (/警報|警戒/.test(name)) return 'severe';
  return 'minor';
}

/** Municipalities have seven figures, of which the first two are the prefecture. */
function codeOf(area: XmlElement | undefined): AreaCode | undefined {
  const code = textAt(area, 'Code');
  if (!/^\d{6,7}$/.test(code)) return undefined;
  return { system: 'jma-municipality', code, name: textAt(area, 'Name').slice(0, 40) };
}

interface Warned {
  readonly kind: EventKind;
  readonly severity: Severity;
  readonly code: AreaCode;
}

function warnedIn(item: XmlElement, subject: string): Warned[] {
  const code = codeOf(childAt(item, 'Area'));
  if (code === undefined) return [];
  return childrenOf(item, 'Kind').flatMap((element): Warned[] => {
    const name = textAt(element, 'Name');
    if (name === '' || LIFTED.test(textAt(element, 'Status')) || LIFTED.test(name)) return [];
    return [{ kind: kindOfWords(name, subject), severity: severityOfWarning(name), code }];
  });
}

function zonesOf(warned: readonly Warned[], telegram: Telegram): Zone[] {
  const bySeverity = Map.groupBy(warned, ({ severity }) => severity);
  return [...bySeverity].map(([severity, group]): Zone => {
    const codes = group.slice(0, MAX_AREAS_PER_MESSAGE).map(({ code }) => code);
    return {
      ...placeCodes(codes, telegram.outlines),
      codes,
      severity,
      certainty: 'likely',
      urgency: 'expected',
    };
  });
}

/** One report per kind of warning that an office may give; those it does not give are all-clears. */
export function readJmaWarnings(telegram: Telegram): Report[] {
  const { body, head, infoKind } = telegram;
  // 福島県気象警報・注意報: the prefecture or part of it, always the same.
  const subject = textAt(head, 'Title').slice(0, 100);
  const tables = childrenOf(body, 'Warning');
  const table = tables.find((each) => BY_MUNICIPALITY.test(each.attributes.get('type') ?? ''));
  if (table === undefined) return [];
  const warned = childrenOf(table, 'Item').flatMap((item) => warnedIn(item, infoKind));
  return WARNED_KINDS.map((kind) => {
    const zones = zonesOf(
      warned.filter((each) => each.kind === kind),
      telegram,
    );
    return reportOfTelegram(telegram, {
      kind,
      names: [`jma:${subject}`],
      zones,
      isAllClear: zones.length === 0,
    });
  });
}

function severityOfEruption(name: string): Severity {
  if (/居住地域|噴火警報$|避難/.test(name)) return 'extreme';
  if (/噴火$|噴火警報|高齢者/.test(name)) return 'severe';
  return /入山規制|火口周辺/.test(name) ? 'moderate' : 'minor';
}

/** Volcanoes go by their number; their area is the municipalities that the telegram names. */
export function readJmaVolcano(telegram: Telegram): Report[] {
  const items = childrenOf(telegram.body, 'VolcanoInfo').flatMap((info) =>
    childrenOf(info, 'Item'),
  );
  const areasOf = (item: XmlElement): XmlElement[] =>
    childrenOf(item, 'Areas').flatMap((areas) => childrenOf(areas, 'Area'));
  const volcano = items.flatMap(areasOf).find((area) => /^\d{3}$/.test(textAt(area, 'Code')));
  if (volcano === undefined) return [];
  const kind = textAt(items[0], 'Kind', 'Name');
  const codes = items
    .flatMap(areasOf)
    .flatMap((area) => codeOf(area) ?? [])
    .slice(0, MAX_AREAS_PER_MESSAGE);
  const zone: Zone = {
    ...placeCodes(codes, telegram.outlines),
    codes,
    severity: severityOfEruption(kind),
    certainty: 'observed',
    urgency: 'immediate',
  };
  return [
    reportOfTelegram(telegram, {
      kind: 'volcano',
      names: [`jma:volcano/${textAt(volcano, 'Code')}`],
      title: `${textAt(volcano, 'Name')} ${kind}`.slice(0, 100),
      zones: [zone],
      isAllClear: LIFTED.test(kind),
    }),
  ];
}
