// What every implementation of Bulk must do: published vectors, canaries around every buffer, and
// refusal of wrong lengths and of freed contexts. That two implementations write the same bytes is
// tested where both are at hand (conformance.test.ts).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError, fromHex, KuraError, toHex, utf8 } from '@kura/base';
import { allocatePages } from '../memory.ts';
import { type Bulk, CIPHERS, type CipherName, IV_BYTES } from '../types.ts';
import { ocbEncrypt } from './ocb.ts';
import { CIPHER_VECTORS, GCM_VECTORS, HMAC_VECTORS, SHA256_VECTORS } from './vectors.ts';

const CANARY = 0xa5;
/** Around the ends of blocks and of their padding. */
const EDGES = [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 70_000] as const;

/** The same bytes on every run. */
export function sampleBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** A copy of `bytes` at an odd offset of page memory, between canaries. */
export class Fenced {
  readonly view: Uint8Array;
  readonly #whole: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#whole = allocatePages(bytes.length + 64).fill(CANARY);
    this.view = this.#whole.subarray(31, 31 + bytes.length);
    this.view.set(bytes);
  }

  /** Nobody has written outside of the view. */
  check(): void {
    const before = this.#whole.subarray(0, 31);
    const after = this.#whole.subarray(31 + this.view.length);
    assert.ok(before.every((byte) => byte === CANARY) && after.every((byte) => byte === CANARY));
  }
}

function hashInto(work: (into: Uint8Array) => void): string {
  const into = new Fenced(new Uint8Array(32));
  work(into.view);
  into.check();
  return toHex(into.view);
}

function hashConformance(name: string, bulk: Bulk): void {
  test(`${name}: SHA-256 gives the published answers`, () => {
    for (const { input, output } of SHA256_VECTORS) {
      assert.equal(
        hashInto((into) => bulk.sha256(utf8(input), into)),
        output,
      );
    }
  });

  test(`${name}: HMAC-SHA-256 gives the answers of RFC 4231`, () => {
    for (const { key, input, output } of HMAC_VECTORS) {
      assert.equal(
        hashInto((into) => bulk.hmacSha256(fromHex(key), fromHex(input), into)),
        output,
      );
    }
  });

  test(`${name}: many hashes at once are those of each alone, whatever their lengths`, () => {
    const key = sampleBytes(32, 3);
    for (const count of [0, 1, 2, 3, 8, 9, 17]) {
      const inputs = Array.from({ length: count }, (_, index) => {
        const length = EDGES[(index * 5 + count) % EDGES.length] ?? 0;
        return new Fenced(sampleBytes(length, index));
      });
      const views = inputs.map(({ view }) => view);
      const into = new Fenced(new Uint8Array(count * 32));
      bulk.hmacSha256Each(key, views, into.view);
      for (const [index, input] of views.entries()) {
        assert.equal(
          toHex(into.view.subarray(index * 32, (index + 1) * 32)),
          hashInto((one) => bulk.hmacSha256(key, input, one)),
        );
      }
      for (const fenced of [...inputs, into]) fenced.check();
    }
  });

  test(`${name}: every piece of a buffer is hashed by itself`, () => {
    for (const pieceBytes of [1, 64, 100, 4096]) {
      for (const count of [1, 2, 7, 8, 19]) {
        const input = new Fenced(sampleBytes(count * pieceBytes, count));
        const into = new Fenced(new Uint8Array(count * 32));
        bulk.sha256Each(input.view, pieceBytes, into.view);
        for (let index = 0; index < count; index++) {
          const piece = input.view.subarray(index * pieceBytes, (index + 1) * pieceBytes);
          assert.equal(
            toHex(into.view.subarray(index * 32, (index + 1) * 32)),
            hashInto((one) => bulk.sha256(piece, one)),
          );
        }
        input.check();
        into.check();
      }
    }
  });

  test(`${name}: many hashes refuse half pieces and a target of the wrong length`, () => {
    const input = new Uint8Array(128);
    assert.throws(() => bulk.sha256Each(input, 100, new Uint8Array(64)), AssertionError);
    assert.throws(() => bulk.sha256Each(input, 0, new Uint8Array(64)), AssertionError);
    assert.throws(() => bulk.sha256Each(input, 64, new Uint8Array(65)), AssertionError);
    assert.throws(
      () => bulk.hmacSha256Each(utf8('k'), [input, input], new Uint8Array(32)),
      AssertionError,
    );
  });

  test(`${name}: many hashes under one key say nothing of the key before`, () => {
    const [first, second] = [sampleBytes(32, 1), sampleBytes(32, 2)];
    const inputs = [utf8('one'), utf8('two')];
    const into = new Uint8Array(64);
    const key = first.slice();
    bulk.hmacSha256Each(key, inputs, into);
    key.set(second); // the same array, another key
    bulk.hmacSha256Each(key, inputs, into);
    assert.equal(
      toHex(into.subarray(0, 32)),
      hashInto((one) => bulk.hmacSha256(second, utf8('one'), one)),
    );
  });

  test(`${name}: hashes refuse a target of any other length than 32`, () => {
    for (const length of [0, 31, 33, 64]) {
      const into = new Uint8Array(length);
      assert.throws(() => bulk.sha256(utf8('a'), into), AssertionError);
      assert.throws(() => bulk.hmacSha256(utf8('k'), utf8('a'), into), AssertionError);
    }
  });
}

