// The leaves of a day: how many, at which moments, and which. A day is divided into equal parts with one question
// each, at a random moment of its part: whatever 24 hours one looks at, they contain all parts but one.
import { fromHex, type StoreId } from '@kura/base';
import { Draws, drawDistinct } from './draws.ts';
import { keyFrom } from './seeds.ts';

/** Fewer parts: more of a day's leaves could fall outside some 24 hours. More: more calls. */
export const PARTS = 57;
/** 56 whole parts are 1,400 leaves: a loss of 1 % is missed with 0.99¹⁴⁰⁰ = 7.7 · 10⁻⁷. */
export const LEAVES_PER_PART = 25;
export const LEAVES_PER_DAY = PARTS * LEAVES_PER_PART;
/** A moment is a fraction of a part. */
const MOMENTS = 2 ** 32;

export interface AuditCalendar {
  /** When day 0 began. */
  readonly beganMs: number;
  /** A day; shorter only where audits are tried out. */
  readonly dayMs: number;
}

export function dayAt({ beganMs, dayMs }: AuditCalendar, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - beganMs) / dayMs));
}

export function dayBeginsMs({ beganMs, dayMs }: AuditCalendar, day: number): number {
  return beganMs + day * dayMs;
}

/** One question of a day, before anyone knows which copies its leaves are of. */
export interface DrawnPart {
  /** Since the day began, as a fraction of it. */
  readonly moment: number;
  /** Below the number of all leaves of the store, counted through its copies in their order. */
  readonly leaves: readonly number[];
}

/** All questions of a day to one store. A store with fewer leaves than are drawn is asked for each once. */
export function drawDay(seed: Uint8Array, storeId: StoreId, leafCount: number): DrawnPart[] {
  const draws = new Draws(keyFrom(seed, 'leaves', fromHex(storeId)));
  const moments = Array.from({ length: PARTS }, (_, part) => {
    return (part + draws.below(MOMENTS) / MOMENTS) / PARTS;
  });
  const drawn = drawDistinct(draws, LEAVES_PER_DAY, leafCount);
  const perPart = Math.ceil(drawn.length / PARTS);
  return moments
    .map((moment, part) => ({
      moment,
      leaves: drawn.slice(part * perPart, (part + 1) * perPart),
    }))
    .filter(({ leaves }) => leaves.length > 0);
}
