// What the network believes at one moment, about every site of the manifest: stores and homes by its own tables, the
// other sites by the same formulas and the same events.
import { must } from '@kura/base';
import type {
  CycloneForecast,
  HazardEvent,
} from '@kura/coordinator/hazards/events/hazard-event.ts';
import type { Assessment } from '@kura/coordinator/hazards/history/risk-keeper.ts';
import type { Look } from '@kura/coordinator/hazards/replay/history.ts';
import { baseShocks } from '@kura/coordinator/hazards/risk/base-shocks.ts';
import { windProbabilities } from '@kura/coordinator/hazards/risk/cyclone.ts';
import { ratesOfSites, type ShockMatrix } from '@kura/coordinator/hazards/risk/shocks.ts';
import { siteOf } from '@kura/coordinator/hazards/risk/sites.ts';
import {
  type RiskPicture,
  riskPicture,
  type SiteRisk,
} from '@kura/coordinator/hazards/risk/table.ts';
import type { FoundedReplay } from './found-replay.ts';

type Winds = readonly [number, number, number];

const CALM: Winds = [0, 0, 0];

export class Eyes {
  readonly #founded: FoundedReplay;
  readonly #names: readonly string[];
  readonly #base;
  /** Forecasts change every few hours, looks come oftener. */
  readonly #winds = new WeakMap<CycloneForecast, Map<string, Winds>>();

  constructor(founded: FoundedReplay) {
    this.#founded = founded;
    this.#names = [...founded.sites.keys()];
    const sites = this.#names.map((name) =>
      siteOf(name, must(founded.sites.get(name), 'a site').place, founded.facts.get(name)),
    );
    const base = baseShocks(sites);
    this.#base = { sites, base, baseRates: ratesOfSites(base) };
  }

  look(
    assessment: Assessment,
    pairs: readonly (readonly [string, string])[],
  ): Omit<Look, 'pairs'> & {
    readonly shared: readonly number[];
  } {
    const { danger, outlook, picture } = assessment;
    const { events, atMs } = danger;
    const everywhere = riskPicture({ ...this.#base, events, nowMs: atMs });
    const risks = new Map<string, SiteRisk>();
    const winds = new Map<string, Winds>();
    for (const [index, name] of this.#names.entries()) {
      risks.set(name, must(everywhere.sites[index], 'a risk of every site'));
      winds.set(name, this.#windsAt(name, events));
    }
    for (const [index, storeId] of outlook.storeIds.entries()) {
      const { site } = this.#founded.shelves.shelf(storeId);
      risks.set(site, must(picture.sites[index], 'a risk of every store'));
    }
    const shared = pairs.map((pair) => this.#sharedPerYear(everywhere, pair));
    return { atMs, events, risks, winds, shared };
  }

  /** That at least one of several cyclones brings it. */
  #windsAt(name: string, events: readonly HazardEvent[]): Winds {
    let calm = CALM.map(() => 1);
    for (const { cyclone, state } of events) {
      if (cyclone === undefined || (state !== 'active' && state !== 'stale')) continue;
      const found = this.#windsOf(name, cyclone);
      calm = calm.map((probability, band) => probability * (1 - (found[band] ?? 0)));
    }
    return calm.map((probability) => 1 - probability) as unknown as Winds;
  }

  #windsOf(name: string, forecast: CycloneForecast): Winds {
    const known = this.#winds.get(forecast) ?? new Map<string, Winds>();
    this.#winds.set(forecast, known);
    const { place } = must(this.#founded.sites.get(name), 'a site');
    const found = known.get(name) ?? windProbabilities(place, forecast);
    known.set(name, found);
    return found;
  }

  /** Losses of both by one shock, as expected per year. */
  #sharedPerYear({ shocks }: RiskPicture, pair: readonly [string, string]): number {
    const [one, other] = pair.map((name) => lossesByShock(shocks, this.#names.indexOf(name)));
    let shared = 0;
    for (const [shock, lost] of one ?? []) {
      shared += (shocks.rates[shock] ?? 0) * lost * (other?.get(shock) ?? 0);
    }
    return shared;
  }
}

function lossesByShock(shocks: ShockMatrix, site: number): Map<number, number> {
  const found = new Map<number, number>();
  const end = shocks.columnStarts[site + 1] ?? 0;
  for (let at = shocks.columnStarts[site] ?? 0; at < end; at++) {
    const entry = shocks.columnEntries[at] ?? 0;
    found.set(shocks.shockOfEntry[entry] ?? 0, shocks.lost[entry] ?? 0);
  }
  return found;
}
