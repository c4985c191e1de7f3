// DER (X.690) of the few types that certificates need. It writes; it reads only what it needs of the certificate
// of an authority, which an operator put in place, never anything that a stranger sent.
import { assert, concatBytes, KuraError, utf8 } from '@kura/base';

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  text: 0x0c,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `tag`, the shortest length, `content`. */
export function element(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...content);
  assert(body.length < 2 ** 16, 'no certificate of ours is that large');
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return concatBytes(Uint8Array.from([tag, ...length]), body);
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array =>
  element(TAG.sequence, ...parts);
export const set = (...parts: readonly Uint8Array[]): Uint8Array => element(TAG.set, ...parts);
export const octets = (bytes: Uint8Array): Uint8Array => element(TAG.octets, bytes);
export const text = (value: string): Uint8Array => element(TAG.text, utf8(value));
/** Only *true*: false is the default wherever it may stand, and a default is left out. */
export const TRUE = element(TAG.boolean, Uint8Array.of(0xff));

/** A whole number of at most 127. */
export const smallInteger = (value: number): Uint8Array =>
  element(TAG.integer, Uint8Array.of(value));

/** Big-endian bytes of a positive number without needless zeros; the first byte is below 128. */
export const integer = (bytes: Uint8Array): Uint8Array => {
  assert(bytes[0] !== undefined && bytes[0] < 0x80, 'a positive number');
  return element(TAG.integer, bytes);
};

/** Bits that fill their bytes, or leave the last `unused` free. */
export const bits = (bytes: Uint8Array, unused = 0): Uint8Array =>
  element(TAG.bits, Uint8Array.of(unused), bytes);

/** `[n]`, constructed (explicit, or a list) or primitive (an implicit text or bytes). */
export const tagged = (n: number, ...content: readonly Uint8Array[]): Uint8Array =>
  element(0xa0 | n, ...content);
export const implicit = (n: number, content: Uint8Array): Uint8Array => element(0x80 | n, content);

/** "1.2.840.10045.2.1". Arcs may be as large as a UUID (2.25.…). */
export function oid(dotted: string): Uint8Array {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  const bytes: number[] = [];
  for (const arc of [first * 40n + second, ...rest]) {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80);
    bytes.push(...groups);
  }
  return element(TAG.oid, Uint8Array.from(bytes));
}

/** Whole seconds; the short form up to 2049, as X.509 asks. */
export function time(timeMs: number): Uint8Array {
  const digits = new Date(timeMs)
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/\D/g, '');
  const isShort = Number(digits.slice(0, 4)) < 2050;
  const value = `${isShort ? digits.slice(2) : digits}Z`;
  return element(isShort ? TAG.utcTime : TAG.time, utf8(value));
}

interface Span {
  readonly tag: number;
  /** Of the whole element, header included. */
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

function spanAt(bytes: Uint8Array, start: number): Span {
  const tag = bytes[start];
  const first = bytes[start + 1];
  const count = first === undefined || first < 0x80 ? 0 : first & 0x7f;
  let length = first === undefined || first >= 0x80 ? 0 : first;
  for (let at = 0; at < count; at++) length = length * 256 + (bytes[start + 2 + at] ?? 0);
  const content = start + 2 + count;
  const end = content + length;
  if (tag === undefined || count > 3 || end > bytes.length) {
    throw new KuraError('corrupt', 'the certificate of the authority is not DER');
  }
  return { tag, start, content, end };
}

const VERSION_TAG = 0xa0;

/** The subject of a certificate, as it must stand in `issuer` of those that it signs. */
export function subjectOf(certificate: Uint8Array): Uint8Array {
  const whole = spanAt(certificate, 0);
  const body = spanAt(certificate, whole.content);
  let at = spanAt(certificate, body.content);
  const hasVersion = at.tag === VERSION_TAG;
  // Serial, algorithm, issuer, validity stand before the subject.
  for (let field = hasVersion ? 0 : 1; field < 5; field++) at = spanAt(certificate, at.end);
  return certificate.slice(at.start, at.end);
}

const KEY_IDENTIFIER = oid('2.5.29.14');

/** The subjectKeyIdentifier of an authority, as its certificates have to name it; undefined if it has none. */
export function keyIdentifierOf(certificate: Uint8Array): Uint8Array | undefined {
  const at = Buffer.from(certificate).indexOf(KEY_IDENTIFIER);
  if (at < 0) return undefined;
  const value = spanAt(certificate, at + KEY_IDENTIFIER.length);
  const inner = spanAt(certificate, value.content);
  const isOctets = value.tag === TAG.octets && inner.tag === TAG.octets;
  return isOctets ? certificate.slice(inner.content, inner.end) : undefined;
}
