// Which stores hold a pack: tables in, plan out, no I/O, and the same plan for the same tables. The first
// copy goes where the risk is lowest; every further one to the place that is least likely to be lost
// together with home and the other copies, far away and on another grid. What cannot be kept is relaxed in
// a stated order and said in the reason (docs/design/placement.md). A store never gets a pack twice.
import { formatBytes, KuraError, MAX_COPIES, must, type StoreId } from '@kura/base';
import type {
  HomeDescription,
  PlaceDescription,
  PlacementChoice,
  StoreDescription,
} from '@kura/contract';
import { bestSet, type PlacementModel } from '../hazards/planner/best-set.ts';
import { distanceKm } from './distance.ts';
import { baseRiskOf, conditionalRisk, type PlaceAtRisk } from './risk.ts';
import { MIN_DISTANCE_KM, ROOM_FACTOR, RULES, type Rule, ruleCost } from './rules.ts';

export { MIN_DISTANCE_KM, ROOM_FACTOR } from './rules.ts';

/** A row of the risk table. */
export interface PlacementStore extends StoreDescription {
  /** Members of a lower level may not use this store; anyone may if it is not given. */
  readonly minimumLevel?: number;
}

export interface PlacementRequest {
  /** How many stores to choose. */
  readonly copies: number;
  readonly level: number;
  readonly home: HomeDescription;
  /** Where the saving device is, if it is not at home. */
  readonly device?: PlaceDescription | undefined;
  readonly sizeBytes: number;
  /** Stores that hold the pack already: the choice goes on from them. */
  readonly held?: readonly StoreId[];
  /** Stores that must not be chosen. */
  readonly excluded?: ReadonlySet<StoreId>;
  /** Of the excluded, those that proved to be full: with room they could hold it. */
  readonly full?: ReadonlySet<StoreId>;
  /** Stores that failed before: chosen only if nothing else is left. */
  readonly demoted?: ReadonlySet<StoreId>;
}

export interface PlacementInput {
  readonly request: PlacementRequest;
  readonly stores: readonly PlacementStore[];
}

interface Candidate {
  readonly store: PlacementStore;
  readonly broken: ReadonlySet<Rule>;
  /** `broken` as a number: breaking a dearer rule outweighs all cheaper ones together. */
  readonly cost: number;
  /** Of being lost in a year in which the original, or the nearest of the other copies in fate, is lost. */
  readonly risk: number;
}

export function choosePlacement({ request, stores }: PlacementInput): PlacementChoice[] {
  const { copies } = request;
  if (!Number.isSafeInteger(copies) || copies < 1 || copies > MAX_COPIES) {
    throw new KuraError('usage', `${copies} is not a number of copies`, {
      guidance: `Ask for 1 to ${MAX_COPIES} copies.`,
    });
  }
  const usable = stores.filter((store) => obstacleOf(store, request) === undefined);
  const usableCount = new Set(usable.map(idOf)).size;
  if (usableCount < copies) refuseTooFew(request, stores, usableCount);
  const present = stores.filter((store) => request.held?.includes(idOf(store)));
  const choices: PlacementChoice[] = [];
  while (choices.length < copies) {
    const taken = new Set(present.map(idOf));
    const rest = usable.filter((store) => !taken.has(idOf(store)));
    const { store, reason } = chooseOne(request, rest, present);
    choices.push({ storeId: idOf(store), reason });
    present.push(store);
  }
  return choices;
}

const idOf = (store: PlacementStore): StoreId => store.identity.storeId;
const cityOf = (store: PlacementStore): string => store.identity.place.city;
/** Row A6: by the newest table, where there is one. */
const riskOf = (store: PlacementStore): number => store.riskNow ?? store.baseRisk;
const atRisk = (store: PlacementStore): PlaceAtRisk => ({
  place: store.identity.place,
  risk: riskOf(store),
});

// ── Who may hold it at all ────────────────────────────────────────────────────────────────────────

interface Obstacle {
  /** In words. */
  readonly why: string;
  /** With more room the store could take the pack. */
  readonly isSpace: boolean;
}

