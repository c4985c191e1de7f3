// GF(2^8) with polynomial 0x11d and generator 2, byte by byte: what the solver needs to prepare constants.
// Work on whole leaves is in parity.wat.

const POLYNOMIAL = 0x11d;

const POWERS = new Uint8Array(255);
const LOGARITHMS = new Uint8Array(256);
let power = 1;
for (let exponent = 0; exponent < 255; exponent++) {
  POWERS[exponent] = power;
  LOGARITHMS[power] = exponent;
  power = power < 128 ? power * 2 : (power * 2) ^ POLYNOMIAL;
}

export function powerOfTwo(exponent: number): number {
  return POWERS[exponent % 255] ?? 0;
}

export function product(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  return powerOfTwo((LOGARITHMS[a] ?? 0) + (LOGARITHMS[b] ?? 0));
}

/** Of anything but 0. */
export function inverse(a: number): number {
  return powerOfTwo(255 - (LOGARITHMS[a] ?? 0));
}

/** Products of `constant` with 0 to 15, then with 0, 16, 32 … 240. */
export function constantTables(constant: number): Uint8Array {
  const tables = new Uint8Array(32);
  for (let half = 0; half < 16; half++) {
    tables[half] = product(constant, half);
    tables[16 + half] = product(constant, half << 4);
  }
  return tables;
}
