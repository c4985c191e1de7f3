// Bytes: hex, comparison, and the bounded reader and writer under every format. Integers are
// little-endian. A reader never allocates what it has not checked against the bytes that are there.
import { KuraError } from './error.ts';

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Throws `corrupt` unless `text` is lower-case hex of an even length. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new KuraError('corrupt', 'a hexadecimal field is malformed');
  }
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let total = 0;
  for (const part of parts) total += part.length;
  const out = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Grows as needed up to `maxBytes`, then throws `too_large`. */
export class ByteWriter {
  readonly #maxBytes: number;
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(maxBytes: number, initialBytes = 1024) {
    this.#maxBytes = maxBytes;
    this.#bytes = new Uint8Array(Math.min(initialBytes, maxBytes));
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  #reserve(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#maxBytes) {
      throw new KuraError('too_large', `a record would exceed ${this.#maxBytes} bytes`);
    }
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(
        Math.min(this.#maxBytes, Math.max(needed, this.#bytes.length * 2)),
      );
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = needed;
    return at;
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
  }

  u64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value, true);
  }

  i64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigInt64(at, value, true);
  }

  /** An unsigned LEB128 number below 2^53. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.u8((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.u8(rest);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Length as varint, then the bytes. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** A string whose characters are bytes, length first. */
  latin1(text: string): void {
    this.varint(text.length);
    const at = this.#reserve(text.length);
    Buffer.from(this.#bytes.buffer).write(text, at, 'latin1');
  }

  /** A view, valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  reset(): void {
    this.#length = 0;
  }
}

/** Reads what a ByteWriter wrote; every overrun or oversize is `corrupt`, naming `noun`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #noun: string;
  #at = 0;

  constructor(bytes: Uint8Array, noun: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#noun = noun;
  }

  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  fail(what: string): never {
    throw new KuraError('corrupt', `the ${this.#noun} is damaged: ${what} at byte ${this.#at}`);
  }

  #take(count: number): number {
    if (count > this.remaining) this.fail('it ends too early');
    const at = this.#at;
    this.#at += count;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 8; index++) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (!Number.isSafeInteger(value)) this.fail('a number is out of range');
        return value;
      }
      scale *= 128;
    }
    return this.fail('a number is too long');
  }

  /** A count of things that take at least `minBytesEach`: bounded before anything is allocated. */
  count(minBytesEach: number): number {
    const value = this.varint();
    if (value * minBytesEach > this.remaining)
      this.fail('it claims more entries than it has bytes');
    return value;
  }

  /** A view of the next `count` bytes, not a copy. */
  raw(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  block(maxBytes: number): Uint8Array {
    const length = this.varint();
    if (length > maxBytes) this.fail(`a field is longer than ${maxBytes} bytes`);
    return this.raw(length);
  }

  latin1(maxBytes: number): string {
    const bytes = this.block(maxBytes);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  }

  end(): void {
    if (this.remaining !== 0) this.fail('bytes are left over');
  }
}