function gcmConformance(name: string, bulk: Bulk): void {
  test(`${name}: AES-256-GCM gives the published answers in place, and opens them`, () => {
    for (const vector of GCM_VECTORS) {
      const gcm = bulk.gcm(fromHex(vector.key));
      const plain = fromHex(vector.plain);
      const buffer = new Fenced(new Uint8Array(plain.length + 16));
      buffer.view.set(plain);
      gcm.seal(fromHex(vector.nonce), fromHex(vector.associated), buffer.view);
      assert.equal(toHex(buffer.view), vector.sealed);
      const isOpen = gcm.open(fromHex(vector.nonce), fromHex(vector.associated), buffer.view);
      assert.equal(isOpen, true);
      assert.equal(toHex(buffer.view.subarray(0, plain.length)), vector.plain);
      buffer.check();
      gcm.free();
    }
  });

  test(`${name}: AES-256-GCM refuses one flipped bit anywhere, and goes on afterwards`, () => {
    const gcm = bulk.gcm(sampleBytes(32));
    const nonce = sampleBytes(12);
    const associated = sampleBytes(20);
    const sealed = new Uint8Array(100);
    gcm.seal(nonce, associated, sealed);
    const opens = (change: (copy: Uint8Array, aad: Uint8Array, iv: Uint8Array) => void) => {
      const parts = [sealed.slice(), associated.slice(), nonce.slice()] as const;
      change(...parts);
      return gcm.open(parts[2], parts[1], parts[0]);
    };
    for (let at = 0; at < sealed.length; at++) {
      assert.equal(
        opens((copy) => copy.set([(copy[at] ?? 0) ^ 1], at)),
        false,
      );
    }
    assert.equal(
      opens((_copy, aad) => aad.fill(0)),
      false,
    );
    assert.equal(
      opens((_copy, _aad, iv) => iv.fill(0)),
      false,
    );
    assert.equal(
      opens(() => undefined),
      true,
    );
    gcm.free();
  });

  test(`${name}: AES-256-GCM refuses wrong lengths and use after free`, () => {
    assert.throws(() => bulk.gcm(new Uint8Array(16)), AssertionError);
    const gcm = bulk.gcm(sampleBytes(32));
    const none = new Uint8Array(0);
    const buffer = new Uint8Array(32);
    assert.throws(() => gcm.seal(new Uint8Array(16), none, buffer), AssertionError);
    assert.throws(() => gcm.seal(new Uint8Array(12), none, new Uint8Array(15)), AssertionError);
    assert.throws(() => gcm.open(new Uint8Array(12), none, new Uint8Array(15)), AssertionError);
    gcm.free();
    gcm.free();
    assert.throws(() => gcm.seal(new Uint8Array(12), none, buffer), AssertionError);
    assert.throws(() => gcm.open(new Uint8Array(12), none, buffer), AssertionError);
  });
}

