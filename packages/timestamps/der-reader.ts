// DER (X.690) that a stranger sent: one element after the other, each with the one tag that may stand there. Only
// definite lengths in their shortest form, one-byte tags, and nothing after the end; whoever asks decides how deep
// it goes, so nothing here recurses. Whatever does not fit is `refused`.
import { KuraError } from '@kura/base';

export const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `[n]`, constructed (explicit, or a list) or primitive. */
export const contextTag = (n: number): number => 0xa0 | n;
export const primitiveContextTag = (n: number): number => 0x80 | n;

/** Larger than any token with the certificates that belong to it. */
export const MAX_DER_BYTES = 64 * 1024;
/** The low five bits of a tag that goes on in a second byte. */
const LONG_TAG = 0x1f;
const MAX_OID_BYTES = 32;
const MAX_INTEGER_BYTES = 32;

export interface DerElement {
  readonly tag: number;
  /** Header and content, as they were sent: what signatures and hashes are of. */
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  /** Throws `refused` for more than `MAX_DER_BYTES`. */
  constructor(bytes: Uint8Array) {
    if (bytes.length > MAX_DER_BYTES) refuseDer('it is too long');
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Throws unless everything has been read. */
  end(): void {
    if (!this.isAtEnd) refuseDer('something stands behind its end');
  }

  /** The tag that comes next; undefined at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#at];
  }

  element(): DerElement {
    const start = this.#at;
    const tag = this.#byte();
    if ((tag & LONG_TAG) === LONG_TAG) refuseDer('a tag is longer than a byte');
    const length = this.#length();
    const content = this.#at;
    if (length > this.#bytes.length - content) refuseDer('an element is longer than what it is in');
    this.#at = content + length;
    return {
      tag,
      whole: this.#bytes.subarray(start, this.#at),
      content: this.#bytes.subarray(content, this.#at),
    };
  }

  expect(tag: number): DerElement {
    if (this.peek() !== tag) refuseDer('another kind of element was expected');
    return this.element();
  }

  /** Undefined, and nothing is read, if another tag comes next. */
  optional(tag: number): DerElement | undefined {
    return this.peek() === tag ? this.element() : undefined;
  }

  /** What is in the next element, to be read in turn. */
  inside(tag: number): DerReader {
    return new DerReader(this.expect(tag).content);
  }

  octets(): Uint8Array {
    return this.expect(TAGS.octets).content;
  }

  /** Dotted: "1.2.840.10045.2.1". */
  oid(): string {
    return readOid(this.expect(TAGS.oid).content);
  }

  /** A number of at most 256 bits. */
  integer(): bigint {
    return readInteger(this.expect(TAGS.integer).content);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) return refuseDer('it ends too early');
    this.#at++;
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    // 0: a length that is not known yet, which is BER; three bytes are more than anything here may have.
    if (count === 0 || count > 2) return refuseDer('a length is not as DER has it');
    let length = 0;
    for (let left = count; left > 0; left--) length = length * 256 + this.#byte();
    const isShortest = count === 1 ? length >= 0x80 : length >= 0x100;
    return isShortest ? length : refuseDer('a length is not in its shortest form');
  }
}

export function readInteger(content: Uint8Array): bigint {
  const [first, second] = content;
  if (first === undefined || content.length > MAX_INTEGER_BYTES + 1) {
    return refuseDer('a number is empty or too long');
  }
  const isPadded =
    second !== undefined && (first === 0 ? second < 0x80 : first === 0xff && second >= 0x80);
  if (isPadded) refuseDer('a number is not in its shortest form');
  const unsigned = BigInt(`0x${Buffer.from(content).toString('hex')}`);
  return first < 0x80 ? unsigned : unsigned - (1n << BigInt(8 * content.length));
}

function readOid(content: Uint8Array): string {
  if (content.length === 0 || content.length > MAX_OID_BYTES)
    return refuseDer('an OID is too long');
  const arcs: bigint[] = [];
  let arc = 0n;
  let isBegun = false;
  for (const byte of content) {
    if (!isBegun && byte === 0x80) return refuseDer('an OID is not in its shortest form');
    arc = arc * 128n + BigInt(byte & 0x7f);
    isBegun = byte >= 0x80;
    if (isBegun) continue;
    arcs.push(arc);
    arc = 0n;
  }
  if (isBegun) return refuseDer('an OID ends too early');
  const [both = 0n, ...rest] = arcs;
  const first = both < 40n ? 0n : both < 80n ? 1n : 2n;
  return [first, both - 40n * first, ...rest].join('.');
}

export function refuseDer(why: string): never {
  throw new KuraError('refused', `the timestamp is refused: ${why}`);
}
