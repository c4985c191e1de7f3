// One thing that happens, or may happen, in the world: what every feed is turned into, and all that risk
// and planner read. Messages come and go; the event stays, and each message changes it. Plain data: it can
// be written as JSON and read back. Times are milliseconds since 1970, UTC; angles degrees, WGS 84.
// How events begin, change and end: docs/design/hazards.md.
import type { Coordinates } from '../../placement/distance.ts';

export const EVENT_KINDS = [
  'earthquake',
  'tsunami',
  'cyclone',
  'wind', // high wind that no cyclone track stands for
  'tornado',
  'flood',
  'surge',
  'winter', // ice, snow, blizzard
  'wildfire',
  'volcano',
  'power', // the grid at a store is down, as the store itself reports
  'other', // something of nature that has no parameters of its own: shown, moves nothing
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export const SOURCES = ['cap', 'nws', 'usgs', 'jma', 'nhc', 'gdacs', 'store'] as const;
export type EventSource = (typeof SOURCES)[number];

// As CAP 1.2 defines them, from least to most. Not comparable between countries: a bush fire with an order
// to evacuate may be "Minor".
export const SEVERITIES = ['unknown', 'minor', 'moderate', 'severe', 'extreme'] as const;
export type Severity = (typeof SEVERITIES)[number];
export const CERTAINTIES = ['unknown', 'unlikely', 'possible', 'likely', 'observed'] as const;
export type Certainty = (typeof CERTAINTIES)[number];
export const URGENCIES = ['unknown', 'past', 'future', 'expected', 'immediate'] as const;
export type Urgency = (typeof URGENCIES)[number];

/**
 * A ring of a polygon. It need not repeat its first point. Longitudes run on over the date line (179, 181),
 * so that neighbouring points are never more than 180° apart; a test of a place tries it at ±360°.
 */
export type Ring = readonly Coordinates[];

export type Shape =
  /** The first ring is the outer border, the others are holes. */
  | { readonly type: 'polygon'; readonly rings: readonly Ring[] }
  /** A radius of 0 is a point: many feeds write an epicentre so. */
  | { readonly type: 'circle'; readonly centre: Coordinates; readonly radiusKm: number };

/** An area that a message names by a code, whose outline it does not give. */
export interface AreaCode {
  /** Whose code: `ugc`, `same`, `jma-earthquake`, `jma-tsunami`, `jma-eew`, or a CAP valueName. */
  readonly system: string;
  readonly code: string;
  readonly name?: string;
}

/** A part of an event's area in which it is equally bad: shapes and codes are a union. */
export interface Zone {
  /** Outlines from the message, and those found for its codes. */
  readonly shapes: readonly Shape[];
  /** Every code of the message; `unplaced` are those that no outline is known for. */
  readonly codes: readonly AreaCode[];
  readonly unplaced: number;
  readonly severity: Severity;
  readonly certainty: Certainty;
  readonly urgency: Urgency;
  /** Modified Mercalli, where the message gives an intensity of shaking; JMA's scale is converted. */
  readonly intensityMmi?: number;
  /** A tsunami's forecast height; 10 or more where the message says only "huge". */
  readonly heightM?: number;
  /** When it reaches this zone, where the message says so and it differs from the event's onset. */
  readonly onsetMs?: number;
}

/** Intensities of shaking on a grid of equal steps, rows from north to south; 40,000 points at most. */
export interface ShakeGrid {
  readonly version: string;
  readonly north: number;
  readonly west: number;
  readonly stepLat: number;
  readonly stepLon: number;
  readonly rows: number;
  readonly columns: number;
  /** Modified Mercalli, row by row, `rows × columns` of them. */
  readonly mmi: readonly number[];
}

export interface Earthquake {
  readonly originMs: number;
  readonly epicentre: Coordinates;
  readonly depthKm: number;
  /** What to reckon with: 9.0 where the agency says only "above 8". */
  readonly magnitude: number;
  /** The agency gave no number, only a lower bound or nothing. */
  readonly isMagnitudeAssumed: boolean;
  /** Highest intensity on land that a ShakeMap or JMA states, Modified Mercalli. */
  readonly maxIntensityMmi?: number;
  /** Of the newest ShakeMap that was read; never of an atlas made years later. */
  readonly shakeGrid?: ShakeGrid;
}

export const WIND_KT = [34, 50, 64] as const;
export type WindKt = (typeof WIND_KT)[number];

/** Nautical miles, in the quadrants north-east, south-east, south-west, north-west; 0 where there is none. */
export type QuadrantRadiiNm = readonly [number, number, number, number];

export interface TrackPoint {
  /** Hours after the synoptic time; 0 is the analysis. */
  readonly leadHours: number;
  readonly centre: Coordinates;
  readonly maxWindKt: number;
  /** Absent where the forecast gives no radius for that wind. */
  readonly radiiNm: Readonly<Partial<Record<WindKt, QuadrantRadiiNm>>>;
}

/** The newest forecast of a cyclone, as issued. */
export interface CycloneForecast {
  /** ATCF: AL, EP, CP, WP, IO, SH. */
  readonly basin: string;
  readonly number: number;
  readonly season: number;
  readonly name?: string;
  readonly synopticMs: number;
  /** By lead time, each once. */
  readonly track: readonly TrackPoint[];
}

/** Power or line at one store, as it reports itself. */
export interface StoreOutage {
  /** The store's or site's id. */
  readonly site: string;
  readonly isGridDown: boolean;
  /** What it lives on: "ups", "generator", "ups+generator". */
  readonly supply?: string;
  readonly fuelHours?: number;
}

/** Estimates of human need, never of damage to a store: shown to people, not used for risk. */
export interface Hint {
  readonly source: 'pager' | 'gdacs';
  readonly level: 'green' | 'yellow' | 'orange' | 'red' | 'pending';
  readonly score?: number;
  readonly atMs: number;
}

export type MessageType = 'alert' | 'update' | 'cancel';

/** One message of the event's chain. */
export interface MessageRef {
  readonly source: EventSource;
  readonly identifier: string;
  readonly type: MessageType;
  readonly sentMs: number;
  readonly receivedMs: number;
}

/**
 * `active`: in force or forecast. `stale`: its message ran out and nothing said that it is over; it counts on,
 * fading. `ended`: over, by word of its source, by its end time, or by absence from two good polls.
 * `cancelled`: withdrawn, it never counted.
 */
export const EVENT_STATES = ['active', 'stale', 'ended', 'cancelled'] as const;
export type EventState = (typeof EVENT_STATES)[number];

export interface HazardEvent {
  /** "earthquake/jma:20110311144640": kind, and the name by which it was first heard of; stays for life. */
  readonly id: string;
  /** Every name it goes by, "usgs:us2000h8ty": aliases of one feed, and of other feeds. */
  readonly names: readonly string[];
  readonly kind: EventKind;
  /** Whose message is the basis of this view; `sources` are all that report it now. */
  readonly source: EventSource;
  readonly sources: readonly EventSource[];
  readonly title: string;

  /** The worst of its zones. */
  readonly severity: Severity;
  readonly certainty: Certainty;
  readonly urgency: Urgency;
  readonly zones: readonly Zone[];

  /** When the hazard itself begins; equals `sentMs` where nothing is said. */
  readonly onsetMs: number;
  /** When the hazard ends (not when the message runs out), by word or by policy; absent: nobody knows. */
  readonly endMs?: number;
  /** True where `endMs` is our policy and no agency's word. */
  readonly isEndAssumed: boolean;
  /** Of the newest message. */
  readonly sentMs: number;
  /** When this network first and last heard of it. */
  readonly firstSeenMs: number;
  readonly changedMs: number;
  readonly state: EventState;
  /** Newest last; the oldest fall out beyond a limit. */
  readonly chain: readonly MessageRef[];

  readonly earthquake?: Earthquake;
  readonly cyclone?: CycloneForecast;
  readonly outage?: StoreOutage;
  readonly hints: readonly Hint[];
}
