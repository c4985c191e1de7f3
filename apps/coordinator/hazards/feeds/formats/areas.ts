// Areas as messages give them: lists of coordinates, circles, codes. A damaged outline costs that outline,
// not the alert: its area may still be known by others or by its codes.
import { KuraError } from '@kura/base';
import type { Coordinates } from '../../../placement/distance.ts';
import { unwrapRing } from '../../events/geometry.ts';
import type { AreaCode, Shape } from '../../events/hazard-event.ts';
import { MAX_RING_POINTS } from '../../events/limits.ts';
import { needed, placeAt, readNumber } from './values.ts';

/** Half the way around the Earth: a larger circle is everywhere. */
const MAX_RADIUS_KM = 20_100;

/** Where the outlines of codes come from: a table of the project, or zone files fetched before. */
export interface Outlines {
  /** Undefined if nobody knows the outline of this code. */
  shapesOf(code: AreaCode): readonly Shape[] | undefined;
}

export const NO_OUTLINES: Outlines = { shapesOf: () => undefined };

export function ringShape(points: readonly Coordinates[]): Shape {
  if (points.length > MAX_RING_POINTS) {
    throw new KuraError(
      'too_large',
      `an outline has ${points.length} points, ${MAX_RING_POINTS} at most`,
    );
  }
  if (points.length < 3) {
    throw new KuraError('corrupt', `an outline has ${points.length} points, which enclose nothing`);
  }
  return { type: 'polygon', rings: [unwrapRing(points)] };
}

export function circleShape(centre: Coordinates | undefined, radiusKm: number | undefined): Shape {
  const radius = needed(radiusKm, 'the radius of a circle');
  if (!(radius >= 0 && radius <= MAX_RADIUS_KM)) {
    throw new KuraError('corrupt', `a circle has a radius of ${radius} km`);
  }
  return { type: 'circle', centre: needed(centre, 'the centre of a circle'), radiusKm: radius };
}

function readPair(text: string): Coordinates {
  const [lat, lon, ...more] = text.split(',');
  const place = more.length > 0 ? undefined : placeAt(readNumber(lat ?? ''), readNumber(lon ?? ''));
  return needed(place, `the point "${text.slice(0, 40)}" of an area`);
}

/** CAP: "lat,lon lat,lon …"; the last point may repeat the first. */
export function readPolygon(text: string): Shape {
  return ringShape(text.trim().split(/\s+/).map(readPair));
}

/** CAP: "lat,lon radius", kilometres. */
export function readCircle(text: string): Shape {
  const [centre = '', radius = ''] = text.trim().split(/\s+/);
  return circleShape(readPair(centre), readNumber(radius));
}

// ── GeoJSON ───────────────────────────────────────────────────────────────────────────────────────

/** GeoJSON: [lon, lat, …]. */
export function geoJsonPlace(value: unknown): Coordinates | undefined {
  if (!Array.isArray(value)) return undefined;
  const [lon, lat]: unknown[] = value;
  if (typeof lon !== 'number' || typeof lat !== 'number') return undefined;
  return placeAt(lat, lon);
}

function geoJsonRing(value: unknown): readonly Coordinates[] {
  const points: unknown[] = Array.isArray(value) ? value : [];
  const { rings } = ringShape(
    points.map((point) => needed(geoJsonPlace(point), 'a point of an outline')),
  ) as Extract<Shape, { type: 'polygon' }>;
  return rings[0] ?? [];
}

function geoJsonPolygon(value: unknown): Shape {
  const rings: unknown[] = Array.isArray(value) ? value : [];
  if (rings.length === 0) throw new KuraError('corrupt', 'a polygon has no outline');
  return { type: 'polygon', rings: rings.map(geoJsonRing) };
}

/** Shapes of a GeoJSON geometry; none for null, which is how NWS says "by zones". */
export function geoJsonShapes(geometry: unknown): Shape[] {
  if (typeof geometry !== 'object' || geometry === null) return [];
  const { type, coordinates, geometries } = geometry as Readonly<Record<string, unknown>>;
  const list: unknown[] = Array.isArray(coordinates) ? coordinates : [];
  if (type === 'Polygon') return [geoJsonPolygon(coordinates)];
  if (type === 'MultiPolygon') return list.map(geoJsonPolygon);
  if (type === 'Point') return [circleShape(geoJsonPlace(coordinates), 0)];
  if (type === 'GeometryCollection' && Array.isArray(geometries)) {
    const members: unknown[] = geometries;
    // One level, as RFC 7946 asks for: collections inside of collections are left alone.
    return members.flatMap((member) =>
      (member as { type?: unknown } | null)?.type === 'GeometryCollection'
        ? []
        : geoJsonShapes(member),
    );
  }
  return [];
}

/** What is known of codes: their shapes, and how many have none. */
export function placeCodes(
  codes: readonly AreaCode[],
  outlines: Outlines,
): { readonly shapes: readonly Shape[]; readonly unplaced: number } {
  // Many codes may share a shape: all towns of a prefecture.
  const shapes = new Set<Shape>();
  let unplaced = 0;
  for (const code of codes) {
    const known = outlines.shapesOf(code);
    if (known === undefined) unplaced++;
    for (const shape of known ?? []) shapes.add(shape);
  }
  return { shapes: [...shapes], unplaced };
}