/** Why this store cannot take the pack; undefined if it can. */
function obstacleOf(store: PlacementStore, request: PlacementRequest): Obstacle | undefined {
  const other = (why: string): Obstacle => ({ why, isSpace: false });
  if (request.held?.includes(idOf(store))) return other('holds a copy already');
  if (request.full?.has(idOf(store))) return { why: 'is full', isSpace: true };
  if (request.excluded?.has(idOf(store))) return other('has failed or is excluded');
  if (store.state !== 'active') return other(`is ${store.state}`);
  if (store.isHeld === true) return other('is on hold');
  if (store.isForbidden === true) return other('lies where the owner wants no copy');
  if (request.level < (store.minimumLevel ?? 0)) {
    return other(`is for level ${store.minimumLevel} and up`);
  }
  const neededBytes = request.sizeBytes * ROOM_FACTOR;
  if (store.freeBytes >= neededBytes) return undefined;
  const why = `has ${formatBytes(store.freeBytes)} free and needs ${formatBytes(neededBytes)}`;
  return { why, isSpace: true };
}

/** `no_space` if making room would be enough, else `too_few_stores`. */
function refuseTooFew(
  request: PlacementRequest,
  stores: readonly PlacementStore[],
  usable: number,
): never {
  const { copies } = request;
  const unusable = stores.flatMap((store) => {
    const obstacle = obstacleOf(store, request);
    return obstacle === undefined ? [] : [{ ...obstacle, city: cityOf(store) }];
  });
  const short = unusable.filter(({ isSpace }) => isSpace);
  const isSpace = usable + short.length >= copies;
  const reasons = unusable.map(({ city, why }) => `${city} ${why}`).join('; ');
  const details = reasons === '' ? '' : ` (${reasons})`;
  const message = `${copies} stores are wanted for a pack and ${usable} can take it${details}`;
  const full = short.map(({ city }) => city).join(' or ');
  throw new KuraError(isSpace ? 'no_space' : 'too_few_stores', message, {
    guidance: isSpace
      ? `Make room in ${full}, or add a store.`
      : `Add ${copies - usable} store(s), or bring back or make room at those named.`,
    context: { wanted: copies, usable, unusable: reasons },
  });
}

// ── Which of them ─────────────────────────────────────────────────────────────────────────────────

function chooseOne(
  request: PlacementRequest,
  rest: readonly PlacementStore[],
  present: readonly PlacementStore[],
): { store: PlacementStore; reason: string } {
  const isDemoted = (store: PlacementStore): boolean => request.demoted?.has(idOf(store)) ?? false;
  // One that failed may be slow; one in danger may be gone tomorrow.
  const doubts = (store: PlacementStore): number =>
    (isDemoted(store) ? 1 : 0) + (store.danger === undefined ? 0 : 2);
  const fewest = Math.min(...rest.map(doubts));
  const pool = rest.filter((store) => doubts(store) === fewest);
  const judged = pool.map(present.length === 0 ? judgeFirst : judgeFurther(request, present));
  // Those present stand in front: the search goes on from them.
  const held = present.map((_, index) => index);
  const found = bestSet(modelOf(judged, held.length), {
    present: held,
    copies: 1,
    beam: 1,
    tolerance: 1,
  });
  const best = judged[(found?.added[0] ?? -1) - held.length];
  if (best === undefined) throw new KuraError('too_few_stores', 'no store is left to choose');
  const peers = judged.filter((other) => other.cost === best.cost);
  const isLowest = peers.every((peer) => riskOf(best.store) <= riskOf(peer.store));
  const words = reasonOf({ best, isLowest, request, present });
  const { danger } = best.store;
  const feared =
    danger === undefined ? words : `${words}; in danger (${danger}), but no other is left`;
  const reason = isDemoted(best.store)
    ? `${feared}; it failed before, but no other is left`
    : feared;
  return { store: best.store, reason };
}

