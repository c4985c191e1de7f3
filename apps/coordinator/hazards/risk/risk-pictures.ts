// Pictures of risk, one after the other, of a list of sites that seldom changes: what may come to sites any time takes
// longest, and is made once for a list of sites.
import type { HazardEvent } from '../events/hazard-event.ts';
import { baseShocks } from './base-shocks.ts';
import { ratesOfSites } from './shocks.ts';
import type { Site } from './sites.ts';
import { type RiskInput, type RiskPicture, riskPicture } from './table.ts';

export interface PictureMoment {
  readonly events: readonly HazardEvent[];
  readonly atMs: number;
}

export class RiskPictures {
  #known: (Pick<RiskInput, 'base' | 'baseRates'> & { readonly of: string }) | undefined;

  of(sites: readonly Site[], { events, atMs }: PictureMoment): RiskPicture {
    const { base, baseRates } = this.#baseOf(sites);
    return riskPicture({ sites, base, baseRates, events, nowMs: atMs });
  }

  #baseOf(sites: readonly Site[]): Pick<RiskInput, 'base' | 'baseRates'> {
    const of = JSON.stringify(sites);
    if (this.#known?.of !== of) {
      const base = baseShocks(sites);
      this.#known = { of, base, baseRates: ratesOfSites(base) };
    }
    return this.#known;
  }
}
