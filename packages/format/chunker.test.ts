// The cut rule against its plain form, and what deduplication relies on: cuts follow from content and key
// alone, wherever a scan begins and however the window was filled.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { type NetworkShape, SMALL_SHAPE, STANDARD_SHAPE } from '@kura/base';
import { CUT_CONTEXT_BYTES, createChunker, cutThreshold } from './chunker.ts';

// ── The rule in its plain form ────────────────────────────────────────────────────────────────────

const rotate = (value: number, by: number): number => ((value << by) | (value >> (8 - by))) & 255;

function tableValue(key: Uint8Array, byte: number): number {
  return (key[byte & 15] ?? 0) ^ (key[16 + (byte >> 4)] ?? 0);
}

/** Stage 1, the cyclic polynomial of the 8 bytes that end at `last`. */
function polynomial(key: Uint8Array, bytes: Uint8Array, last: number): number {
  let sum = 0;
  for (let back = 0; back < 8; back++) {
    sum ^= rotate(tableValue(key, bytes[last - back] ?? 0), back);
  }
  return sum;
}

/** Stage 2, the upper half of the mix of the 32 bytes that end at `last`. */
function mix(key: Uint8Array, bytes: Uint8Array, last: number): number {
  const keyView = new DataView(key.buffer, key.byteOffset);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let state = keyView.getBigUint64(32, true) | 1n;
  for (let word = 0; word < 4; word++) {
    state ^= view.getBigUint64(last - 31 + 8 * word, true);
    state = BigInt.asUintN(64, state * (keyView.getBigUint64(32 + 8 * word, true) | 1n));
    if (word < 3) state ^= state >> 32n;
  }
  return Number(state >> 32n);
}

/** Every candidate of a file, ascending. */
function candidatesOf(key: Uint8Array, file: Uint8Array, shape: NetworkShape): number[] {
  const threshold = cutThreshold(shape);
  const found: number[] = [];
  for (let cut = CUT_CONTEXT_BYTES; cut <= file.length; cut++) {
    const last = cut - 1;
    const sum = polynomial(key, file, last) + polynomial(key, file, last - 8);
    if ((sum & 255) === 0xa9 && mix(key, file, last) < threshold) found.push(cut);
  }
  return found;
}

/** Ends of all chunks of a file. */
function plainCuts(key: Uint8Array, file: Uint8Array, shape: NetworkShape): number[] {
  const candidates = candidatesOf(key, file, shape);
  const cuts: number[] = [];
  let from = 0;
  while (from < file.length) {
    const limit = from + shape.maxChunkBytes;
    const next = candidates.find((cut) => cut >= from + shape.minChunkBytes && cut <= limit);
    from = Math.min(next ?? limit, file.length);
    cuts.push(from);
  }
  return cuts;
}

// ── Inputs ────────────────────────────────────────────────────────────────────────────────────────

