// The shocks that may come to these sites any time. For each hazard and place, discs around it whose radii are
// spread like an exponential distribution: two places at distance d are in one disc with probability
// exp(-d/L), and every place's own rate is exactly that of its list. See docs/design/risk.md.
import { HAZARD_KINDS, type HazardKind } from '../../placement/cities.ts';
import { distanceKm } from '../../placement/distance.ts';
import { riskParameters } from './parameters.ts';
import { ShockList, type ShockMatrix } from './shocks.ts';
import type { Site } from './sites.ts';

/** Sites at one point of the map. */
interface Spot {
  readonly sites: number[];
  readonly site: Site;
}

/** Spots by distance from one of them, itself first. */
type Nearest = readonly { readonly spot: number; readonly km: number }[];

export function baseShocks(sites: readonly Site[]): ShockMatrix {
  const spots = spotsOf(sites);
  const nearest = spots.map((from) =>
    spots
      .map(({ site }, spot) => ({ spot, km: distanceKm(from.site.place, site.place) }))
      .sort((a, b) => a.km - b.km || a.spot - b.spot),
  );
  const list = new ShockList(sites.length);
  for (const kind of HAZARD_KINDS) addHazard(list, kind, { spots, nearest });
  addBuildings(list, spots, nearest);
  const { powerArea, operator } = riskParameters().faultDomains;
  addDomain(
    list,
    powerArea,
    groupBy(sites, (site) => site.place.powerArea),
  );
  addDomain(
    list,
    operator,
    groupBy(sites, (site) => site.operator),
  );
  return list.finish();
}

function spotsOf(sites: readonly Site[]): Spot[] {
  const spots = new Map<string, Spot>();
  for (const [index, site] of sites.entries()) {
    const key = `${site.place.lat},${site.place.lon}`;
    const spot = spots.get(key);
    if (spot === undefined) spots.set(key, { sites: [index], site });
    else spot.sites.push(index);
  }
  return [...spots.values()];
}

function groupBy(
  sites: readonly Site[],
  keyOf: (site: Site) => string | undefined,
): readonly number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, site] of sites.entries()) {
    const key = keyOf(site);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  return [...groups.values()];
}

interface World {
  readonly spots: readonly Spot[];
  readonly nearest: readonly Nearest[];
}

/** A disc around a spot: its `count` nearest ones. */
interface Disc {
  readonly centre: number;
  readonly count: number;
  readonly rate: number;
}

function discsOf(rates: Float64Array, reachKm: number, nearest: readonly Nearest[]): Disc[] {
  const { radii } = riskParameters().joint;
  const discs: Disc[] = [];
  for (const [centre, around] of nearest.entries()) {
    const rate = rates[centre] ?? 0;
    if (rate === 0) continue;
    let count = 1;
    let same = 0;
    for (let quantile = 0; quantile < radii; quantile++) {
      const radiusKm = -reachKm * Math.log(1 - (quantile + 0.5) / radii);
      let reached = count;
      while ((around[reached]?.km ?? Number.POSITIVE_INFINITY) <= radiusKm) reached++;
      if (reached > count && same > 0) {
        discs.push({ centre, count, rate: (rate * same) / radii });
        same = 0;
      }
      count = reached;
      same++;
    }
    discs.push({ centre, count, rate: (rate * same) / radii });
  }
  return discs;
}

function addHazard(list: ShockList, kind: HazardKind, { spots, nearest }: World): void {
  const { lossGivenEvent, unreachableGivenEvent, reachKm } = riskParameters().baseRate;
  const rates = Float64Array.from(spots, ({ site }) => {
    const cause = site.rates.find((one) => one.cause === kind);
    return (cause?.lossesPerYear ?? 0) / lossGivenEvent[kind];
  });
  const discs = discsOf(rates, reachKm[kind], nearest);
  const covered = new Float64Array(spots.length);
  for (const { centre, count, rate } of discs) {
    for (const { spot } of nearest[centre]?.slice(0, count) ?? []) {
      covered[spot] = (covered[spot] ?? 0) + rate;
    }
  }
  const { strengths } = riskParameters().joint;
  for (const { centre, count, rate } of discs) {
    for (let strength = 0; strength < strengths; strength++) {
      // A place of share f is hit by the strongest f of the events that come by.
      const hits = (nearest[centre]?.slice(0, count) ?? []).flatMap(({ spot }) => {
        const share = (rates[spot] ?? 0) / (covered[spot] ?? 1);
        const weight = Math.min(1, strengths * share - strength);
        return weight > 0 ? [{ spot, weight }] : [];
      });
      if (hits.length === 0) break;
      list.begin(rate / strengths);
      for (const { spot, weight } of hits) {
        const lost = weight * lossGivenEvent[kind];
        const unreachable = weight * unreachableGivenEvent[kind];
        for (const site of spots[spot]?.sites ?? []) list.strike(site, { lost, unreachable });
      }
    }
  }
}

/** Fire, water or people: what stands at one point burns together. */
function addBuildings(list: ShockList, spots: readonly Spot[], nearest: readonly Nearest[]): void {
  const { buildingLossesPerYear, buildingReachKm } = riskParameters().baseRate;
  const done = new Set<number>();
  for (const [centre, around] of nearest.entries()) {
    if (done.has(centre)) continue;
    list.begin(buildingLossesPerYear);
    for (const { spot, km } of around) {
      if (km > buildingReachKm) break;
      if (done.has(spot)) continue;
      done.add(spot);
      for (const site of spots[spot]?.sites ?? []) list.strike(site, { lost: 1, unreachable: 1 });
    }
  }
}

function addDomain(
  list: ShockList,
  { perYear, lost, unreachable }: { perYear: number; lost: number; unreachable: number },
  groups: readonly number[][],
): void {
  for (const group of groups) {
    list.begin(perYear);
    for (const site of group) list.strike(site, { lost, unreachable });
  }
}
