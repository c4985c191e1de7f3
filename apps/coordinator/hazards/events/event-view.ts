// One event out of all that is said about it now. Between agencies the cautious word counts (the larger
// magnitude); of one agency the newer. What was observed beats what was forecast for the same area.
import {
  CERTAINTIES,
  type Earthquake,
  type EventSource,
  type HazardEvent,
  SEVERITIES,
  URGENCIES,
  type Zone,
} from './hazard-event.ts';
import { MAX_SHAPES_PER_ZONE, MAX_ZONES } from './limits.ts';
import type { Report } from './report.ts';

/** What is reckoned with where no depth is given: most damaging earthquakes are this shallow. */
const DEFAULT_DEPTH_KM = 10;

/** The newest first; of one time those with more to say before those with less. */
function byTrust(reports: readonly Report[]): Report[] {
  const detail = (report: Report): number =>
    (report.cyclone?.track.length ?? 0) + (report.quake?.maxIntensityMmi === undefined ? 0 : 1);
  return [...reports].sort(
    (a, b) => b.sentMs - a.sentMs || detail(b) - detail(a) || (a.stream < b.stream ? -1 : 1),
  );
}

/** Of each agency the newest report that has an origin. */
function originsOf(reports: readonly Report[]): Report[] {
  const origins = new Map<EventSource, Report>();
  for (const report of reports) {
    const { epicentre, magnitude } = report.quake ?? {};
    if (epicentre === undefined || magnitude === undefined || origins.has(report.source)) continue;
    origins.set(report.source, report);
  }
  return [...origins.values()];
}

function earthquakeOf(reports: readonly Report[], onsetMs: number): Earthquake | undefined {
  let strongest: Report | undefined;
  for (const report of originsOf(reports)) {
    const magnitude = report.quake?.magnitude ?? 0;
    if (magnitude > (strongest?.quake?.magnitude ?? Number.NEGATIVE_INFINITY)) strongest = report;
  }
  const { quake } = strongest ?? {};
  if (quake?.epicentre === undefined || quake.magnitude === undefined) return undefined;
  const intensities = reports.flatMap((report) => report.quake?.maxIntensityMmi ?? []);
  const grid = reports.find((report) => report.quake?.shakeGrid !== undefined)?.quake?.shakeGrid;
  return {
    originMs: quake.originMs ?? onsetMs,
    epicentre: quake.epicentre,
    depthKm: quake.depthKm ?? DEFAULT_DEPTH_KM,
    magnitude: quake.magnitude,
    isMagnitudeAssumed: quake.isMagnitudeAssumed ?? false,
    ...(intensities.length === 0 ? {} : { maxIntensityMmi: Math.max(...intensities) }),
    ...(grid === undefined ? {} : { shakeGrid: grid }),
  };
}

/**
 * Zones of all reports, newest first. An intensity for an area counts once: the newest observed, or else the
 * newest forecast one.
 */
function zonesOf(reports: readonly Report[]): Zone[] {
  const keyOf = (zone: Zone): string | undefined =>
    zone.intensityMmi === undefined
      ? undefined
      : zone.codes.map(({ system, code }) => `${system}:${code}`).join();
  const all = reports.flatMap(({ zones }) => zones);
  const observed = new Set<string>();
  for (const zone of all) {
    const key = keyOf(zone);
    if (key !== undefined && zone.certainty === 'observed') observed.add(key);
  }
  const told = new Set<string>();
  const kept = all.filter((zone) => {
    const key = keyOf(zone);
    if (key === undefined) return true;
    if (told.has(key) || (zone.certainty !== 'observed' && observed.has(key))) return false;
    told.add(key);
    return true;
  });
  return kept.slice(0, MAX_ZONES).map((zone) =>
    zone.shapes.length <= MAX_SHAPES_PER_ZONE
      ? zone
      : {
          ...zone,
          shapes: zone.shapes.slice(0, MAX_SHAPES_PER_ZONE),
          unplaced: zone.unplaced + 1,
        },
  );
}

function worst<T extends string>(scale: readonly T[], words: readonly T[], otherwise: T): T {
  return scale[Math.max(-1, ...words.map((word) => scale.indexOf(word)))] ?? otherwise;
}

export type EventContent = Pick<
  HazardEvent,
  | 'source'
  | 'sources'
  | 'title'
  | 'severity'
  | 'certainty'
  | 'urgency'
  | 'zones'
  | 'onsetMs'
  | 'sentMs'
  | 'earthquake'
  | 'cyclone'
  | 'outage'
>;

/** `reports` are those in force, or the last that were. At least one. */
export function contentOf(reports: readonly [Report, ...Report[]]): EventContent {
  const firstHand = reports.filter((report) => !report.isSecondHand);
  const trusted = byTrust(firstHand.length > 0 ? firstHand : reports);
  const [basis] = trusted as [Report, ...Report[]];
  const zones = zonesOf(trusted);
  const onsetMs = Math.min(...trusted.map((report) => report.onsetMs ?? report.sentMs));
  const earthquake = basis.kind === 'earthquake' ? earthquakeOf(trusted, onsetMs) : undefined;
  const cyclone = trusted.find((report) => (report.cyclone?.track.length ?? 0) > 1)?.cyclone;
  const position = trusted.find((report) => report.cyclone !== undefined)?.cyclone;
  const outage = trusted.find((report) => report.outage !== undefined)?.outage;
  const track = cyclone ?? position;
  return {
    source: basis.source,
    sources: [...new Set([...trusted, ...reports].map(({ source }) => source))],
    title: basis.title,
    severity: worst(
      SEVERITIES,
      zones.map(({ severity }) => severity),
      'unknown',
    ),
    certainty: worst(
      CERTAINTIES,
      zones.map(({ certainty }) => certainty),
      'unknown',
    ),
    urgency: worst(
      URGENCIES,
      zones.map(({ urgency }) => urgency),
      'unknown',
    ),
    zones,
    onsetMs,
    sentMs: Math.max(...trusted.map(({ sentMs }) => sentMs)),
    ...(earthquake === undefined ? {} : { earthquake }),
    ...(track === undefined ? {} : { cyclone: track }),
    ...(outage === undefined ? {} : { outage }),
  };
}
