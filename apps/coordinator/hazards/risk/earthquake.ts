// From an earthquake to damage at a site: intensity, acceleration, fragility, aftershocks. Each formula is a
// published one, with its parameters in data/risk/parameters.json.
import { KuraError } from '@kura/base';
import { normalBelow } from './normal.ts';
import { type Fragility, riskParameters } from './parameters.ts';

/** Both outcomes at one site, 0–1 each. */
export interface Outcomes {
  readonly lost: number;
  readonly unreachable: number;
}

export const NO_OUTCOMES: Outcomes = { lost: 0, unreachable: 0 };

/** Modified Mercalli intensity at `hypocentralKm` from an earthquake (Allen, Wald, Worden 2012). */
export function intensityMmi(magnitude: number, hypocentralKm: number): number {
  const { r0, r1, c0, c1, c2, c4, farKm } = riskParameters().earthquake.intensity;
  const nearKm = r0 + r1 * Math.exp(magnitude - 5);
  const near = c0 + c1 * magnitude + c2 * Math.log(Math.hypot(hypocentralKm, nearKm));
  return hypocentralKm > farKm ? near + c4 * Math.log(hypocentralKm / farKm) : near;
}

/** Peak ground acceleration, g, that goes with an intensity (Worden et al. 2012). */
export function accelerationG(mmi: number): number {
  const { breakMmi, low, high, gravityCmS2 } = riskParameters().earthquake.acceleration;
  const [a, b] = mmi <= breakMmi ? low : high;
  return 10 ** ((mmi - a) / b) / gravityCmS2;
}

export interface Building {
  /** HAZUS: C2M, S3, W1 … */
  readonly type: string;
  /** pre, low, moderate, high. */
  readonly code: string;
}

/** Throws `usage` for a class that HAZUS, as far as it is in the table, does not have. */
export function fragilityOf(
  building: Building = riskParameters().earthquake.unknownBuilding,
): Fragility {
  const medians = riskParameters().earthquake.medianAccelerationG[building.type]?.[building.code];
  if (medians !== undefined) return medians;
  throw new KuraError('usage', `no building class ${building.type} ${building.code} is known`, {
    guidance: 'Name a HAZUS class and code level of data/risk/parameters.json, such as C2M high.',
  });
}

/** Probability of damage of each state or worse: slight, moderate, extensive, complete. */
export function damageOf(pgaG: number, medians: Fragility): Fragility {
  const { beta } = riskParameters().earthquake;
  const reached = (median: number): number => normalBelow(Math.log(pgaG / median) / beta);
  const [slight, moderate, extensive, complete] = medians;
  return [reached(slight), reached(moderate), reached(extensive), reached(complete)];
}

export function outcomesOfShaking(mmi: number, medians: Fragility): Outcomes {
  const [, moderate, extensive, complete] = damageOf(accelerationG(mmi), medians);
  const { lossOfExtensive } = riskParameters().earthquake;
  return { lost: complete + lossOfExtensive * (extensive - complete), unreachable: moderate };
}

export interface AftershockWindow {
  /** Days after the main shock. */
  readonly fromDays: number;
  readonly toDays: number;
}

/** Expected number of aftershocks of `magnitude` or more (Reasenberg and Jones 1989). */
export function aftershocksExpected(
  mainMagnitude: number,
  magnitude: number,
  { fromDays, toDays }: AftershockWindow,
): number {
  const { a, b, c, p } = riskParameters().earthquake.aftershocks;
  const integral = ((fromDays + c) ** (1 - p) - (toDays + c) ** (1 - p)) / (p - 1);
  return 10 ** (a + b * (mainMagnitude - magnitude)) * integral;
}

/** Outcomes of the aftershocks of a window, all of them where the main shock was. */
export function outcomesOfAftershocks(
  main: { readonly magnitude: number; readonly hypocentralKm: number },
  medians: Fragility,
  window: AftershockWindow,
): Outcomes {
  const { belowMain, aboveMain, binWidth } = riskParameters().earthquake.aftershocks;
  let lost = 0;
  let unreachable = 0;
  const bins = Math.round((belowMain + aboveMain) / binWidth);
  for (let bin = 0; bin < bins; bin++) {
    const from = main.magnitude - belowMain + bin * binWidth;
    const expected = (magnitude: number): number =>
      aftershocksExpected(main.magnitude, magnitude, window);
    const count = expected(from) - expected(from + binWidth);
    const each = outcomesOfShaking(intensityMmi(from + binWidth / 2, main.hypocentralKm), medians);
    lost += count * each.lost;
    unreachable += count * each.unreachable;
  }
  return { lost: -Math.expm1(-lost), unreachable: -Math.expm1(-unreachable) };
}
