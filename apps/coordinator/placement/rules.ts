// What a further copy should keep, the dearest rule first; the last is given up first. Breaking a dear rule
// outweighs breaking all cheaper ones, over all copies that a pack may have.
import { MAX_COPIES } from '@kura/base';

export const RULES = ['home distance', 'power area', 'copy distance', 'cipher suite'] as const;
export type Rule = (typeof RULES)[number];

/** Nearer than this, one disaster reaches both. */
export const MIN_DISTANCE_KM = 300;
/** A shelf adds parity (at most a quarter) and tables to a pack; the rest keeps a disk from being filled. */
export const ROOM_FACTOR = 1.5;

/** The broken rules of one copy as a number; those of several copies are added up. */
export function ruleCost(isBroken: Readonly<Record<Rule, boolean>>): number {
  return RULES.reduce((sum, rule) => sum * (MAX_COPIES + 1) + (isBroken[rule] ? 1 : 0), 0);
}
