// What all parts of a map are drawn with: its width, its colours, and areas that may cross its edge.
import type { HazardView } from '@kura/contract/wire/endpoints/hazards.ts';
import { circleRing, type Place, type Projection } from './projection.ts';
import { pathOf } from './svg.ts';

export const WIDTH = 1600;

export const COLOURS = {
  paper: '#0a1626',
  sea: '#0f2440',
  seaEdge: '#16345c',
  land: '#27496d',
  shore: '#3f6b97',
  line: '#1d3d66',
  text: '#e8f1fb',
  faint: '#8fb0d3',
  calm: '#4fd1a5',
  watch: '#f6c85f',
  leave: '#ff6b5e',
  move: '#7fd4ff',
} as const;

/** What crosses the edge is drawn on both sides of it; the rest is cut off. */
export function drawRing(ring: readonly Place[], projection: Projection): string {
  return [-1, 0, 1]
    .map((turns) => ring.map((place) => projection.pointOf(place, turns)))
    .filter((points) => points.some(({ x }) => x >= 0 && x <= WIDTH))
    .map((points) => pathOf(points))
    .join('');
}

/** An outline of the contract as places. */
export function outlinePlaces(outline: NonNullable<HazardView['outlines']>[number]): Place[] {
  const { ring = [], circle } = outline;
  if (circle !== undefined) return circleRing(circle, Math.max(circle.radiusKm, 15));
  const places: Place[] = [];
  for (let at = 0; at + 1 < ring.length; at += 2) {
    places.push({ lat: ring[at] ?? 0, lon: ring[at + 1] ?? 0 });
  }
  return places;
}
