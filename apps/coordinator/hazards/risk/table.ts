// Risk tables (row A20): what every store's risk is now, by which cause, what stance the network takes towards
// it, and how much of it each level may use. A table is a value; two of them are compared to see what changed.
import { HOUR_MS } from '@kura/base';
import type { HazardEvent } from '../events/hazard-event.ts';
import { NO_OUTCOMES, type Outcomes } from './earthquake.ts';
import { type Strike, strikesOf } from './effects.ts';
import { YEAR_MS } from './joint.ts';
import { riskParameters } from './parameters.ts';
import { ShockList, type ShockMatrix } from './shocks.ts';
import type { Site } from './sites.ts';

/** What one event adds to the risk of a site over the horizon. */
export interface Cause extends Outcomes {
  readonly eventId: string;
}

/** Risk of a site over the horizon, both outcomes, with what is behind it, the worst first. */
export interface SiteRisk extends Outcomes {
  /** Before any event. */
  readonly base: Outcomes;
  readonly causes: readonly Cause[];
}

export interface RiskPicture {
  readonly atMs: number;
  readonly horizonHours: number;
  /** In the order of the sites. */
  readonly sites: readonly SiteRisk[];
  /** Base shocks first, then those of the events: for joint risk. */
  readonly shocks: ShockMatrix;
  /** When harm is to be expected at a site, by event: the earliest onset, or now. */
  readonly harmMs: Float64Array;
}

export interface RiskInput {
  readonly sites: readonly Site[];
  /** `baseShocks(sites)`: made once for a list of sites. */
  readonly base: ShockMatrix;
  readonly baseRates: { readonly lost: Float64Array; readonly unreachable: Float64Array };
  readonly events: readonly HazardEvent[];
  readonly nowMs: number;
}

/** Risk of all sites, now. The order of events does not matter. */
export function riskPicture({ sites, base, baseRates, events, nowMs }: RiskInput): RiskPicture {
  const { horizonHours } = riskParameters().decisions;
  const years = (horizonHours * HOUR_MS) / YEAR_MS;
  const moment = { nowMs, horizonHours, outages: outagesByArea(events, sites) };
  const list = new ShockList(sites.length, base);
  const causes: Cause[][] = sites.map(() => []);
  const harmMs = new Float64Array(sites.length).fill(Number.POSITIVE_INFINITY);
  for (const event of [...events].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    for (const [site, harm] of addEvent(list, strikesOf(event, sites, moment))) {
      const { lost, unreachable } = harm;
      causes[site]?.push({ eventId: event.id, lost, unreachable });
      if (!isHarm(harm)) continue;
      const atMs = Math.max(nowMs, harm.atMs ?? event.onsetMs);
      harmMs[site] = Math.min(harmMs[site] ?? atMs, atMs);
    }
  }
  const shocks = list.finish();
  const risks = causes.map((found, site) => {
    const from = {
      lost: -Math.expm1(-years * (baseRates.lost[site] ?? 0)),
      unreachable: -Math.expm1(-years * (baseRates.unreachable[site] ?? 0)),
    };
    return combine(from, found);
  });
  return { atMs: nowMs, horizonHours, sites: risks, shocks, harmMs };
}

interface Harm extends Outcomes {
  /** When it comes, at the earliest; the event's onset if that is not known better. */
  readonly atMs: number | undefined;
}

/** Adds the event's strikes to the shocks; what it does to each site, all strikes together. */
function addEvent(list: ShockList, strikes: readonly Strike[]): ReadonlyMap<number, Harm> {
  const sums = new Map<number, Harm>();
  for (const { probability, sites, outcomes, harmMs } of strikes) {
    list.begin(probability);
    for (const [at, site] of sites.entries()) {
      const here = outcomes[at] ?? NO_OUTCOMES;
      list.strike(site, here);
      const sum = sums.get(site);
      const times = [sum?.atMs, harmMs?.[at]].filter((time) => time !== undefined);
      sums.set(site, {
        lost: (sum?.lost ?? 0) + probability * here.lost,
        unreachable: (sum?.unreachable ?? 0) + probability * here.unreachable,
        atMs: times.length === 0 ? undefined : Math.min(...times),
      });
    }
  }
  return sums;
}

function isHarm({ lost, unreachable }: Outcomes): boolean {
  const { watchUnreachable, calmLost } = riskParameters().decisions;
  return unreachable >= watchUnreachable || lost >= calmLost;
}

