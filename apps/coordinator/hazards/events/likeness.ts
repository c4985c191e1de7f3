// Whether a report of one agency is about the event that another has told of. Names settle it where they
// are shared; else only kind, time and place are left. An agency knows its own earthquakes and storms apart.
import { HOUR_MS, MINUTE_MS } from '@kura/base';
import { type Coordinates, distanceKm } from '../../placement/distance.ts';
import { pointOfShape } from './geometry.ts';
import type { HazardEvent, Shape, Zone } from './hazard-event.ts';
import type { Report } from './report.ts';

/** Origins of one earthquake by two agencies: JMA's minutes against seconds, and tenths of degrees. */
const QUAKE_MS = 2 * MINUTE_MS;
const QUAKE_KM = 200;
/** A tsunami warning names its earthquake; early origins are rough. */
const CAUSE_MS = 5 * MINUTE_MS;
const CAUSE_KM = 500;
/** Two centres of one cyclone, half a day apart, at 15 knots. */
const CYCLONE_MS = 12 * HOUR_MS;
const CYCLONE_KM = 400;

function isNear(a: Coordinates | undefined, b: Coordinates | undefined, limitKm: number): boolean {
  return a !== undefined && b !== undefined && distanceKm(a, b) <= limitKm;
}

function isAlikeQuake(report: Report, event: HazardEvent): boolean {
  const { earthquake } = event;
  const { originMs, epicentre } = report.quake ?? {};
  return (
    earthquake !== undefined &&
    originMs !== undefined &&
    Math.abs(originMs - earthquake.originMs) <= QUAKE_MS &&
    isNear(epicentre, earthquake.epicentre, QUAKE_KM)
  );
}

function pointsOf(zones: readonly Zone[]): Coordinates[] {
  const shapes: Shape[] = zones.flatMap((zone) => zone.shapes);
  return shapes.map(pointOfShape).filter((point) => point !== undefined);
}

/** A point of one lies near a point of the other that is about the same time. */
function isAlikeCyclone(report: Report, event: HazardEvent): boolean {
  const track = report.cyclone ?? event.cyclone;
  if (track === undefined || (report.cyclone !== undefined && event.cyclone !== undefined)) {
    // Two tracks have two names; only GDACS, which has none, is left to be told by its place.
    return false;
  }
  const other = report.cyclone === undefined ? report : event;
  const atMs = other.onsetMs ?? other.sentMs;
  const places = pointsOf(other.zones);
  return track.track.some((point) => {
    const pointMs = track.synopticMs + point.leadHours * HOUR_MS;
    return (
      Math.abs(pointMs - atMs) <= CYCLONE_MS &&
      places.some((place) => isNear(place, point.centre, CYCLONE_KM))
    );
  });
}

export type Cause = NonNullable<Report['cause']>;

export function isSameCause(a: Cause | undefined, b: Cause | undefined): boolean {
  return (
    a !== undefined &&
    b !== undefined &&
    Math.abs(a.originMs - b.originMs) <= CAUSE_MS &&
    isNear(a.epicentre, b.epicentre, CAUSE_KM)
  );
}

/** `causes` are those that the event's reports name. */
export function isAlike(report: Report, event: HazardEvent, causes: readonly Cause[]): boolean {
  if (report.kind !== event.kind) return false;
  // Many warnings of one office may be about one storm.
  if (report.kind === 'cyclone') return isAlikeCyclone(report, event);
  if (event.sources.includes(report.source)) return false;
  if (report.kind === 'earthquake') return isAlikeQuake(report, event);
  if (report.kind === 'tsunami') return causes.some((cause) => isSameCause(report.cause, cause));
  return false;
}
