// Why, in words that a person can check: every addition and every refusal says them.
import { formatBytes, HOUR_MS, must } from '@kura/base';
import { distanceKm } from '../../placement/distance.ts';
import { MIN_DISTANCE_KM } from '../../placement/rules.ts';
import type { Demand, World } from './world.ts';

/** "0.13 %": two figures. */
export function formatProbability(probability: number): string {
  const percent = probability * 100;
  if (percent < 0.0001) return 'below 0.0001 %';
  return `${percent < 10 ? percent.toPrecision(2) : percent.toFixed(0)} %`;
}

/** What speaks for the store, beside those present. */
export function reasonForStore(
  world: World,
  demand: Demand,
  { store, present }: { readonly store: number; readonly present: readonly number[] },
): string {
  const { site } = world.store(store);
  const home = must(world.homes[demand.home], 'a home').place;
  const device = demand.device === undefined ? undefined : world.homes[demand.device]?.place;
  const parts = [`${Math.round(distanceKm(site.place, home))} km from home`];
  if (device !== undefined) {
    parts.push(
      `${Math.round(distanceKm(site.place, device))} km from the device in ${device.city}`,
    );
  }
  const area = site.place.powerArea;
  const isShared = present.some((other) => world.store(other).site.place.powerArea === area);
  const isHome = area === (device ?? home).powerArea;
  const shared = isHome ? 'power area shared with the device' : 'power area shared with a copy';
  parts.push(isShared || isHome ? shared : 'other power area');
  for (const other of present) {
    const km = distanceKm(site.place, world.store(other).site.place);
    if (km >= MIN_DISTANCE_KM) continue;
    parts.push(`only ${Math.round(km)} km from the copy in ${cityOf(world, other)}`);
  }
  const lost = world.lossOf(demand, [...present, store]);
  const original = device === undefined ? 'home' : 'the device';
  const all = `${original} and ${present.length === 0 ? 'this copy' : 'all copies'}`;
  parts.push(`${all} lost together ${lost.toExponential(1)} times a year`);
  return parts.join(', ');
}

/** What is feared at a store, by the worst event. */
export function reasonForLeaving(
  world: World,
  store: number,
  titles: ReadonlyMap<string, string>,
): string {
  const city = cityOf(world, store);
  const row = world.store(store);
  if (row.state === 'lost') return `${city} is lost`;
  if (row.isDraining === true && row.stance !== 'leave') return `${city} is being emptied`;
  const risk = world.picture.sites[store];
  const [worst] = risk?.causes ?? [];
  if (risk === undefined || worst === undefined) {
    return `${city} has not been calm for long enough`;
  }
  const title = titles.get(worst.eventId) ?? worst.eventId;
  const days = Math.round((world.picture.horizonHours * HOUR_MS) / (24 * HOUR_MS));
  const unreachable = formatProbability(risk.unreachable);
  const lost = formatProbability(risk.lost);
  return `${city} is in danger (${title}: unreachable ${unreachable}, lost ${lost} within ${days} days)`;
}

/** Why nothing could take it. A store counts once: one that is being emptied or is away is no place in any case. */
export function reasonForNone(world: World, demand: Demand, bytes: number): string {
  const counts = { emptied: 0, away: 0, forbidden: 0, held: 0, danger: 0, full: 0 };
  for (const [index, store] of world.stores.entries()) {
    if (store.state === 'lost') continue;
    if (store.isDraining === true) counts.emptied++;
    else if (store.state === 'unreachable') counts.away++;
    else if (!world.mayHold(demand, index)) counts.forbidden++;
    else if (store.isHeld === true) counts.held++;
    else if (store.stance !== 'calm') counts.danger++;
    else counts.full++;
  }
  const parts = [
    `${counts.danger} are in danger`,
    `${counts.full} hold it already or have no room for ${formatBytes(bytes)} of level ${demand.level}`,
    ...(counts.held === 0 ? [] : [`${counts.held} are on hold`]),
    ...(counts.emptied === 0 ? [] : [`${counts.emptied} are being emptied`]),
    ...(counts.away === 0 ? [] : [`${counts.away} are away`]),
    `${counts.forbidden} may not hold it`,
  ];
  return `no store is left: ${parts.join(', ')}`;
}

const cityOf = (world: World, store: number): string => world.store(store).site.place.city;
