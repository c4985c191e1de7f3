// Dangers as the watch would report them, for one stage and one moment.
import { DAY_MS, HOUR_MS } from '@kura/base';
import type { HazardEvent } from '@kura/coordinator/hazards/events/hazard-event.ts';
import { eventOf } from '@kura/coordinator/hazards/fixtures.ts';
import type { StanceState } from '@kura/coordinator/hazards/risk/table.ts';
import type { Danger } from '@kura/coordinator/moves/danger.ts';
import type { Stage } from './stage.ts';

/** A flood that comes to a city in so many hours, by the word of these feeds. */
export function floodAt(
  stage: Stage,
  city: string,
  { inHours = 24, sources = ['cap', 'jma'] as HazardEvent['sources'] } = {},
): HazardEvent {
  const nowMs = stage.clock.nowMs();
  const onsetMs = nowMs + inHours * HOUR_MS;
  const times = { onsetMs, endMs: onsetMs + DAY_MS, sentMs: nowMs, firstSeenMs: nowMs };
  return eventOf({ at: city, sources, ...times, changedMs: nowMs });
}

/** Stores in these cities are to be left; all others are calm, and have been for a year. */
export function dangerAt(
  stage: Stage,
  events: readonly HazardEvent[],
  cities: readonly string[],
): Danger {
  const left: StanceState = { stance: 'leave', calmSinceMs: Number.POSITIVE_INFINITY };
  return {
    atMs: stage.clock.nowMs(),
    events,
    stances: new Map(cities.map((city) => [stage.idOf(city), left])),
  };
}

/** Nothing is feared any more, and has not been for so many hours. */
export function calmFor(stage: Stage, hours: number): Danger {
  const nowMs = stage.clock.nowMs();
  const calmSinceMs = nowMs - hours * HOUR_MS;
  const state: StanceState = { stance: hours >= 72 ? 'calm' : 'leave', calmSinceMs };
  const stances = new Map([...stage.stores.keys()].map((city) => [stage.idOf(city), state]));
  return { atMs: nowMs, events: [], stances };
}
