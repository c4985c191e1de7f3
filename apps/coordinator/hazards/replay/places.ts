// Sites of a manifest as places: what is listed speaks for itself, and for any other place the nearest listed city
// does, however far away (data/hazards/replay/SCHEMA.md). Live, nobody speaks for a place that far from all cities.
import { must } from '@kura/base';
import type { StorePlace } from '@kura/contract';
import { listedCities } from '../../placement/cities.ts';
import { type Coordinates, distanceKm } from '../../placement/distance.ts';
import type { SiteFacts } from '../risk/sites.ts';

export interface KnownSite {
  readonly place: StorePlace;
  /** Which listed city speaks for it. */
  readonly facts: SiteFacts;
}

type Listed = ReturnType<typeof listedCities>[number];

function nearestListed(place: Coordinates): Listed {
  let best: Listed | undefined;
  let bestKm = Number.POSITIVE_INFINITY;
  for (const city of listedCities()) {
    const km = distanceKm(place, city);
    if (km < bestKm) [best, bestKm] = [city, km];
  }
  return must(best, 'there are listed cities');
}

/** A name that is listed elsewhere is only a name: the coordinates count. */
export function siteAt(name: string, { lat, lon }: Coordinates): KnownSite {
  const city = nearestListed({ lat, lon });
  return {
    place: { city: name, lat, lon, powerArea: city.powerArea },
    facts: { listedAs: city.city },
  };
}
