// Every number of risk, planner and moves, read once from data/risk/parameters.json, where each section
// names its source. What they mean: docs/design/risk.md.
import { readFileSync } from 'node:fs';
import { KuraError } from '@kura/base';
import type { HazardKind } from '../../placement/cities.ts';
import type { Certainty, EventKind, Severity } from '../events/hazard-event.ts';

/** Moderate, severe, extreme. */
type BySeverity = readonly [number, number, number];

/** What an alert of one kind means; probabilities are those of the outcome, given the event there. */
export interface AlertParameters {
  /** e-folding distance from the edge of its zone. */
  readonly reachKm: number;
  /** e-folding time after its end. */
  readonly fadeHours: number;
  readonly lost: BySeverity;
  readonly unreachable: BySeverity;
}

/** Kinds that an alert's severity is enough for; earthquakes and power have models of their own. */
export type AlertKind = Exclude<EventKind, 'earthquake' | 'power' | 'other'>;

/** Median peak acceleration, g, of slight, moderate, extensive and complete damage. */
export type Fragility = readonly [number, number, number, number];

interface DomainParameters {
  readonly perYear: number;
  readonly lost: number;
  readonly unreachable: number;
}

export interface RiskParameters {
  readonly baseRate: {
    readonly eventsPerYearByClass: readonly number[];
    readonly lossGivenEvent: Readonly<Record<HazardKind, number>>;
    readonly unreachableGivenEvent: Readonly<Record<HazardKind, number>>;
    /** e-folding distance over which two places suffer the same event. */
    readonly reachKm: Readonly<Record<HazardKind, number>>;
    /** Expected losses of a copy per year and unit of insurance premium rate. */
    readonly lossPerPremium: number;
    readonly buildingLossesPerYear: number;
    readonly buildingReachKm: number;
  };
  readonly faultDomains: {
    readonly powerArea: DomainParameters;
    readonly operator: DomainParameters;
  };
  readonly earthquake: {
    /** That one may come (Nankai Trough): by severity within a week, and how it would shake the whole coast. */
    readonly advisory: { readonly probability: BySeverity; readonly intensityMmi: number };
    readonly intensity: Readonly<Record<'r0' | 'r1' | 'c0' | 'c1' | 'c2' | 'c4' | 'farKm', number>>;
    /** `[a, b]` stands for `log10(cm/s²) = (MMI − a)/b`. */
    readonly acceleration: {
      readonly breakMmi: number;
      readonly low: readonly [number, number];
      readonly high: readonly [number, number];
      readonly gravityCmS2: number;
    };
    readonly beta: number;
    readonly lossOfExtensive: number;
    readonly reachKm: number;
    readonly fadeHours: number;
    readonly aftershocks: Readonly<
      Record<'a' | 'b' | 'c' | 'p' | 'belowMain' | 'aboveMain' | 'binWidth', number>
    >;
    readonly unknownBuilding: { readonly type: string; readonly code: string };
    readonly medianAccelerationG: Readonly<Record<string, Readonly<Record<string, Fragility>>>>;
  };
  readonly cyclone: {
    /** Basin → season → pairs of hours and nautical miles. */
    readonly coneRadiiNm: Readonly<
      Record<string, Readonly<Record<string, readonly (readonly [number, number])[]>>>
    >;
    readonly sigmaPerCone: number;
    readonly radiusFactor: number;
    readonly stepHours: number;
    readonly lastHours: number;
    readonly draws: number;
    readonly shocks: number;
    readonly damage: { readonly thresholdMs: number; readonly halfMs: number };
    readonly lossOfDamage: number;
  };
  readonly alerts: {
    readonly certainty: Readonly<Record<Certainty, number>>;
    readonly likelyByKind: Readonly<Partial<Record<EventKind, number>>>;
    readonly kinds: Readonly<Record<AlertKind, AlertParameters>>;
    readonly tsunamiExposureByClass: readonly number[];
    readonly tsunamiSafeHeightM: number;
    readonly tsunamiSafeInlandKm: number;
  };
  readonly power: Readonly<
    Record<
      'lost' | 'unreachable' | 'unreachableWithoutFuel' | 'fuelHours' | 'onOneReport' | 'reachKm',
      number
    >
  >;
  readonly joint: Readonly<
    Record<
      'repairDays' | 'originalGone' | 'homeWeakness' | 'unreachableWeight' | 'radii' | 'strengths',
      number
    >
  >;
  readonly decisions: Readonly<
    Record<
      | 'horizonHours'
      | 'watchUnreachable'
      | 'leaveUnreachable'
      | 'leaveLost'
      | 'calmLost'
      | 'calmHours'
      | 'deadlineMargin'
      | 'hourlyCap'
      | 'gain'
      | 'dailyChurn'
      | 'restDays'
      | 'reserveLeast'
      | 'reserveMost'
      | 'roomFactor',
      number
    >
  >;
}

const FILE = new URL('../../../../data/risk/parameters.json', import.meta.url);
const SECTIONS = [
  'baseRate',
  'faultDomains',
  'earthquake',
  'cyclone',
  'alerts',
  'power',
  'joint',
  'decisions',
] as const satisfies readonly (keyof RiskParameters)[];

let read: RiskParameters | undefined;

/** The parameters in force. Throws `corrupt` if a section, or the source of one, is missing. */
export function riskParameters(): RiskParameters {
  read ??= parseParameters(readFileSync(FILE, 'utf8'));
  return read;
}

export function parseParameters(text: string): RiskParameters {
  const sections = JSON.parse(text) as Readonly<Record<string, { readonly source?: string }>>;
  for (const name of SECTIONS) {
    if (sections[name]?.source === undefined) {
      throw new KuraError('corrupt', `data/risk/parameters.json has no ${name} with a source`);
    }
  }
  return sections as unknown as RiskParameters;
}

/** Row of the tables by severity; "minor" and "unknown" are moderate: offices use the words differently. */
export function severityIndex(severity: Severity): 0 | 1 | 2 {
  if (severity === 'extreme') return 2;
  return severity === 'severe' ? 1 : 0;
}
