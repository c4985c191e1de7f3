// A store's own word about its power: the fastest and surest of all feeds. Hokkaido 2018: the grid was lost
// fifteen minutes before the first message about the earthquake.
import { KuraError } from '@kura/base';
import { MAX_FUEL_HOURS } from '@kura/contract/wire/endpoints/heartbeat.ts';
import type { Coordinates } from '../../../placement/distance.ts';
import type { Report } from '../../events/report.ts';
import { circleShape } from '../formats/areas.ts';
import { type JsonObject, numberIn, textIn } from '../formats/json.ts';
import { identifierOf } from '../formats/values.ts';

/** `utility_power` false begins an outage, true ends it. Without a place only the site is known by name. */
export function readStoreHeartbeat(
  heartbeat: JsonObject,
  sentMs: number,
  place?: Coordinates,
): Report {
  const site = identifierOf(textIn(heartbeat, 'site'), 'a heartbeat');
  const hasPower = heartbeat.utility_power;
  if (typeof hasPower !== 'boolean') {
    throw new KuraError('corrupt', `the heartbeat of ${site} does not say whether it has power`);
  }
  const supply = textIn(heartbeat, 'on').slice(0, 40);
  const fuelHours = numberIn(heartbeat, 'fuel_hours');
  const hasFuel = fuelHours !== undefined && fuelHours >= 0 && fuelHours <= MAX_FUEL_HOURS;
  return {
    source: 'store',
    identifier: `${site}@${sentMs}`,
    stream: 'power',
    names: [`store:${site}/power`],
    type: 'update',
    isAllClear: hasPower,
    references: [],
    kind: 'power',
    title: `grid power ${hasPower ? 'is back' : 'lost'} at ${site}`,
    zones: [
      {
        shapes: place === undefined ? [] : [circleShape(place, 0)],
        codes: [{ system: 'site', code: site }],
        unplaced: place === undefined ? 1 : 0,
        severity: 'severe',
        certainty: 'observed',
        urgency: 'immediate',
      },
    ],
    sentMs,
    outage: {
      site,
      isGridDown: !hasPower,
      ...(supply === '' ? {} : { supply }),
      ...(hasFuel ? { fuelHours } : {}),
    },
    isSecondHand: false,
  };
}
