// Words of CAP, and magnitudes and intensities, on the scales of an event.
import {
  CERTAINTIES,
  type Certainty,
  SEVERITIES,
  type Severity,
  URGENCIES,
  type Urgency,
} from '../../events/hazard-event.ts';

function oneOf<T extends string>(words: readonly T[], text: string, otherwise: T): T {
  const folded = text.trim().toLowerCase();
  return words.find((word) => word === folded) ?? otherwise;
}

export const readSeverity = (text: string): Severity => oneOf(SEVERITIES, text, 'unknown');
export const readUrgency = (text: string): Urgency => oneOf(URGENCIES, text, 'unknown');

export function readCertainty(text: string): Certainty {
  // CAP 1.0 and 1.1 had "Very Likely"; 1.2 asks to read it so.
  if (/^\s*very likely\s*$/i.test(text)) return 'likely';
  return oneOf(CERTAINTIES, text, 'unknown');
}

/** The worst of them; `unknown` if there are none. */
export function worstSeverity(severities: readonly Severity[]): Severity {
  return (
    SEVERITIES[Math.max(0, ...severities.map((each) => SEVERITIES.indexOf(each)))] ?? 'unknown'
  );
}

/** As an agency may give it; undefined for anything else. */
export function plausibleMagnitude(value: number | undefined): number | undefined {
  return value !== undefined && value >= -5 && value <= 10 ? value : undefined;
}

const MAX_DEPTH_KM = 800;

/** Kilometres. Depths above the ground are small negative numbers; they count as 0. */
export function plausibleDepth(value: number | undefined): number | undefined {
  return value !== undefined && value > -10 && value <= MAX_DEPTH_KM
    ? Math.max(0, value)
    : undefined;
}

/** From an intensity on land where one is known, else from the magnitude alone. */
export function severityOfQuake(magnitude: number | undefined, mmi: number | undefined): Severity {
  if (mmi !== undefined) {
    return mmi >= 8 ? 'extreme' : mmi >= 6.5 ? 'severe' : mmi >= 5 ? 'moderate' : 'minor';
  }
  if (magnitude === undefined) return 'unknown';
  return magnitude >= 7
    ? 'extreme'
    : magnitude >= 6
      ? 'severe'
      : magnitude >= 5
        ? 'moderate'
        : 'minor';
}

/** By wind: hurricane force destroys, storm force damages. */
export function severityOfWind(windKt: number | undefined): Severity {
  if (windKt === undefined) return 'unknown';
  return windKt >= 64 ? 'extreme' : windKt >= 50 ? 'severe' : windKt >= 34 ? 'moderate' : 'minor';
}

/** JMA's scale to Modified Mercalli; the two measure differently, so this is good to half a step. Editorial. */
const MMI_OF_JMA: Readonly<Record<string, number>> = {
  '1': 2,
  '2': 3,
  '3': 4,
  '4': 5.5,
  '5-': 6.5,
  '5+': 7.3,
  '6-': 8.2,
  '6+': 9,
  '7': 10,
};

export function mmiOfJma(intensity: string): number | undefined {
  return Object.hasOwn(MMI_OF_JMA, intensity) ? MMI_OF_JMA[intensity] : undefined;
}
