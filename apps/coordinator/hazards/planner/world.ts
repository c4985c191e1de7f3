// What the planner knows: stores, homes and how they fail together, as arrays, so that a million packs can be
// looked at in seconds. A site is an index: stores first, homes after them.
import { assert, must } from '@kura/base';
import { distanceKm } from '../../placement/distance.ts';
import { MIN_DISTANCE_KM, ruleCost } from '../../placement/rules.ts';
import { JointRisk } from '../risk/joint.ts';
import type { Site } from '../risk/sites.ts';
import type { RiskPicture, Stance } from '../risk/table.ts';
import type { PlacementModel } from './best-set.ts';

/** A store as the planner sees it. */
export interface PlannerStore {
  readonly site: Site;
  readonly suite: string;
  readonly state: 'active' | 'unreachable' | 'lost';
  readonly stance: Stance;
  /** Being emptied: it is read, takes nothing, and what lies there does not count as safe. */
  readonly isDraining?: boolean;
  /** By the operator: it takes nothing and gives up nothing, and what lies there counts. */
  readonly isHeld?: boolean;
  /** Members of a lower level may not use it. */
  readonly minimumLevel: number;
  readonly capacityBytes: number;
  readonly freeBytes: number;
  /** Of keeping a GiB for a year, in any one currency. */
  readonly costPerGib: number;
  /** Of its line, each way. */
  readonly bytesPerSecond: number;
  /** Everything an owner may pin or forbid it by: city, country, power area, operator. */
  readonly regions: readonly string[];
}

/** What a member, or a kind of pack of one, wants. */
export interface Demand {
  readonly level: number;
  /** Index into `World.homes`. */
  readonly home: number;
  /** Where the saving device is, the same way; at home if not given. */
  readonly device?: number;
  /** When home or device was last said to be elsewhere. */
  readonly placedMs?: number;
  readonly copies: number;
  /** Copies lie only in these regions, if given. */
  readonly pinned?: readonly string[];
  /** No copy lies in these regions. */
  readonly forbidden?: readonly string[];
}

/** Stores whose risks are this near have the same: either may be the first. */
const EQUAL_RISK = 1.01;

/** Where the original lies. */
const originalOf = ({ home, device = home }: Demand): number => device;

export interface WorldInput {
  readonly stores: readonly PlannerStore[];
  /** And places of devices that are not at home. */
  readonly homes: readonly Site[];
  /** Of the sites of all stores, then of all homes. */
  readonly picture: RiskPicture;
}

export class World {
  readonly stores: readonly PlannerStore[];
  readonly homes: readonly Site[];
  readonly picture: RiskPicture;
  readonly joint: JointRisk;
  /** One number per store, for whoever computes costs next. */
  readonly scratchCosts: Float64Array;
  /** Power areas and suites as numbers, by store. */
  readonly #areas: Uint16Array;
  readonly #suites: Uint16Array;
  readonly #homeAreas: Uint16Array;
  /** Before any event, by store. */
  readonly #baseRisks: Float64Array;
  /** By pair of stores and by home and store: nearer than the rules want. */
  readonly #near: Uint8Array;
  readonly #nearHome: Uint8Array;
  readonly #holders = new Map<string, Uint8Array>();
  readonly #classes = new Map<Demand, string>();

