// A place at risk: a store's, or a member's home, with what the models need to know about it.
import type { HomeDescription, StorePlace } from '@kura/contract';
import { listedCityOf } from '../../placement/cities.ts';
import type { CauseRate } from '../../placement/risk.ts';
import { type BaseTable, baseRatesOf, shippedBaseTable } from './base-table.ts';
import { type Building, fragilityOf } from './earthquake.ts';
import { type Fragility, riskParameters } from './parameters.ts';

/** What a store may know and state about itself, beyond its place. */
export interface SiteFacts {
  /** Who runs it: one more way to fail together. */
  readonly operator?: string;
  readonly building?: Building;
  readonly heightM?: number;
  readonly coastKm?: number;
  /** Base rates in place of those of the classes. */
  readonly baseTable?: BaseTable;
  /** The listed city that speaks for the place; by default itself, or the nearest one within reach. */
  readonly listedAs?: string;
}

export interface Site {
  /** Store id, or whatever names a home. */
  readonly id: string;
  readonly place: StorePlace;
  readonly operator: string | undefined;
  readonly medians: Fragility;
  /** Before any event. */
  readonly rates: readonly CauseRate[];
  /** 0–1: how much of a tsunami at its coast reaches it. */
  readonly tsunamiExposure: number;
}

export function siteOf(id: string, place: StorePlace, facts: SiteFacts = {}): Site {
  const known = { ...place, city: facts.listedAs ?? place.city };
  return {
    id,
    place,
    operator: facts.operator,
    medians: fragilityOf(facts.building),
    rates: baseRatesOf(known, facts.baseTable ?? shippedBaseTable()),
    tsunamiExposure: tsunamiExposureOf(known, facts),
  };
}

export function siteOfHome(home: HomeDescription): Site {
  const place = { city: home.name, lat: home.lat, lon: home.lon, powerArea: home.powerArea };
  return siteOf(`home:${home.name}`, place);
}

/** Where height and distance to the coast are not known, the class of the city speaks for them. */
function tsunamiExposureOf(place: StorePlace, { heightM, coastKm }: SiteFacts): number {
  const { tsunamiSafeHeightM, tsunamiSafeInlandKm, tsunamiExposureByClass } =
    riskParameters().alerts;
  if (heightM !== undefined && heightM >= tsunamiSafeHeightM) return 0;
  if (coastKm !== undefined && coastKm >= tsunamiSafeInlandKm) return 0;
  if (heightM !== undefined && coastKm !== undefined) return 1;
  return tsunamiExposureByClass[listedCityOf(place)?.classes.tsunami ?? 4] ?? 1;
}
