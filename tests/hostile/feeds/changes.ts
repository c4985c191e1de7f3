// What feeds go through: flipped and lost bytes, wrong values in the right places, parts of other files, and
// now and then a bomb. Every case is made from its own seed.
import type { SeededRandom } from '@kura/testing';
import { mutate, mutateValue } from '../mutate.ts';

const TEXT = { encode: (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8')) };
const decode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

const ODD = [
  '',
  'NaN',
  'Infinity',
  '-1',
  '1e308',
  '1e999',
  '0x10',
  '99999999999999999999',
  '-91',
  '361',
  '2099-12-31T23:59:59Z',
  '0000-00-00T00:00:00Z',
  '2011-02-31T25:61:61+99:99',
  '__proto__',
  'constructor',
  '\u0000',
  '\ud800',
  '&xxe;',
  '&#0;',
  '&#x110000;',
  ']]>',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  '<a xmlns:x="y" x:b="1" x:b="2"/>',
  '90,180 90,-180 -90,-180 90,180',
  '0,0 99999',
  'x'.repeat(400_000),
];

/** A value between delimiters replaced by one that is none, or by a neighbour's. */
function changeValue(text: string, random: SeededRandom): string {
  const values = [...text.matchAll(/(?<=[>"\s,:])[^<>"\s,:]{1,80}(?=[<"\s,])/g)];
  if (values.length === 0) return text;
  const { index, 0: value } = random.pick(values);
  const other = random.chance(0.3) ? random.pick(values)[0] : random.pick(ODD);
  return text.slice(0, index) + other + text.slice(index + value.length);
}

/** An element lost, doubled, or put inside of another. */
function changeElement(text: string, random: SeededRandom): string {
  const elements = [...text.matchAll(/<([\w:]+)(?: [^<>]*)?>[^<]*<\/\1>/g)];
  if (elements.length === 0) return text;
  const { index, 0: element } = random.pick(elements);
  const before = text.slice(0, index);
  const after = text.slice(index + element.length);
  const times = random.pick([0, 0, 2, 3, 50]);
  if (random.chance(0.2)) return `${before}<w>${element}${random.pick(elements)[0]}</w>${after}`;
  return before + element.repeat(times) + after;
}

function changeJson(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  let value: unknown;
  try {
    value = JSON.parse(decode(bytes));
  } catch {
    return bytes; // Already no JSON: another change was here before.
  }
  // Deep inside more often than at the top: that is where readers look.
  return TEXT.encode(JSON.stringify(changeInside(value, random)) ?? 'null');
}

function changeInside(value: unknown, random: SeededRandom): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.15)) {
    return mutateValue(random, value);
  }
  const keys = Object.keys(value);
  if (keys.length === 0) return mutateValue(random, value);
  const key = random.pick(keys);
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<
    string,
    unknown
  >;
  copy[key] = changeInside(copy[key], random);
  return copy;
}

const isJson = (bytes: Uint8Array): boolean => bytes[0] === 0x7b;

const CHANGES: readonly ((bytes: Uint8Array, random: SeededRandom) => Uint8Array)[] = [
  (bytes, random) => mutate(random, [bytes]),
  (bytes, random) => TEXT.encode(changeValue(decode(bytes), random)),
  (bytes, random) =>
    isJson(bytes) ? changeJson(bytes, random) : TEXT.encode(changeElement(decode(bytes), random)),
];

/** What a feed sends that means to break its readers. */
const BOMBS: readonly ((random: SeededRandom) => string)[] = [
  () => '<a>'.repeat(200_000),
  () => `<alert>${'<info/>'.repeat(400_000)}</alert>`,
  () => `<a ${Array.from({ length: 20_000 }, (_, index) => `a${index}="1"`).join(' ')}/>`,
  () => `<!DOCTYPE l [<!ENTITY a "b">${'<!ENTITY c "&a;&a;">'.repeat(1000)}]><l>&c;</l>`,
  () => '['.repeat(500_000),
  () => `{"features":[${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}]}`,
  () => `{"features":[${'{},'.repeat(300_000)}{}]}`,
  () => `<rss><channel>${'<item/>'.repeat(50_000)}</channel></rss>`,
  () => `<feed>${'<entry><link href="https://a/b"/><id>x</id></entry>'.repeat(20_000)}</feed>`,
  () => 'AL, 06, 2018090700, 03, OFCL,   0, 250N,  495W,  60\n'.repeat(60_000),
  () =>
    `{"type":"Polygon","geometry":{"type":"Polygon","coordinates":[[${'[0,0],'.repeat(100_000)}[0,0]]]}}`,
  (random) => 'x'.repeat(17_000_000 + random.below(1000)),
];
const BOMB = 0.003;

/** One of the samples, changed once to three times; untouched now and then; a bomb rarely. */
export function changedFeed(random: SeededRandom, samples: readonly Uint8Array[]): Uint8Array {
  if (random.chance(BOMB)) return TEXT.encode(random.pick(BOMBS)(random));
  let bytes = random.pick(samples);
  if (random.chance(0.05)) return bytes.slice();
  for (let count = 1 + random.below(3); count > 0; count--) {
    bytes = random.pick(CHANGES)(bytes, random);
  }
  return bytes;
}