  constructor({ stores, homes, picture }: WorldInput) {
    assert(
      picture.sites.length === stores.length + homes.length,
      'the picture has all stores, then all homes',
    );
    this.stores = stores;
    this.homes = homes;
    this.picture = picture;
    this.joint = new JointRisk(picture.shocks);
    this.scratchCosts = new Float64Array(stores.length);
    const suites = new Map<string, number>();
    const areas = new Map<string, number>();
    const areaOf = ({ place }: Site): number => numberOf(areas, place.powerArea);
    this.#areas = Uint16Array.from(stores, ({ site }) => areaOf(site));
    this.#homeAreas = Uint16Array.from(homes, areaOf);
    this.#baseRisks = Float64Array.from(stores, ({ site }) =>
      site.rates.reduce((sum, { lossesPerYear }) => sum + lossesPerYear, 0),
    );
    this.#suites = Uint16Array.from(stores, ({ suite }) => numberOf(suites, suite));
    const count = stores.length;
    this.#near = new Uint8Array(count * count);
    this.#nearHome = new Uint8Array(homes.length * count);
    for (const [index, { site }] of stores.entries()) {
      for (let other = 0; other <= index; other++) {
        const isNear = distanceKm(site.place, this.store(other).site.place) < MIN_DISTANCE_KM;
        this.#near[index * count + other] = isNear ? 1 : 0;
        this.#near[other * count + index] = isNear ? 1 : 0;
      }
      for (const [home, { place }] of homes.entries()) {
        const isNear = distanceKm(site.place, place) < MIN_DISTANCE_KM;
        this.#nearHome[home * count + index] = isNear ? 1 : 0;
      }
    }
  }

  store(index: number): PlannerStore {
    return must(this.stores[index], 'a store of the world');
  }

  /** The site with which copies must not share their fate: home, or the saving device where it is elsewhere. */
  originalSiteOf(demand: Demand): number {
    return this.stores.length + originalOf(demand);
  }

  /** Loss per year that counts for plans: together with the original, or by chance. */
  costOf(demand: Demand, set: readonly number[]): number {
    return this.joint.costOf(this.originalSiteOf(demand), set);
  }

  /** Losses per year of the original and all copies. */
  lossOf(demand: Demand, set: readonly number[]): number {
    return this.joint.ofSet(this.originalSiteOf(demand), set).lost;
  }

  /** Of losing one copy there within a year, events in force included. */
  riskOf(store: number): number {
    return this.joint.rates.lost[store] ?? 0;
  }

  ruleCostOf(demand: Demand, store: number, present: readonly number[]): number {
    const count = this.stores.length;
    const original = originalOf(demand);
    const isNearHome = (home: number): boolean => this.#nearHome[home * count + store] === 1;
    let isAreaShared = this.#areas[store] === this.#homeAreas[original];
    let isNear = false;
    let isSuiteShared = false;
    for (const other of present) {
      isAreaShared ||= this.#areas[store] === this.#areas[other];
      isNear ||= this.#near[store * count + other] === 1;
      isSuiteShared ||= this.#suites[store] === this.#suites[other];
    }
    return ruleCost({
      'home distance': isNearHome(demand.home) || isNearHome(original),
      'power area': isAreaShared,
      'copy distance': isNear,
      'cipher suite': isSuiteShared,
    });
  }

  /** What the set breaks: its copy of lowest risk is the first (row A6), the others count in the best order. */
  ruleCostOfSet(demand: Demand, set: readonly number[]): number {
    if (set.length <= 1) return 0;
    // By base risk: an event that passes does not make another copy the first one.
    const riskOf = (store: number): number => this.#baseRisks[store] ?? 0;
    const least = Math.min(...set.map(riskOf));
    const firsts = set.filter((store) => riskOf(store) <= EQUAL_RISK * least);
    return Math.min(...firsts.map((first) => this.#costAfter(demand, first, set)));
  }

  #costAfter(demand: Demand, first: number, set: readonly number[]): number {
    if (set.length === 1) return 0;
    const costs = set.map((last) => {
      if (last === first) return Number.POSITIVE_INFINITY;
      const rest = set.filter((store) => store !== last);
      return this.#costAfter(demand, first, rest) + this.ruleCostOf(demand, last, rest);
    });
    return Math.min(...costs);
  }

  /** May ever hold packs of the demand: the owner's regions, the level, and the store's state. */
  mayHold(demand: Demand, store: number): boolean {
    const { state, minimumLevel, regions, isDraining } = this.store(store);
    if (state !== 'active' || isDraining === true || demand.level < minimumLevel) return false;
    if (demand.pinned !== undefined && !regions.some((one) => demand.pinned?.includes(one))) {
      return false;
    }
    return !regions.some((one) => demand.forbidden?.includes(one));
  }

  /** May hold packs of the demand, and takes further ones now. */
  takes(demand: Demand, store: number): boolean {
    return this.store(store).isHeld !== true && this.mayHold(demand, store);
  }

  /** Demands of one class want the same of every store: they are ranked once. */
  classOf(demand: Demand): string {
    const known = this.#classes.get(demand);
    if (known !== undefined) return known;
    const { level, home, pinned, forbidden } = demand;
    const places = [home, originalOf(demand)];
    const parts = [level, ...places, pinned?.join() ?? '*', forbidden?.join() ?? ''];
    const name = parts.join('|');
    this.#classes.set(demand, name);
    return name;
  }

  /** The search for this demand; `hasRoom` says which stores can take it at all. */
  modelFor(demand: Demand, hasRoom: (store: number) => boolean): PlacementModel {
    const holders = this.#holdersFor(demand);
    const original = this.originalSiteOf(demand);
    return {
      storeCount: this.stores.length,
      isUsable: (store) => holders[store] === 1 && hasRoom(store),
      riskOf: (store) => this.riskOf(store),
      ruleCostOf: (store, present) => this.ruleCostOf(demand, store, present),
      costsOfAdding: (present, costs) => this.joint.costsOfExtending(original, present, costs),
      compare: (a, b) => this.#compareStores(a, b),
    };
  }

  /** 1 for every calm store that takes packs of the demand. */
  #holdersFor(demand: Demand): Uint8Array {
    const key = [demand.level, demand.pinned?.join() ?? '*', demand.forbidden?.join() ?? ''].join(
      '|',
    );
    const known =
      this.#holders.get(key) ??
      Uint8Array.from(this.stores, ({ stance }, store) =>
        stance === 'calm' && this.takes(demand, store) ? 1 : 0,
      );
    this.#holders.set(key, known);
    return known;
  }

  #compareStores(a: number, b: number): number {
    const [one, other] = [this.store(a), this.store(b)];
    if (one.costPerGib !== other.costPerGib) return one.costPerGib - other.costPerGib;
    if (one.bytesPerSecond !== other.bytesPerSecond) {
      return other.bytesPerSecond - one.bytesPerSecond;
    }
    return one.site.id < other.site.id ? -1 : 1;
  }
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name) ?? numbers.size;
  numbers.set(name, known);
  return known;
}
