// The checks of a manifest, in eleven kinds: what must be true of what happened. They are read strictly, because a
// check that is misread proves nothing.

import { listedCities } from '../../placement/cities.ts';
import { WIND_KT, type WindKt } from '../events/hazard-event.ts';
import type { Outcome } from '../risk/predictions.ts';
import { Fields, wrong } from './fields.ts';

/** Packs that a check is about: all, or those that meet every one of these. */
export interface PackChoice {
  readonly text: string;
  /** With a copy at one of them when the replay began. */
  readonly at: readonly string[] | undefined;
  readonly level: number | undefined;
  readonly member: string | undefined;
}

interface CheckOf<Kind extends string> {
  readonly id: string;
  readonly kind: Kind;
}

export interface CopyAdded extends CheckOf<'copy_added'> {
  readonly packs: PackChoice;
  readonly byMs: number;
  readonly notAt: readonly string[];
  readonly notInPowerArea: readonly string[];
}

export interface CopyKept extends CheckOf<'copy_kept'> {
  readonly site: string;
  readonly untilMs: number;
}

export interface NoCopyPlacedIn extends CheckOf<'no_copy_placed_in'> {
  readonly powerArea: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface NoMoveFrom extends CheckOf<'no_move_from'> {
  readonly site: string;
}

export interface MovesComplete extends CheckOf<'moves_complete'> {
  readonly byMs: number;
}

export interface RiskNotLower extends CheckOf<'risk_not_lower'> {
  readonly site: string;
  readonly outcome: Outcome;
  readonly atMs: number;
  readonly thanAtMs: number;
}

export interface RiskAboveBase extends CheckOf<'risk_above_base'> {
  readonly site: string;
  readonly outcome: Outcome;
  readonly untilMs: number;
}

export interface ProbabilityBetween extends CheckOf<'probability_between'> {
  readonly site: string;
  readonly windKt: WindKt;
  /** Undefined: always. */
  readonly atMs: number | undefined;
  readonly min: number;
  readonly max: number;
}

export interface EventMagnitudeAtLeast extends CheckOf<'event_magnitude_at_least'> {
  readonly event: string;
  readonly value: number;
}

export interface NeverCountsAsIndependent extends CheckOf<'never_counts_as_independent'> {
  readonly sites: readonly [string, string];
}

export interface NoActiveEventAfter extends CheckOf<'no_active_event_after'> {
  readonly atMs: number;
}

export type Check =
  | CopyAdded
  | CopyKept
  | NoCopyPlacedIn
  | NoMoveFrom
  | MovesComplete
  | RiskNotLower
  | RiskAboveBase
  | ProbabilityBetween
  | EventMagnitudeAtLeast
  | NeverCountsAsIndependent
  | NoActiveEventAfter;

const OUTCOMES = ['lost', 'unreachable'] as const satisfies readonly Outcome[];
const ANY_NUMBER = { least: 0, most: 1 } as const;
const MAGNITUDES = { least: -2, most: 12 } as const;

/** What a check names, for those who know which sites there are. */
interface Readers {
  readonly fields: Fields;
  /** A site of the manifest. */
  readonly site: (name: string) => string;
  readonly id: string;
}

type Reader = (readers: Readers) => Check;

const READERS: Readonly<Record<Check['kind'], Reader>> = {
  copy_added: ({ fields, id }) => ({
    id,
    kind: 'copy_added',
    packs: readPackChoice(fields),
    byMs: fields.time('by'),
    notAt: fields.texts('not_at'),
    notInPowerArea: fields.texts('not_in_power_area'),
  }),
  copy_kept: ({ fields, id, site }) => ({
    ...{ id, kind: 'copy_kept', site: site('site'), untilMs: fields.time('until') },
  }),
  no_copy_placed_in: ({ fields, id }) => ({
    ...{ id, kind: 'no_copy_placed_in', powerArea: fields.text('power_area') },
    ...{ fromMs: fields.time('from'), toMs: fields.time('to') },
  }),
  no_move_from: ({ id, site }) => ({ id, kind: 'no_move_from', site: site('site') }),
  moves_complete: ({ fields, id }) => ({ id, kind: 'moves_complete', byMs: fields.time('by') }),
  risk_not_lower: ({ fields, id, site }) => ({
    ...{ id, kind: 'risk_not_lower', site: site('site') },
    outcome: fields.oneOf('outcome', OUTCOMES),
    atMs: fields.time('at'),
    thanAtMs: fields.time('than_at'),
  }),
  risk_above_base: ({ fields, id, site }) => ({
    ...{ id, kind: 'risk_above_base', site: site('site') },
    outcome: fields.oneOf('outcome', OUTCOMES),
    untilMs: fields.time('until'),
  }),
  probability_between: ({ fields, id, site }) => ({
    ...{ id, kind: 'probability_between', site: site('site') },
    windKt: fields.oneOf('wind_kt', WIND_KT),
    atMs: fields.text('at') === '*' ? undefined : fields.time('at'),
    min: fields.number('min', ANY_NUMBER),
    max: fields.number('max', ANY_NUMBER),
  }),
  event_magnitude_at_least: ({ fields, id }) => ({
    ...{ id, kind: 'event_magnitude_at_least', event: fields.text('event') },
    value: fields.number('value', MAGNITUDES),
  }),
  never_counts_as_independent: ({ fields, id }) => ({
    ...{ id, kind: 'never_counts_as_independent', sites: readPair(fields) },
  }),
  no_active_event_after: ({ fields, id }) => ({
    ...{ id, kind: 'no_active_event_after', atMs: fields.time('at') },
  }),
};

export const CHECK_KINDS = Object.keys(READERS) as readonly Check['kind'][];

export interface ReadChecks {
  readonly checks: readonly Check[];
  /** Fields that nobody looks at. */
  readonly unknown: readonly string[];
}

/** Throws `usage` for the first check that makes no sense. */
export function readChecks(list: readonly unknown[], sites: ReadonlySet<string>): ReadChecks {
  const checks: Check[] = [];
  const unknown: string[] = [];
  const ids = new Set<string>();
  for (const [index, value] of list.entries()) {
    const fields = new Fields(value, `checks[${index}]`);
    const site = (name: string): string => knownSite(fields, name, sites);
    const id = fields.text('id');
    if (ids.has(id)) throw wrong(fields.at('id'), `is the second check "${id}"`);
    ids.add(id);
    const check = READERS[fields.oneOf('type', CHECK_KINDS)]({ fields, site, id });
    checkSites(check, fields, sites);
    fields.prose('note', 'comment', 'description', 'why');
    unknown.push(...fields.unknown());
    checks.push(check);
  }
  return { checks, unknown };
}

function knownSite(fields: Fields, name: string, sites: ReadonlySet<string>): string {
  const site = fields.text(name);
  if (sites.has(site)) return site;
  throw wrong(fields.at(name), `names no site of the manifest: "${site}"`);
}

function checkSites(check: Check, fields: Fields, sites: ReadonlySet<string>): void {
  const named =
    check.kind === 'copy_added'
      ? [...check.notAt, ...(check.packs.at ?? [])]
      : check.kind === 'never_counts_as_independent'
        ? check.sites
        : [];
  const stranger = named.find((site) => !sites.has(site) && !isListedCity(site));
  if (stranger !== undefined)
    throw wrong(fields.path, `names no site of the manifest: "${stranger}"`);
  const isBackwards =
    (check.kind === 'no_copy_placed_in' && check.fromMs > check.toMs) ||
    (check.kind === 'probability_between' && check.min > check.max);
  if (isBackwards) throw wrong(fields.path, 'begins after it ends');
}

/** A network file may have stores in cities that the manifest does not name. */
const isListedCity = (site: string): boolean => listedCities().some(({ city }) => city === site);

function readPair(fields: Fields): readonly [string, string] {
  const [one, other, ...more] = fields.texts('sites');
  if (one !== undefined && other !== undefined && one !== other && more.length === 0) {
    return [one, other];
  }
  throw wrong(fields.at('sites'), 'must name two different sites');
}

const CHOICE_HEAD = /^(?:(?:every|all|each) )?packs?(?= |$)/;
/** Each at most once, in any order. */
const CHOICE_CLAUSES = {
  member: /^ of member (\S+)/,
  level: /^ of level ([123])(?= |$)/,
  at: /^ with (?:a copy|copies) (?:at|in) (.+?)(?= of (?:member|level) |$)/,
} as const;
type Clause = keyof typeof CHOICE_CLAUSES;

/** "every pack with a copy at sendai", "every pack of level 3", "every pack of member ann with a copy at a or b". */
function readPackChoice(fields: Fields): PackChoice {
  const text = fields.optionalText('for') ?? 'every pack';
  const said = clausesIn(text);
  if (said === undefined) {
    const forms =
      '"every pack", "… of member NAME", "… of level N", "… with a copy at SITE or SITE"';
    throw wrong(fields.at('for'), `is not understood; these are: ${forms}`);
  }
  const { member, level, at } = said;
  return {
    text,
    at: at?.split(/,\s*(?:or |and )?|\s+(?:or|and)\s+/),
    level: level === undefined ? undefined : Number(level),
    member,
  };
}

/** Undefined for a text that is not wholly understood. */
function clausesIn(text: string): Partial<Record<Clause, string>> | undefined {
  const said: Partial<Record<Clause, string>> = {};
  const head = CHOICE_HEAD.exec(text);
  let rest = head === null ? undefined : text.slice(head[0].length);
  while (rest !== undefined && rest !== '') {
    let next: string | undefined;
    for (const clause of Object.keys(CHOICE_CLAUSES) as Clause[]) {
      const found = said[clause] === undefined ? CHOICE_CLAUSES[clause].exec(rest) : null;
      if (found === null) continue;
      said[clause] = found[1] ?? '';
      next = rest.slice(found[0].length);
      break;
    }
    rest = next;
  }
  return rest === undefined ? undefined : said;
}
