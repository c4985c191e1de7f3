// What must hold of every event, whatever the feeds said: figures that make sense, sizes within limits, and
// plain data that survives being written down.
import {
  CERTAINTIES,
  EVENT_KINDS,
  EVENT_STATES,
  type HazardEvent,
  SEVERITIES,
  type Shape,
  URGENCIES,
} from '@kura/coordinator/hazards/events/hazard-event.ts';
import {
  MAX_CHAIN,
  MAX_NAMES,
  MAX_RING_POINTS,
  MAX_SHAPES_PER_ZONE,
  MAX_TITLE_CHARACTERS,
  MAX_ZONES,
} from '@kura/coordinator/hazards/events/limits.ts';
import { Violation } from '../kind.ts';

const LATEST_MS = Date.UTC(2101, 0, 1);

function demand(holds: boolean, what: string, event: HazardEvent): void {
  if (!holds) throw new Violation(`${event.id.slice(0, 80)}: ${what}`);
}

const isPlace = ({ lat, lon }: { lat: number; lon: number }, maxLon = 180): boolean =>
  Math.abs(lat) <= 90 && Math.abs(lon) <= maxLon;

function isShape(shape: Shape): boolean {
  if (shape.type === 'circle') {
    return isPlace(shape.centre) && shape.radiusKm >= 0 && shape.radiusKm <= 20_100;
  }
  // Rings run on over the date line, once around at most per turn of the sender's pen.
  return shape.rings.every(
    (ring) =>
      ring.length >= 3 &&
      ring.length <= MAX_RING_POINTS &&
      ring.every((point) => Number.isFinite(point.lon) && isPlace({ ...point, lon: 0 })),
  );
}

const isTime = (timeMs: number): boolean => timeMs >= 0 && timeMs <= LATEST_MS;

function demandFigures(event: HazardEvent): void {
  const { earthquake, cyclone, outage } = event;
  if (earthquake !== undefined) {
    const { magnitude, depthKm, epicentre, originMs, maxIntensityMmi = 0 } = earthquake;
    demand(magnitude >= -10 && magnitude <= 10, 'a magnitude', event);
    demand(depthKm >= 0 && depthKm <= 800, 'a depth', event);
    demand(isPlace(epicentre) && isTime(originMs), 'an origin', event);
    demand(maxIntensityMmi >= 0 && maxIntensityMmi <= 12, 'an intensity', event);
  }
  for (const { leadHours, centre, maxWindKt, radiiNm } of cyclone?.track ?? []) {
    demand(leadHours >= 0 && leadHours <= 240, 'a lead time', event);
    demand(isPlace(centre) && maxWindKt >= 0 && maxWindKt <= 250, 'a point of a track', event);
    const radii = Object.values(radiiNm).flat();
    demand(
      radii.every((radius) => radius >= 0 && radius <= 1500),
      'radii',
      event,
    );
  }
  demand((outage?.fuelHours ?? 0) >= 0, 'hours of fuel', event);
}

function demandZones(event: HazardEvent): void {
  demand(event.zones.length <= MAX_ZONES, 'too many zones', event);
  for (const zone of event.zones) {
    demand(zone.shapes.length <= MAX_SHAPES_PER_ZONE, 'too many shapes', event);
    demand(zone.shapes.every(isShape), 'a shape', event);
    demand(SEVERITIES.includes(zone.severity), 'a severity', event);
    demand(CERTAINTIES.includes(zone.certainty), 'a certainty', event);
    demand(URGENCIES.includes(zone.urgency), 'an urgency', event);
    const { intensityMmi = 0, heightM = 0, onsetMs = 0 } = zone;
    demand(
      intensityMmi >= 0 && intensityMmi <= 12 && heightM >= 0 && heightM <= 100,
      'a zone',
      event,
    );
    demand(isTime(onsetMs), 'the onset of a zone', event);
  }
}

/** Throws a Violation. */
export function demandSense(event: HazardEvent): void {
  demand(
    EVENT_KINDS.includes(event.kind) && EVENT_STATES.includes(event.state),
    'kind or state',
    event,
  );
  demand(event.title.length <= MAX_TITLE_CHARACTERS, 'a long title', event);
  demand(
    event.names.length <= MAX_NAMES && event.chain.length <= MAX_CHAIN,
    'names or chain',
    event,
  );
  const times = [event.onsetMs, event.sentMs, event.firstSeenMs, event.changedMs, event.endMs ?? 0];
  demand(times.every(isTime), 'a time', event);
  demandZones(event);
  demandFigures(event);
  const written = JSON.stringify(event);
  demand(JSON.stringify(JSON.parse(written)) === written, 'no plain data', event);
}