function generator(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function noise(length: number, seed: number): Uint8Array {
  const next = generator(seed);
  return Uint8Array.from({ length }, () => next() >>> 11);
}

function logText(length: number, seed: number): Uint8Array {
  const next = generator(seed);
  let text = '';
  while (text.length < length) {
    text += `2026-11-21T07:${next() % 60}:${next() % 60}Z host${next() % 9} `;
    text += `GET /items/${next() % 99999} 200\n`;
  }
  return new Uint8Array(Buffer.from(text.slice(0, length), 'latin1'));
}

const KEY = noise(64, 1);

/** v(b) = b, so that a byte can be chosen for each sum that is wanted. */
const TRANSPARENT_KEY = Uint8Array.from(KEY, (byte, index) => {
  if (index >= 32) return byte;
  return index < 16 ? index : (index - 16) << 4;
});

/** Every position passes stage 1 under the transparent key: the worst that content can do to speed. */
function hitsEverywhere(length: number): Uint8Array {
  const bytes = noise(length, 5);
  for (let last = 16; last < length; last++) {
    bytes[last] = 0;
    const wanted = (0xa9 - polynomial(TRANSPARENT_KEY, bytes, last - 8)) & 255;
    bytes[last] = polynomial(TRANSPARENT_KEY, bytes, last) ^ wanted;
  }
  return bytes;
}

const LENGTH = 140_000;
const INPUTS: ReadonlyArray<readonly [name: string, key: Uint8Array, file: Uint8Array]> = [
  ['random bytes', KEY, noise(LENGTH, 2)],
  ['log text', KEY, logText(LENGTH, 3)],
  ['two letters', KEY, noise(LENGTH, 4).map((byte) => 0x30 + (byte & 1))],
  ['zeros', KEY, new Uint8Array(LENGTH)],
  ['hits of stage 1 everywhere', TRANSPARENT_KEY, hitsEverywhere(LENGTH)],
  ['fewer bytes than a minimum', KEY, noise(700, 6)],
];

// ── Scans through the chunker ─────────────────────────────────────────────────────────────────────

interface Filling {
  /** Bytes per read. */
  readonly step: number;
  /** Where in the window a refill puts the bytes that are kept, at least the context. */
  readonly keep: number;
}

/** Cuts a file through the window, as a reader does that gets `step` bytes at a time. */
function cutsOf(
  key: Uint8Array,
  file: Uint8Array,
  shape: NetworkShape,
  filling: Filling,
): number[] {
  const chunker = createChunker({ chunkerKey: key, shape });
  const { window } = chunker;
  const cuts: number[] = [];
  let base = 0;
  let from = 0;
  let filled = 0;
  let searched = 0;
  while (base + from < file.length) {
    const cut = chunker.nextCut(from, filled, searched);
    if (cut >= 0) {
      cuts.push(base + cut);
      from = cut;
      searched = 0;
      continue;
    }
    searched = filled;
    if (base + filled === file.length) {
      cuts.push(file.length);
      break;
    }
    if (filled + filling.step > window.length) {
      const shift = Math.max(0, from - filling.keep);
      window.copyWithin(0, shift, filled);
      window.fill(0xee, filled - shift);
      [base, from, filled, searched] = [
        base + shift,
        from - shift,
        filled - shift,
        searched - shift,
      ];
    }
    const piece = file.subarray(base + filled, base + filled + filling.step);
    window.set(piece, filled);
    filled += piece.length;
  }
  return cuts;
}

const WHOLE: Filling = { step: 8192, keep: 32 };

function chunkNames(file: Uint8Array, cuts: readonly number[]): Set<string> {
  let from = 0;
  return new Set(
    cuts.map((cut) => {
      const name = hash('sha256', file.subarray(from, cut));
      from = cut;
      return name;
    }),
  );
}

// ── Tests ─────────────────────────────────────────────────────────────────────────────────────────

for (const [name, key, file] of INPUTS) {
  test(`WASM and the plain rule find the same candidates: ${name}`, () => {
    const chunker = createChunker({ chunkerKey: key, shape: SMALL_SHAPE });
    const { window } = chunker;
    const expected = candidatesOf(key, file, SMALL_SHAPE);
    const found: number[] = [];
    const room = window.length - 64;
    for (let base = 0; base < file.length; base += room - 32) {
      const piece = file.subarray(base, base + room);
      window.set(piece);
      for (let from = 0; ; ) {
        const candidate = chunker.firstCandidate(from, piece.length + 1);
        if (candidate < 0) break;
        if (base === 0 || candidate > 32) found.push(base + candidate);
        from = candidate + 1;
      }
    }
    assert.deepEqual(found, expected);
  });

  test(`WASM and the plain rule cut alike, however the window is filled: ${name}`, () => {
    const expected = plainCuts(key, file, SMALL_SHAPE);
    for (const step of [8192, 4096, 1000, 17]) {
      for (const keep of [32, 33, 47, 4096]) {
        assert.deepEqual(
          cutsOf(key, file, SMALL_SHAPE, { step, keep }),
          expected,
          `${step} ${keep}`,
        );
      }
    }
  });
}

test('the inputs have candidates, and the worst of them passes stage 1 everywhere', () => {
  for (const [name, key, file] of INPUTS.slice(0, 3)) {
    const count = candidatesOf(key, file, SMALL_SHAPE).length;
    assert.ok(count > 15 && count < 120, `${name}: ${count}`);
  }
  const worst = hitsEverywhere(5000);
  for (let last = 32; last < worst.length; last++) {
    const sum =
      polynomial(TRANSPARENT_KEY, worst, last) + polynomial(TRANSPARENT_KEY, worst, last - 8);
    assert.equal(sum & 255, 0xa9);
  }
});

test('a seam is found from any start and with any bytes before the context', () => {
  const file = noise(60_000, 7);
  const candidates = candidatesOf(KEY, file, SMALL_SHAPE);
  const chunker = createChunker({ chunkerKey: KEY, shape: SMALL_SHAPE });
  for (let start = 100; start < 40_000; start += 997) {
    chunker.window.fill(start & 255);
    const shift = start % 61;
    const context = file.subarray(start - CUT_CONTEXT_BYTES, start + 16_384);
    chunker.window.set(context, shift);
    const from = shift + CUT_CONTEXT_BYTES;
    const found = chunker.firstCandidate(from, shift + context.length);
    const expected = candidates.find((cut) => cut >= start && cut < start + 16_384);
    assert.equal(found, expected === undefined ? -1 : expected - start + from);
  }
});

test('a candidate at either end of a range is found, and none outside, at every alignment', () => {
  const shape = { ...STANDARD_SHAPE, minChunkBytes: 1024, averageChunkBytes: 65536 };
  const file = noise(LENGTH, 12);
  const candidates = candidatesOf(KEY, file, shape).filter((cut) => cut > 12_000);
  const alone = candidates.find((cut, index) => cut - (candidates[index - 1] ?? 0) > 9000) ?? 0;
  assert.ok(alone > 0);
  const chunker = createChunker({ chunkerKey: KEY, shape });
  const aroundBlock = Array.from({ length: 40 }, (_, index) => 4070 + index);
  for (let shift = 0; shift < 16; shift++) {
    chunker.window.set(file, shift);
    const cut = alone + shift;
    for (const distance of [0, 1, 15, 16, 17, 4000, ...aroundBlock]) {
      assert.equal(chunker.firstCandidate(cut - distance, cut + 1), cut);
      assert.equal(chunker.firstCandidate(cut - distance, cut), -1);
    }
    assert.equal(chunker.firstCandidate(cut + 1, cut + 500), -1);
  }
});

test('an insertion in the middle changes few chunks', () => {
  const shape = { ...SMALL_SHAPE, maxChunkBytes: 16 * 1024 };
  let changed = 0;
  for (let seed = 10; seed < 26; seed++) {
    const file = noise(262_144, seed);
    const edited = new Uint8Array(file.length + 1024);
    edited.set(file.subarray(0, 131_072));
    edited.set(noise(1024, seed + 100), 131_072);
    edited.set(file.subarray(131_072), 132_096);
    const before = chunkNames(file, cutsOf(KEY, file, shape, WHOLE));
    const after = chunkNames(edited, cutsOf(KEY, edited, shape, WHOLE));
    const news = [...after].filter((name) => !before.has(name)).length;
    assert.ok(news <= 5, `${news} new chunks`);
    changed += news;
  }
  assert.ok(changed / 16 <= 2, `${changed / 16} new chunks on average`);
});

test('D2: the rule of cutting is secret: members with different keys cut differently', () => {
  const file = noise(LENGTH, 8);
  const mine = new Set(cutsOf(KEY, file, SMALL_SHAPE, WHOLE));
  const theirs = cutsOf(noise(64, 9), file, SMALL_SHAPE, WHOLE);
  const shared = theirs.filter((cut) => mine.has(cut)).length;
  assert.ok(shared <= 2, `${shared} of ${theirs.length} cuts are the same`);
});

test('runs of one byte, or of a period up to 8, are cut at the maximum under any key', () => {
  for (let seed = 20; seed < 60; seed++) {
    const chunker = createChunker({ chunkerKey: noise(64, seed), shape: SMALL_SHAPE });
    const { window } = chunker;
    const period = 2 ** (seed % 4);
    const pattern = noise(period, seed + 1);
    window.forEach((_, index) => {
      window[index] = pattern[index % period] ?? 0;
    });
    assert.equal(chunker.firstCandidate(0, window.length), -1);
    assert.equal(chunker.nextCut(100, window.length), 100 + SMALL_SHAPE.maxChunkBytes);
  }
});

test('a cut is undecided until the maximum is in the window', () => {
  const chunker = createChunker({ chunkerKey: KEY, shape: SMALL_SHAPE });
  const { maxChunkBytes, minChunkBytes } = SMALL_SHAPE;
  assert.equal(chunker.nextCut(0, 0), -1);
  assert.equal(chunker.nextCut(64, 64 + minChunkBytes), -1);
  assert.equal(chunker.nextCut(64, 64 + maxChunkBytes - 1), -1);
  assert.equal(chunker.nextCut(64, 64 + maxChunkBytes), 64 + maxChunkBytes);
  assert.throws(() => chunker.nextCut(0, chunker.window.length + 1), /outside of the window/);
});

test('D1: content is cut at irregular lengths, around the average of the shape', () => {
  const chunker = createChunker({ chunkerKey: KEY, shape: STANDARD_SHAPE });
  const { maxChunkBytes, averageChunkBytes } = STANDARD_SHAPE;
  assert.ok(chunker.window.length >= maxChunkBytes + averageChunkBytes + 65536);
  assert.equal(chunker.window.byteOffset % 4096, 0);
  const shape = {
    ...SMALL_SHAPE,
    minChunkBytes: 1024,
    averageChunkBytes: 4096,
    maxChunkBytes: 16384,
  };
  const file = noise(4 * 1024 * 1024, 11);
  const average = file.length / cutsOf(KEY, file, shape, WHOLE).length;
  assert.ok(average > 0.94 * 4096 && average < 1.06 * 4096, `average ${average}`);
});
