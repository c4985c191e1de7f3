// What an attacker or a failing medium does to bytes, texts and JSON: one to three changes drawn from a
// seed. It knows nothing of the formats; now and then it changes nothing, because what is valid must still
// be accepted.
import type { SeededRandom } from '@kura/testing';

const UNCHANGED = 0.08;
const MAX_CHANGES = 3;
const MAX_RUN = 64;
/** Lengths and counts that break arithmetic: as bytes of u16, u32, u64 and varints at once. */
const EXTREMES: readonly (readonly number[])[] = [
  [0],
  [0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff],
  [0, 0, 0, 0x80],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
];

type Change = (bytes: Uint8Array, random: SeededRandom, other: Uint8Array) => Uint8Array;

/** Where a change begins; heads of formats are where the lengths are. */
function placeIn(bytes: Uint8Array, random: SeededRandom): number {
  const limit = random.chance(0.4) ? Math.min(bytes.length, 64) : bytes.length;
  return limit === 0 ? 0 : random.below(limit);
}

function sectionOf(bytes: Uint8Array, random: SeededRandom): { from: number; to: number } {
  const from = placeIn(bytes, random);
  return { from, to: Math.min(bytes.length, from + 1 + random.below(4 * MAX_RUN)) };
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts));

const CHANGES: readonly Change[] = [
  function flip(bytes, random) {
    const at = placeIn(bytes, random);
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
    return flipped;
  },
  function run(bytes, random) {
    const changed = bytes.slice();
    const at = placeIn(bytes, random);
    const length = Math.min(1 + random.below(MAX_RUN), bytes.length - at);
    changed.set(random.chance(0.5) ? new Uint8Array(length) : random.bytes(length), at);
    return changed;
  },
  (bytes, random) => bytes.slice(0, placeIn(bytes, random)),
  (bytes, random) => joined(bytes, random.bytes(1 + random.below(MAX_RUN))),
  function splice(bytes, random, other) {
    return joined(
      bytes.subarray(0, placeIn(bytes, random)),
      other.subarray(placeIn(other, random)),
    );
  },
  function extreme(bytes, random) {
    const changed = bytes.slice();
    const at = placeIn(bytes, random);
    changed.set(random.pick(EXTREMES).slice(0, bytes.length - at), at);
    return changed;
  },
  function duplicate(bytes, random) {
    const { from, to } = sectionOf(bytes, random);
    return joined(bytes.subarray(0, to), bytes.subarray(from));
  },
  function swap(bytes, random) {
    const { from, to } = sectionOf(bytes, random);
    const middle = from + random.below(to - from + 1);
    const [head, tail] = [bytes.subarray(0, from), bytes.subarray(to)];
    return joined(head, bytes.subarray(middle, to), bytes.subarray(from, middle), tail);
  },
];

/** One of the valid samples, changed. */
export function mutate(random: SeededRandom, samples: readonly Uint8Array[]): Uint8Array {
  let bytes = random.pick(samples);
  if (random.chance(UNCHANGED)) return bytes.slice();
  for (let count = 1 + random.below(MAX_CHANGES); count > 0; count--) {
    bytes = random.pick(CHANGES)(bytes, random, random.pick(samples));
  }
  return bytes;
}

/** Characters that parsers trip over: beyond bytes, beyond the plane, half a pair, not printable. */
const ODD_TEXTS = [
  '',
  '=',
  ',',
  '"',
  '\n',
  '\r',
  '\0',
  '\ufeff',
  '\ud800',
  '\u012f',
  '😀',
  '東',
  '1e999',
];

/** A text in which bytes were changed, or an odd text put somewhere. */
export function mutateText(random: SeededRandom, samples: readonly string[]): string {
  const sample = random.pick(samples);
  if (random.chance(0.4)) {
    const at = random.below(sample.length + 1);
    const odd = random.chance(0.02) ? 'x'.repeat(300_000) : random.pick(ODD_TEXTS);
    return sample.slice(0, at) + odd + sample.slice(random.chance(0.5) ? at : at + 1);
  }
  const bytes = samples.map((text) => Buffer.from(text, 'utf8'));
  return Buffer.from(mutate(random, bytes)).toString('utf8');
}

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  '',
  'x'.repeat(10_000),
  0,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  2 ** 32,
  [],
  {},
  [[[[]]]],
  JSON.parse('{"__proto__":{"length":5},"constructor":1}'),
];

/** A JSON value with one field anywhere in it replaced, removed or doubled. */
export function mutateValue(random: SeededRandom, value: unknown): unknown {
  if (random.chance(UNCHANGED)) return value;
  if (typeof value !== 'object' || value === null || random.chance(0.05)) {
    return random.pick(ODD_VALUES);
  }
  const fields: [string, unknown][] = Object.entries(value);
  if (fields.length === 0) return random.pick(ODD_VALUES);
  const index = random.below(fields.length);
  const [name, inner] = fields[index] ?? ['', undefined];
  const choice = random.below(6);
  if (choice === 0) fields.splice(index, 1);
  else if (choice === 1) fields.push([`${name}2`, inner]);
  else if (choice === 2 && fields.length > 1) fields[index] = [name, random.pick(fields)[1]];
  else if (choice === 3) fields[index] = [name, random.pick(ODD_VALUES)];
  else fields[index] = [name, mutateLeaf(random, inner)];
  return Array.isArray(value) ? fields.map(([, field]) => field) : Object.fromEntries(fields);
}

function mutateLeaf(random: SeededRandom, value: unknown): unknown {
  if (typeof value === 'string') return mutateText(random, [value]);
  if (typeof value === 'number')
    return random.pick([value + 1, -value, value / 3, value * 2 ** 40]);
  return mutateValue(random, value);
}
