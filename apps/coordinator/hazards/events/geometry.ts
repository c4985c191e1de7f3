// Where places lie to areas. Flat geometry around the place itself: exact enough (1 %) up to a few hundred
// kilometres, which is as far as any hazard reaches outside its area; farther off it is only "far".
import { type Coordinates, distanceKm } from '../../placement/distance.ts';
import type { Ring, Shape, Zone } from './hazard-event.ts';

const KM_PER_DEGREE = 111.195;
const FULL_TURN = 360;

/** `ring` with longitudes that run on over the date line: no step of more than 180 degrees. */
export function unwrapRing(ring: Ring): Coordinates[] {
  const unwrapped: Coordinates[] = [];
  let turns = 0;
  let previousLon: number | undefined;
  for (const { lat, lon } of ring) {
    if (previousLon !== undefined) {
      if (lon - previousLon > FULL_TURN / 2) turns -= FULL_TURN;
      else if (previousLon - lon > FULL_TURN / 2) turns += FULL_TURN;
    }
    previousLon = lon;
    unwrapped.push({ lat, lon: lon + turns });
  }
  return unwrapped;
}

/** `ring` without points nearer than `stepKm` to the one before: never off by more than that. Its ends stay. */
export function thinRing(ring: Ring, stepKm: number): Ring {
  let kept: Coordinates | undefined;
  return ring.filter((point, index) => {
    const isEnd = index === 0 || index === ring.length - 1;
    const isNear = kept !== undefined && distanceKm(kept, point) < stepKm;
    if (isNear && !isEnd) return false;
    kept = point;
    return true;
  });
}

interface RingTest {
  readonly isInside: boolean;
  readonly edgeKm: number;
}

/** Squared distance from the origin to the segment between two points of the plane. */
function squaredToSegment(ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, -(ax * dx + ay * dy) / length));
  const [x, y] = [ax + along * dx, ay + along * dy];
  return x * x + y * y;
}

/** The ring on a plane whose origin is the place, shifted by whole turns to where it is nearest. */
function testRing(place: Coordinates, ring: Ring): RingTest {
  const middle = ring[0];
  if (middle === undefined) return { isInside: false, edgeKm: Number.POSITIVE_INFINITY };
  const kmPerLon = KM_PER_DEGREE * Math.max(0.01, Math.cos((place.lat * Math.PI) / 180));
  const turn = Math.round((place.lon - middle.lon) / FULL_TURN) * FULL_TURN - place.lon;
  let isInside = false;
  let squared = Number.POSITIVE_INFINITY;
  const last = ring[ring.length - 1] ?? middle;
  let ax = (last.lon + turn) * kmPerLon;
  let ay = (last.lat - place.lat) * KM_PER_DEGREE;
  for (const point of ring) {
    const bx = (point.lon + turn) * kmPerLon;
    const by = (point.lat - place.lat) * KM_PER_DEGREE;
    if (ay > 0 !== by > 0 && ax - (ay * (bx - ax)) / (by - ay) > 0) isInside = !isInside;
    squared = Math.min(squared, squaredToSegment(ax, ay, bx, by));
    ax = bx;
    ay = by;
  }
  return { isInside, edgeKm: Math.sqrt(squared) };
}

function distanceToPolygonKm(place: Coordinates, rings: readonly Ring[]): number {
  const [outer, ...holes] = rings;
  if (outer === undefined) return Number.POSITIVE_INFINITY;
  const border = testRing(place, outer);
  if (!border.isInside) return border.edgeKm;
  for (const hole of holes) {
    const { isInside, edgeKm } = testRing(place, hole);
    if (isInside) return edgeKm;
  }
  return 0;
}

/** Kilometres from the place to the shape's edge, 0 inside. */
export function distanceToShapeKm(place: Coordinates, shape: Shape): number {
  if (shape.type === 'polygon') return distanceToPolygonKm(place, shape.rings);
  return Math.max(0, distanceKm(place, shape.centre) - shape.radiusKm);
}

/** Kilometres from the place to the nearest shape, 0 inside; infinite where no outline is known. */
export function distanceToZoneKm(place: Coordinates, zone: Pick<Zone, 'shapes'>): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const shape of zone.shapes) {
    nearest = Math.min(nearest, distanceToShapeKm(place, shape));
    if (nearest === 0) break;
  }
  return nearest;
}

/** A point of the shape, for "near enough to be the same thing"; undefined if it has none. */
export function pointOfShape(shape: Shape): Coordinates | undefined {
  if (shape.type === 'circle') return shape.centre;
  const point = shape.rings[0]?.[0];
  if (point === undefined) return undefined;
  return { lat: point.lat, lon: ((((point.lon + 180) % FULL_TURN) + FULL_TURN) % FULL_TURN) - 180 };
}
