// Checks about what the network believed.

import type { HazardEvent } from '../events/hazard-event.ts';
import { WIND_KT } from '../events/hazard-event.ts';
import type {
  EventMagnitudeAtLeast,
  NeverCountsAsIndependent,
  NoActiveEventAfter,
  ProbabilityBetween,
  RiskAboveBase,
  RiskNotLower,
} from './check.ts';
import { type History, type Look, lookAt } from './history.ts';
import { fails, holds, type Judgement, timeText } from './judgement.ts';

/** Sums of the same terms in another order differ by about this. */
const ROUNDING = 1e-12;
/** Aftershocks become rarer by the minute: what nothing but time has lowered so little was not lowered. */
const FADING = 0.02;

const percent = (probability: number): string =>
  probability === 0 || probability >= 1e-3
    ? `${(100 * probability).toFixed(2)} %`
    : probability.toExponential(2);

function riskOf(look: Look | undefined, site: string, outcome: 'lost' | 'unreachable') {
  return look?.risks.get(site)?.[outcome];
}

export function judgeRiskNotLower(check: RiskNotLower, history: History): Judgement {
  const { site, outcome, atMs, thanAtMs } = check;
  const [now, then] = [atMs, thanAtMs].map((timeMs) =>
    riskOf(lookAt(history, timeMs), site, outcome),
  );
  if (now === undefined || then === undefined) {
    const early = timeText(now === undefined ? atMs : thanAtMs);
    return fails(`the network had not looked at ${site} by ${early}`);
  }
  const why = `${outcome} at ${site}: ${percent(now)} at ${timeText(atMs)}, ${percent(then)} at ${timeText(thanAtMs)}`;
  return now >= then * (1 - FADING) - ROUNDING ? holds(why) : fails(why);
}

/** From the first look that knows of any event, and before that time: what ends then may end its risk. */
export function judgeRiskAboveBase(check: RiskAboveBase, history: History): Judgement {
  const { site, outcome, untilMs } = check;
  const first = history.looks.find(({ events }) => events.length > 0);
  if (first === undefined || first.atMs > untilMs) return fails('no event was known until then');
  let least = Number.POSITIVE_INFINITY;
  for (const look of history.looks) {
    if (look.atMs < first.atMs || (look.atMs >= untilMs && look !== first)) continue;
    const risk = look.risks.get(site);
    const above = (risk?.[outcome] ?? 0) - (risk?.base[outcome] ?? 0);
    if (above <= ROUNDING)
      return fails(`${outcome} at ${site} was at base at ${timeText(look.atMs)}`);
    least = Math.min(least, above);
  }
  return holds(`${outcome} at ${site} was never less than ${percent(least)} above base`);
}

export function judgeProbability(check: ProbabilityBetween, history: History): Judgement {
  const { site, windKt, atMs, min, max } = check;
  const looks =
    atMs === undefined ? history.looks : [lookAt(history, atMs)].filter((one) => one !== undefined);
  if (looks.length === 0) return fails('the network had not looked by then');
  const band = WIND_KT.indexOf(windKt);
  const [least, most] = [Math.min, Math.max].map((pick) =>
    pick(...looks.map(({ winds }) => winds.get(site)?.[band] ?? 0)),
  ) as [number, number];
  const said = least === most ? `${most.toFixed(3)}` : `${least.toFixed(3)} to ${most.toFixed(3)}`;
  const why = `wind of ${windKt} kt at ${site}: ${said}, wanted ${min} to ${max}`;
  return least >= min && most <= max ? holds(why) : fails(why);
}

/** By any of its names, with or without the agency before it. */
function goesBy({ id, names }: HazardEvent, wanted: string): boolean {
  const name = wanted.toLowerCase();
  const bare = (text: string): string => text.slice(text.indexOf(':') + 1).toLowerCase();
  return (
    id.toLowerCase() === name ||
    names.some((one) => one.toLowerCase() === name || bare(one) === name)
  );
}

/** As it was taken last: first figures of a great earthquake are too small. */
export function judgeMagnitude(
  { event, value }: EventMagnitudeAtLeast,
  history: History,
): Judgement {
  const last = history.looks
    .flatMap(({ events }) => events)
    .findLast((one) => one.earthquake !== undefined && goesBy(one, event))?.earthquake;
  if (last === undefined) return fails(`no earthquake ${event} with a magnitude was known`);
  const why = `${event} is taken for M ${last.magnitude}${last.isMagnitudeAssumed ? ', assumed' : ''}`;
  return last.magnitude >= value ? holds(why) : fails(`${why}, less than ${value}`);
}

export function judgeIndependence(check: NeverCountsAsIndependent, history: History): Judgement {
  const [one, other] = check.sites;
  const pair = history.pairs.findIndex(([a, b]) => a === one && b === other);
  const both = `${one} and ${other}`;
  for (const { atMs, pairs } of history.looks) {
    const look = pairs[pair];
    if (look === undefined) return fails(`nobody looked at ${both}`);
    if (look.sharedPerYear === 0) {
      return fails(`at ${timeText(atMs)} nothing that is known struck both ${both}`);
    }
    if (look.reliantPacks > 0) {
      return fails(
        `at ${timeText(atMs)} ${look.reliantPacks} packs relied on ${both} as on two places`,
      );
    }
  }
  if (history.looks.length === 0) return fails('the network never looked');
  return holds(
    `what strikes one may strike the other, and no pack relied on ${both} as on two places`,
  );
}

export function judgeNoActiveEvent({ atMs }: NoActiveEventAfter, history: History): Judgement {
  const from = lookAt(history, atMs);
  if (from === undefined) return fails('the network had not looked by then');
  for (const look of history.looks) {
    if (look.atMs < from.atMs) continue;
    const active = look.events.find(({ state }) => state === 'active' || state === 'stale');
    if (active !== undefined) {
      return fails(`at ${timeText(look.atMs)} ${active.title} (${active.id}) was ${active.state}`);
    }
  }
  const isQuiet = history.looks.every(({ events }) => events.length === 0);
  return holds(isQuiet ? 'no event ever counted' : `every event had ended by ${timeText(atMs)}`);
}