function combine(base: Outcomes, found: readonly Cause[]): SiteRisk {
  let safe = 1 - base.lost;
  let reachable = 1 - base.unreachable;
  for (const { lost, unreachable } of found) {
    safe *= 1 - lost;
    reachable *= 1 - unreachable;
  }
  const causes = [...found].sort((a, b) => b.unreachable + b.lost - (a.unreachable + a.lost));
  return { lost: 1 - safe, unreachable: 1 - reachable, base, causes };
}

/** How many stores of each power area have no grid. */
export function outagesByArea(
  events: readonly HazardEvent[],
  sites: readonly Site[],
): ReadonlyMap<string, number> {
  const dark = new Map<string, Set<string>>();
  for (const { outage, state } of events) {
    if (outage === undefined || !outage.isGridDown || state === 'ended' || state === 'cancelled') {
      continue;
    }
    const site = sites.find((one) => one.id === outage.site || one.place.city === outage.site);
    if (site === undefined) continue;
    const area = dark.get(site.place.powerArea) ?? new Set();
    dark.set(site.place.powerArea, area.add(site.id));
  }
  return new Map([...dark].map(([area, reporters]) => [area, reporters.size]));
}

// ── Stance ────────────────────────────────────────────────────────────────────────────────────────

/** calm: may take copies · watch: takes no new ones · leave: what lies there gets a further copy. */
export const STANCES = ['calm', 'watch', 'leave'] as const;
export type Stance = (typeof STANCES)[number];

export interface StanceState {
  readonly stance: Stance;
  /** Since when the risk has been low without a break; infinite while it is not. */
  readonly calmSinceMs: number;
}

export const FIRST_STANCE: StanceState = { stance: 'calm', calmSinceMs: Number.NEGATIVE_INFINITY };

/** Rises at once, falls to calm only after the risk has been low for 72 hours. */
export function nextStance(before: StanceState, risk: Outcomes, nowMs: number): StanceState {
  const limits = riskParameters().decisions;
  const isLow = risk.unreachable < limits.watchUnreachable && risk.lost < limits.calmLost;
  const isLeave = risk.unreachable >= limits.leaveUnreachable || risk.lost >= limits.leaveLost;
  const calmSinceMs = isLow ? Math.min(before.calmSinceMs, nowMs) : Number.POSITIVE_INFINITY;
  if (isLeave) return { stance: 'leave', calmSinceMs };
  const isCalm = isLow && nowMs - calmSinceMs >= limits.calmHours * HOUR_MS;
  if (isCalm || (isLow && before.stance === 'calm')) return { stance: 'calm', calmSinceMs };
  return { stance: before.stance === 'leave' ? 'leave' : 'watch', calmSinceMs };
}

// ── Tables ────────────────────────────────────────────────────────────────────────────────────────

export interface RiskRow extends Outcomes {
  readonly storeId: string;
  readonly stance: Stance;
  /** Of losing a copy within a year, events included: what placement ranks by. */
  readonly lostPerYear: number;
  readonly causes: readonly Cause[];
  /** What this level may still write there, reserves for higher levels kept. */
  readonly usableBytes: number;
}

export interface RiskTable {
  readonly level: number;
  readonly atMs: number;
  /** The lowest risk per year first: the order in which first copies are placed. */
  readonly rows: readonly RiskRow[];
}

export interface RowChange {
  readonly storeId: string;
  readonly before: RiskRow | undefined;
  readonly after: RiskRow | undefined;
}

/** Changes of less than this factor in a risk are not news. */
const NEWS_FACTOR = 1.1;

const differs = (a: number, b: number): boolean =>
  Math.max(a, b) > NEWS_FACTOR * Math.min(a, b) && Math.max(a, b) > 1e-7;

/** Rows that came, went, or changed in stance, risk or room for anything at all. */
export function changesBetween(before: RiskTable, after: RiskTable): RowChange[] {
  const old = new Map(before.rows.map((row) => [row.storeId, row]));
  const changes: RowChange[] = [];
  for (const row of after.rows) {
    const was = old.get(row.storeId);
    old.delete(row.storeId);
    const isSame =
      was !== undefined &&
      was.stance === row.stance &&
      !differs(was.lost, row.lost) &&
      !differs(was.unreachable, row.unreachable) &&
      was.usableBytes > 0 === row.usableBytes > 0;
    if (!isSame) changes.push({ storeId: row.storeId, before: was, after: row });
  }
  for (const row of old.values()) {
    changes.push({ storeId: row.storeId, before: row, after: undefined });
  }
  return changes.sort((a, b) => (a.storeId < b.storeId ? -1 : 1));
}
