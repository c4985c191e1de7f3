// Bulk work in plain Node: the same bytes as the implementation over node:ffi, at about half the
// speed and with a copy per call. Nothing here is a second definition: the conformance suite
// compares both.
import { createCipheriv, createDecipheriv, createHmac, hash } from 'node:crypto';
import type { TransformOptions } from 'node:stream';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { assert, KuraError } from '@kura/base';
import { piecesOf } from '../pieces.ts';
import {
  type Bulk,
  type CipherName,
  type Gcm,
  IV_BYTES,
  type LengthPreservingCipher,
} from '../types.ts';
import { isZstdFrame } from '../zstd-frame.ts';

const TAG_BYTES = 16;
const KEY_BYTES = 32;
const HASH_BYTES = 32;
const EMPTY = new Uint8Array(0);

/** A copy of a key, wiped by `free`. */
class HeldKey {
  readonly #bytes: Uint8Array;
  #isFree = false;

  constructor(key: Uint8Array) {
    assert(key.length === KEY_BYTES, 'a key has 32 bytes');
    this.#bytes = key.slice();
  }

  get bytes(): Uint8Array {
    assert(!this.#isFree, 'a cipher was used after it was freed');
    return this.#bytes;
  }

  free(): void {
    this.#bytes.fill(0);
    this.#isFree = true;
  }
}

class TwinGcm implements Gcm {
  readonly #key: HeldKey;

  constructor(key: Uint8Array) {
    this.#key = new HeldKey(key);
  }

  seal(nonce: Uint8Array, associated: Uint8Array, buffer: Uint8Array): void {
    const length = checkGcm(nonce, buffer);
    const cipher = createCipheriv('aes-256-gcm', this.#key.bytes, nonce).setAAD(associated);
    buffer.set(cipher.update(buffer.subarray(0, length)));
    cipher.final();
    buffer.set(cipher.getAuthTag(), length);
  }

  open(nonce: Uint8Array, associated: Uint8Array, buffer: Uint8Array): boolean {
    const length = checkGcm(nonce, buffer);
    const cipher = createDecipheriv('aes-256-gcm', this.#key.bytes, nonce).setAAD(associated);
    cipher.setAuthTag(buffer.subarray(length));
    buffer.set(cipher.update(buffer.subarray(0, length)));
    try {
      cipher.final();
      return true;
    } catch {
      return false; // the only failure that final() has here is a tag that does not match
    }
  }

  free(): void {
    this.#key.free();
  }
}

function checkGcm(nonce: Uint8Array, buffer: Uint8Array): number {
  assert(nonce.length === 12, 'a nonce has 12 bytes');
  assert(buffer.length >= TAG_BYTES, 'a buffer without room for the tag');
  return buffer.length - TAG_BYTES;
}

class TwinCipher implements LengthPreservingCipher {
  readonly #key: HeldKey;
  readonly #name: CipherName;
  readonly #direction: 'encrypt' | 'decrypt';

  constructor(name: CipherName, key: Uint8Array, direction: 'encrypt' | 'decrypt') {
    this.#key = new HeldKey(key);
    this.#name = name;
    this.#direction = direction;
  }

  apply(iv: Uint8Array, input: Uint8Array, output: Uint8Array): void {
    assert(iv.length === IV_BYTES[this.#name], 'an IV has the wrong length');
    assert(output.length === input.length, 'input and output differ in length');
    assert(input.length % 16 === 0, 'whole blocks of 16 bytes');
    // Only OCB looks at the length of a tag; the tag itself is never asked for.
    const options: TransformOptions & { authTagLength: number } = { authTagLength: TAG_BYTES };
    const name: string = this.#name;
    const cipher =
      this.#direction === 'encrypt'
        ? createCipheriv(name, this.#key.bytes, iv, options)
        : createDecipheriv(name, this.#key.bytes, iv, options);
    output.set(cipher.update(input));
  }

  free(): void {
    this.#key.free();
  }
}

/** ZSTD_compressBound: with this much room zstd compresses in one piece, as the other side does. */
function compressBound(length: number): number {
  return length + (length >> 8) + 1024;
}

function compress(input: Uint8Array, output: Uint8Array, level: number): number {
  const frame = zstdCompressSync(input, {
    chunkSize: compressBound(input.length),
    pledgedSrcSize: input.length,
    params: { [constants.ZSTD_c_compressionLevel]: level },
  });
  if (frame.length > output.length) return 0;
  output.set(frame);
  return frame.length;
}

function decompress(input: Uint8Array, output: Uint8Array): number {
  let plain: Uint8Array = EMPTY;
  try {
    if (!isZstdFrame(input)) throw new RangeError('not one frame');
    // Node refuses a bound of 0; an empty output may hold an empty frame only.
    const maxOutputLength = Math.max(1, output.length);
    plain = zstdDecompressSync(input, {
      chunkSize: Math.max(64, maxOutputLength),
      maxOutputLength,
    });
    if (plain.length > output.length) throw new RangeError('it does not fit');
  } catch (error) {
    throw new KuraError('corrupt', 'a compressed frame is damaged', { cause: error });
  }
  output.set(plain);
  return plain.length;
}

export function createTwinBulk(): Bulk {
  return {
    sha256(input, into) {
      assert(into.length === HASH_BYTES, 'a hash has 32 bytes');
      into.set(hash('sha256', input, 'buffer'));
    },
    hmacSha256(key, input, into) {
      assert(into.length === HASH_BYTES, 'a hash has 32 bytes');
      into.set(createHmac('sha256', key).update(input).digest());
    },
    sha256Each(input, pieceBytes, into) {
      const pieces = piecesOf(input, pieceBytes);
      assert(into.length === pieces.length * HASH_BYTES, 'a hash has 32 bytes');
      for (const [index, piece] of pieces.entries()) {
        into.set(hash('sha256', piece, 'buffer'), index * HASH_BYTES);
      }
    },
    hmacSha256Each(key, inputs, into) {
      assert(into.length === inputs.length * HASH_BYTES, 'a hash has 32 bytes');
      for (const [index, input] of inputs.entries()) {
        into.set(createHmac('sha256', key).update(input).digest(), index * HASH_BYTES);
      }
    },
    gcm: (key) => new TwinGcm(key),
    cipher: (name, key, direction) => new TwinCipher(name, key, direction),
    compress,
    decompress,
  };
}
