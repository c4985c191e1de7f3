// Which kind of hazard a message in words is about, and whether it is meant. Agencies name their warnings
// freely; what is looked for are the words that CAP feeds, NWS and MeteoAlarm use.
import type { EventKind } from '../../events/hazard-event.ts';

/** In order: "storm surge" is a surge, "freezing rain" is winter, "tornado watch for rain bands" a tornado. */
const WORDS: readonly (readonly [EventKind, RegExp])[] = [
  ['tsunami', /tsunami|津波/],
  ['earthquake', /earthquake|\bquake|seism|sismo|séisme|terremoto|erdbeben|地震|震度/],
  ['surge', /surge|coastal ?flood|lakeshore flood|high ?tide|coastalevent|coastal event|高潮/],
  ['tornado', /tornado|waterspout|竜巻/],
  ['cyclone', /hurricane|typhoon|cyclone|tropical (?:storm|depression|disturbance)|台風/],
  ['volcano', /volcan|ash ?fall|eruption|lahar|噴火|火山|降灰/],
  ['flood', /flood|inund|inond|alluvion|hochwasser|debris flow|(?:mud|land) ?slide|洪水|土砂|浸水/],
  ['wildfire', /(?:wild|forest|bush|grass) ?fire|\bfire|red flag|incend|waldbrand|火災/],
  ['winter', /snow|blizzard|\bice\b|icing|winter|freez|frost|avalanche|sleet|cold|schnee|neige/],
  ['winter', /大雪|暴風雪|着氷/],
  ['flood', /\brain|hydrolog|大雨/],
  ['wind', /wind|gale|thunderstorm|squall|\bstorm|derecho|dust|sturm|orkan|\bvento?\b|暴風|強風/],
  ['power', /power (?:outage|failure|cut)|black ?out|electricity|停電/],
];

/** Weather at sea, and what harms people but no building. */
const ELSEWHERE =
  /small craft|hazardous seas|rip current|beach|marine|air quality|heat|high-temp|fog|rescue/;

export function kindOfWords(...texts: readonly string[]): EventKind {
  for (const text of texts) {
    const folded = text.toLowerCase();
    if (ELSEWHERE.test(folded)) return 'other';
    const found = WORDS.find(([, pattern]) => pattern.test(folded));
    if (found !== undefined) return found[0];
  }
  return 'other';
}

/** SAME codes of the US and Canada, where the words say less: "FFW". */
const SAME_KINDS: Readonly<Record<string, EventKind>> = {
  TS: 'tsunami',
  EQ: 'earthquake',
  HU: 'cyclone',
  TR: 'cyclone',
  TY: 'cyclone',
  SS: 'surge',
  CF: 'surge',
  TO: 'tornado',
  FF: 'flood',
  FL: 'flood',
  FA: 'flood',
  FR: 'wildfire',
  FW: 'wildfire',
  VO: 'volcano',
  AF: 'volcano',
  WS: 'winter',
  BZ: 'winter',
  SV: 'wind',
  HW: 'wind',
  EW: 'wind',
};

export function kindOfSame(code: string): EventKind | undefined {
  return /^[A-Z]{3}$/.test(code) ? SAME_KINDS[code.slice(0, 2)] : undefined;
}

const NOT_MEANT = [
  /\bthis is (?:only )?an? (?:test|exercise|drill)\b/i,
  /\bnot a real (?:alert|event|warning|emergency)\b/i,
  /\b(?:test|exercise) message\b/i,
  /これは訓練|訓練です|テスト電文|配信テスト|これは試験/,
];

/** Some drills and proxies say `Actual` in the field and "this is a test" in words. */
export function saysItIsATest(...texts: readonly string[]): boolean {
  return texts.some((text) => NOT_MEANT.some((pattern) => pattern.test(text)));
}
