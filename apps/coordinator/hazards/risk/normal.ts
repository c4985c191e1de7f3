// The normal distribution: its upper tail, and fixed points that are spread like draws from it.

/** Chebyshev fit of erfc, relative error below 1.2e-7 everywhere (Press et al., Numerical Recipes, 6.2). */
const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
] as const;

function erfc(x: number): number {
  const z = Math.abs(x);
  const t = 1 / (1 + z / 2);
  let sum = 0;
  for (let index = ERFC.length - 1; index >= 0; index--) sum = sum * t + (ERFC[index] ?? 0);
  const tail = t * Math.exp(-z * z + sum);
  return x >= 0 ? tail : 2 - tail;
}

/** Φ(x): probability, 0–1, that a standard normal value is at most `x`. */
export function normalBelow(x: number): number {
  return erfc(-x / Math.SQRT2) / 2;
}

// Steps of the R2 sequence: powers of the plastic number, the root of x³ = x + 1.
const PLASTIC = 1.324717957244746;

/**
 * `count` points (x, y alternating) spread like two independent standard normal values: a low-discrepancy
 * sequence through Box and Muller's transform. Any beginning of it is spread well, too.
 */
export function normalPoints(count: number): Float64Array {
  const points = new Float64Array(2 * count);
  for (let index = 0; index < count; index++) {
    const u = (0.5 + (index + 1) / PLASTIC) % 1;
    const v = (0.5 + (index + 1) / PLASTIC ** 2) % 1;
    const radius = Math.sqrt(-2 * Math.log(1 - u));
    points[2 * index] = radius * Math.cos(2 * Math.PI * v);
    points[2 * index + 1] = radius * Math.sin(2 * Math.PI * v);
  }
  return points;
}
