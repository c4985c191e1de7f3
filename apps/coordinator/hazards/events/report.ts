// What one message says about one thing, in one shape for all feeds: parsers make reports, the event book
// makes events of them. A message about two things (a tsunami and its earthquake) gives two reports.
import type { Coordinates } from '../../placement/distance.ts';
import type {
  CycloneForecast,
  EventKind,
  EventSource,
  Hint,
  MessageType,
  ShakeGrid,
  StoreOutage,
  Zone,
} from './hazard-event.ts';

/** An origin as far as a message knows it. */
export interface QuakeReport {
  readonly originMs?: number;
  readonly epicentre?: Coordinates;
  readonly depthKm?: number;
  readonly magnitude?: number;
  readonly isMagnitudeAssumed?: boolean;
  readonly maxIntensityMmi?: number;
  readonly shakeGrid?: ShakeGrid;
}

export interface Report {
  readonly source: EventSource;
  /** Of the message; other messages refer to it by this. */
  readonly identifier: string;
  /** Reports of one source and one stream replace each other, the newer the older. */
  readonly stream: string;
  /** What the thing goes by in the world, "jma:20110311144640": reports that share one are of one event. */
  readonly names: readonly string[];
  readonly type: MessageType;
  /** "It is over", said by an update; a cancel says "it never was". */
  readonly isAllClear: boolean;
  /** Identifiers of the messages that this one replaces or withdraws. */
  readonly references: readonly string[];

  readonly kind: EventKind;
  readonly title: string;
  readonly zones: readonly Zone[];
  readonly sentMs: number;
  readonly onsetMs?: number;
  /** When the hazard, not the message, ends. */
  readonly endMs?: number;

  readonly quake?: QuakeReport;
  /** The earthquake that a tsunami comes from: by it, two centres' warnings are known as one event. */
  readonly cause?: { readonly originMs: number; readonly epicentre: Coordinates };
  readonly cyclone?: CycloneForecast;
  readonly outage?: StoreOutage;
  readonly hint?: Hint;
  /** Knows the world only through others, and never is the basis of an event that somebody else reports. */
  readonly isSecondHand: boolean;
}