/** The judged candidates as the search wants them, after `held` stores that it may not choose. */
function modelOf(judged: readonly Candidate[], held: number): PlacementModel {
  const at = (index: number): Candidate => must(judged[index - held], 'a candidate');
  return {
    storeCount: held + judged.length,
    isUsable: (index) => index >= held,
    riskOf: (index) => riskOf(at(index).store),
    ruleCostOf: (index) => at(index).cost,
    costsOfAdding: (_, costs) => {
      for (const [index, { risk }] of judged.entries()) costs[held + index] = risk;
    },
    compare: (a, b) => (idOf(at(a).store) < idOf(at(b).store) ? -1 : 1),
  };
}

function judgeFirst(store: PlacementStore): Candidate {
  return { store, broken: new Set(), cost: 0, risk: riskOf(store) };
}

function judgeFurther(
  request: PlacementRequest,
  present: readonly PlacementStore[],
): (store: PlacementStore) => Candidate {
  const { home, device = home } = request;
  const { name: city, lat, lon, powerArea } = device;
  const original = { city, lat, lon, powerArea };
  const others = [{ place: original, risk: baseRiskOf(original) }, ...present.map(atRisk)];
  const areas = new Set([powerArea, ...present.map((store) => store.identity.place.powerArea)]);
  return (store) => {
    const { place, suite } = store.identity;
    const isBroken: Readonly<Record<Rule, boolean>> = {
      'home distance': [home, device].some((one) => distanceKm(place, one) < MIN_DISTANCE_KM),
      'power area': areas.has(place.powerArea),
      'copy distance': nearestCopy(store, present).km < MIN_DISTANCE_KM,
      'cipher suite': present.some((copy) => copy.identity.suite === suite),
    };
    const broken = new Set(RULES.filter((rule) => isBroken[rule]));
    const risk = Math.max(...others.map((other) => conditionalRisk(atRisk(store), other)));
    return { store, broken, cost: ruleCost(isBroken), risk };
  };
}

function nearestCopy(
  store: PlacementStore,
  present: readonly PlacementStore[],
): { city: string; km: number } {
  let nearest = { city: '', km: Number.POSITIVE_INFINITY };
  for (const copy of present) {
    const km = distanceKm(store.identity.place, copy.identity.place);
    if (km < nearest.km) nearest = { city: cityOf(copy), km };
  }
  return nearest;
}

// ── Why, in words ─────────────────────────────────────────────────────────────────────────────────

/** "0.038 %/year": two figures, because there are no more in it. */
export function formatRisk(risk: number): string {
  const percent = risk * 100;
  if (percent < 0.0001) return 'below 0.0001 %/year';
  return `${percent < 10 ? percent.toPrecision(2) : percent.toFixed(0)} %/year`;
}

interface ReasonInput {
  readonly best: Candidate;
  readonly isLowest: boolean;
  readonly request: PlacementRequest;
  readonly present: readonly PlacementStore[];
}

function reasonOf({ best, isLowest, request, present }: ReasonInput): string {
  const { store, broken } = best;
  const risk = formatRisk(riskOf(store));
  if (present.length === 0) return `lowest risk (${risk})`;
  const { place } = store.identity;
  const { home, device } = request;
  const parts = [`${Math.round(distanceKm(place, home))} km from home`];
  if (device !== undefined) {
    parts.push(`${Math.round(distanceKm(place, device))} km from the device in ${device.name}`);
  }
  if (broken.has('power area')) {
    const isDevice = place.powerArea === (device ?? home).powerArea;
    parts.push(`power area shared with ${isDevice ? 'the device' : 'another copy'}`);
  } else {
    parts.push('other power area');
  }
  if (broken.has('copy distance')) {
    const { city, km } = nearestCopy(store, present);
    parts.push(`only ${Math.round(km)} km from the copy in ${city}`);
  }
  if (broken.has('cipher suite')) parts.push('same cipher as another copy');
  const original = device === undefined ? 'home' : 'the device';
  parts.push(
    isLowest
      ? `lowest risk there (${risk})`
      : `least likely to be lost together with ${original} or another copy (${risk} by itself)`,
  );
  const words = parts.join(', ');
  return broken.size === 0 ? words : `${words}; no store that is left is placed better`;
}
