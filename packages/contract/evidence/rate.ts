// How much a device decays, and how much devices decay. Whoever imitates decay has to stay below the second number:
// that is all that holds a careful one.
import { GIB } from '@kura/base';
import type { Examination } from '../audit/examination.ts';
import { leavesOf, runsOf } from './places.ts';
import type { DeviceRate } from './verdict.ts';

/**
 * Places of a device in 30 days. Larger: more can be taken away under the name of decay. Smaller: dying devices are
 * called strange. Chosen, not measured: field studies give shares of disks and locality, not this number.
 */
export const MAX_PLACES_PER_DEVICE = 40;
/** Without a single error of the medium: silent corruption is rarer by an order of magnitude (FAST 2008). */
const MAX_SILENT_PLACES_PER_TIB = 4;
const MIN_SILENT_PLACES = 8;
const TIB = 1024 * GIB;
/** Share of a copy's leaves from which on nothing of it is left. */
const GONE_SHARE = 0.9;
const CONFIDENCE = 0.99;

/** It is missing, or all but nothing of it is right: that is a loss, whatever caused it. */
export function isGone({ state, leafCount, wrongLeaves }: Examination): boolean {
  if (state === 'missing') return true;
  return state === 'damaged' && wrongLeaves >= GONE_SHARE * leafCount;
}

/** Of several examinations of a copy the last one counts. */
export function rateOf(examinations: readonly Examination[], heldBytes: number): DeviceRate {
  const lastOf = new Map<string, Examination>();
  for (const one of examinations) {
    const known = lastOf.get(one.copyId);
    if (known === undefined || known.timeMs <= one.timeMs) lastOf.set(one.copyId, one);
  }
  let [places, lost, hasMediumErrors] = [0, 0, false];
  for (const one of lastOf.values()) {
    hasMediumErrors ||= hasMediumError(one);
    if (isGone(one)) lost++;
    else places += runsOf(leavesOf(one)).length;
  }
  const plausible = hasMediumErrors ? MAX_PLACES_PER_DEVICE : silentPlaces(heldBytes);
  const upperMilli = Math.ceil(upperBound(places) * 1000);
  return { places, lost, heldBytes, upperMilli, plausible, isPlausible: places <= plausible };
}

export function hasMediumError({ mediumErrors, findings }: Examination): boolean {
  return (
    mediumErrors > 0 ||
    findings.some(({ kind, errno }) => kind === 'unreadable' || errno !== undefined)
  );
}

function silentPlaces(heldBytes: number): number {
  const byBytes = Math.floor((MAX_SILENT_PLACES_PER_TIB * heldBytes) / TIB);
  return Math.min(MAX_PLACES_PER_DEVICE, Math.max(MIN_SILENT_PLACES, byBytes));
}

const BISECTIONS = 50;

/** Exact Poisson: the mean above which so few events are seen with probability 1 − `CONFIDENCE`. */
export function upperBound(events: number): number {
  let [low, high] = [events, 2 * events + 10];
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (atMost(events, middle) > 1 - CONFIDENCE) low = middle;
    else high = middle;
  }
  return high;
}

/** Probability of `events` or fewer, by logarithms: means are hundreds, and their exponentials nothing. */
function atMost(events: number, mean: number): number {
  let [term, sum] = [-mean, 0];
  for (let count = 0; count <= events; count++) {
    sum += Math.exp(term);
    term += Math.log(mean) - Math.log(count + 1);
  }
  return sum;
}
