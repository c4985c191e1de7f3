// How much of the world is remembered. A feed that lies or goes mad fills these, and nothing else.
import { DAY_MS, HOUR_MS } from '@kura/base';
import type { EventKind } from './hazard-event.ts';

/** A bad day has some thousand warnings worldwide; beyond this the oldest ended events are forgotten. */
export const MAX_EVENTS = 20_000;
/** Messages that stand for one event at a time: segments of one warning, zones of one flood. */
export const MAX_REPORTS_PER_EVENT = 200;
/** Long-lived cyclones have about 80 advisories; older messages are in the log. */
export const MAX_CHAIN = 64;
/** The Tohoku earthquake of 2011 goes by seven names at one agency. */
export const MAX_NAMES = 64;
export const MAX_HINTS = 16;
/** Identifiers that updates and cancels have ended, so that a late copy does not bring them back. */
export const MAX_SUPERSEDED = 50_000;
/** Japan has 188 areas of intensity and 66 coasts; one telegram may name them all. */
export const MAX_ZONES = 512;
export const MAX_SHAPES_PER_ZONE = 512;
/** The outline of a large county has about 2,000 points; a coast can have more. */
export const MAX_RING_POINTS = 20_000;
export const MAX_TITLE_CHARACTERS = 200;

/** Longer than this, an agency's end is taken for a slip of the pen, and checked again by new messages. */
export const MAX_LIFE_MS = 60 * DAY_MS;
/** A stale event nobody speaks of any more is over after this. */
export const STALE_MS = DAY_MS;
/** Ended events are kept so long: the slowest fading hazard, ash, has lost 98 % of its weight. */
export const KEEP_ENDED_MS = 30 * DAY_MS;
/** A list that lacks a warning may be a hiccup; lacking it twice it means it. */
export const MISSED_POLLS = 2;

/** How long a warning counts that states no end: CAP 1.2 leaves that to the receiver. */
const DEFAULT_LIFE_MS = 12 * HOUR_MS;
const LIFE_MS: Readonly<Partial<Record<EventKind, number>>> = {
  // The horizon over which aftershocks are reckoned with.
  earthquake: 7 * DAY_MS,
  // Japan lifted the last advisory of March 2011 after 51 hours, without a message in between.
  tsunami: 3 * DAY_MS,
  volcano: 3 * DAY_MS,
  wildfire: 3 * DAY_MS,
};

export function assumedLifeMs(kind: EventKind): number {
  return LIFE_MS[kind] ?? DEFAULT_LIFE_MS;
}