interface CipherCase {
  readonly cipher: CipherName;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

function applied(bulk: Bulk, options: CipherCase, input: Uint8Array): Uint8Array {
  const cipher = bulk.cipher(options.cipher, options.key, 'encrypt');
  const inPlace = new Fenced(input);
  cipher.apply(options.iv, inPlace.view, inPlace.view);
  const apart = new Fenced(new Uint8Array(input.length));
  cipher.apply(options.iv, input, apart.view);
  assert.deepEqual(apart.view, inPlace.view);
  inPlace.check();
  apart.check();
  cipher.free();
  const back = bulk.cipher(options.cipher, options.key, 'decrypt');
  back.apply(options.iv, apart.view, apart.view);
  assert.deepEqual(apart.view, new Uint8Array(input));
  back.free();
  return inPlace.view;
}

function cipherConformance(name: string, bulk: Bulk): void {
  test(`${name}: ciphers give the published answers, in place and apart`, () => {
    for (const vector of CIPHER_VECTORS) {
      const options = {
        cipher: vector.cipher,
        key: fromHex(vector.key),
        iv: fromHex(vector.iv),
      };
      assert.equal(toHex(applied(bulk, options, fromHex(vector.plain))), vector.sealed);
    }
  });

  test(`${name}: AES-256-OCB does what RFC 7253 says`, () => {
    const options = {
      cipher: 'aes-256-ocb',
      key: sampleBytes(32),
      iv: sampleBytes(12, 7),
    } as const;
    for (const length of [16, 48, 4096]) {
      const input = sampleBytes(length, 3);
      const expected = ocbEncrypt({ key: options.key, nonce: options.iv, plain: input });
      assert.equal(toHex(applied(bulk, options, input)), toHex(expected));
    }
  });

  test(`${name}: ciphers refuse wrong lengths and use after free`, () => {
    for (const cipherName of CIPHERS) {
      const key = sampleBytes(32);
      assert.throws(() => bulk.cipher(cipherName, key.subarray(1), 'encrypt'), AssertionError);
      const cipher = bulk.cipher(cipherName, key, 'encrypt');
      const iv = new Uint8Array(IV_BYTES[cipherName]);
      const [short, block] = [new Uint8Array(15), new Uint8Array(16)];
      assert.throws(() => cipher.apply(iv.subarray(1), block, block), AssertionError);
      assert.throws(() => cipher.apply(iv, block, short), AssertionError);
      assert.throws(() => cipher.apply(iv, short, short), AssertionError);
      cipher.free();
      cipher.free();
      assert.throws(() => cipher.apply(iv, block, block), AssertionError);
    }
  });
}

function damagedFrames(frame: Uint8Array): Uint8Array[] {
  const skippable = fromHex('502a4d180400000001020304');
  return [
    new Uint8Array(0),
    frame.subarray(0, 4),
    frame.subarray(0, frame.length - 1),
    new Uint8Array([...frame, 0]),
    new Uint8Array([...frame, ...frame]),
    new Uint8Array([...frame, ...skippable]),
    new Uint8Array([...skippable, ...frame]),
    skippable,
    sampleBytes(100),
  ];
}

function zstdConformance(name: string, bulk: Bulk): void {
  test(`${name}: zstd brings back what it was given, between canaries`, () => {
    for (const length of [0, 1, 1000, 300_000]) {
      const input = sampleBytes(length).map((byte) => byte & 7);
      const output = new Fenced(new Uint8Array(length + 1024));
      const size = bulk.compress(input, output.view, 1);
      assert.ok(size > 0 && size <= Math.max(16, length));
      const plain = new Fenced(new Uint8Array(length));
      assert.equal(bulk.decompress(output.view.subarray(0, size), plain.view), length);
      assert.deepEqual(plain.view, input);
      output.check();
      plain.check();
    }
  });

  test(`${name}: zstd says 0 where the frame does not fit`, () => {
    const input = sampleBytes(5000);
    const output = new Fenced(new Uint8Array(4000));
    assert.equal(bulk.compress(input, output.view, 1), 0);
    assert.equal(bulk.compress(input, new Uint8Array(0), 1), 0);
    output.check();
  });

  test(`${name}: zstd refuses a frame that is damaged, too long, or not alone`, () => {
    const input = new Uint8Array(5000).fill(7);
    const room = new Uint8Array(6000);
    const frame = room.slice(0, bulk.compress(input, room, 1));
    const refuses = (bytes: Uint8Array, capacity: number): void => {
      const output = new Fenced(new Uint8Array(capacity));
      assert.throws(
        () => bulk.decompress(bytes, output.view),
        (error) => error instanceof KuraError && error.code === 'corrupt',
      );
      output.check();
    };
    for (const damaged of damagedFrames(frame)) refuses(damaged, 20_000);
    for (const capacity of [0, 1, 4999]) refuses(frame, capacity);
    const output = new Fenced(new Uint8Array(5000));
    assert.equal(bulk.decompress(frame, output.view), 5000);
    output.check();
  });
}

/** Registers the tests of one implementation. */
export function bulkConformance(name: string, bulk: Bulk): void {
  hashConformance(name, bulk);
  gcmConformance(name, bulk);
  cipherConformance(name, bulk);
  zstdConformance(name, bulk);
}
