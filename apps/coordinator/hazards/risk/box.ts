// A box of latitude and longitude around a zone: most sites are far from most alerts, and a box says so without
// looking at an outline. It may be too large, never too small.
import type { Coordinates } from '../../placement/distance.ts';
import type { Zone } from '../events/hazard-event.ts';

const KM_PER_DEGREE = 110;
const FULL_TURN = 360;

export interface Box {
  readonly south: number;
  readonly north: number;
  readonly middleLon: number;
  readonly halfLon: number;
}

/** Undefined if the zone has no outline. */
export function boxAround(zone: Pick<Zone, 'shapes'>, marginKm: number): Box | undefined {
  let [south, north, west, east] = [90, -90, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let radiusKm = 0;
  for (const shape of zone.shapes) {
    const points = shape.type === 'circle' ? [shape.centre] : (shape.rings[0] ?? []);
    if (shape.type === 'circle') radiusKm = Math.max(radiusKm, shape.radiusKm);
    for (const { lat, lon } of points) {
      south = Math.min(south, lat);
      north = Math.max(north, lat);
      west = Math.min(west, lon);
      east = Math.max(east, lon);
    }
  }
  if (north < south) return undefined;
  const margin = (marginKm + radiusKm) / KM_PER_DEGREE;
  const farthest = Math.min(89, Math.max(Math.abs(south), Math.abs(north)) + margin);
  const halfLon = (east - west) / 2 + margin / Math.cos((farthest * Math.PI) / 180);
  return { south: south - margin, north: north + margin, middleLon: (west + east) / 2, halfLon };
}

export function isInBox({ lat, lon }: Coordinates, box: Box | undefined): boolean {
  if (box === undefined || lat < box.south || lat > box.north) return false;
  const apart = lon - box.middleLon;
  return Math.abs(apart - FULL_TURN * Math.round(apart / FULL_TURN)) <= box.halfLon;
}
