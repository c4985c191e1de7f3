// Requests for a certificate: PKCS #10 in one fixed form. Reading does not parse: the key's point is taken from
// its fixed place, the request is built again from it, and must be the same bytes.
import { type KeyObject, sign, verify } from 'node:crypto';
import { equalBytes, KuraError, type Random } from '@kura/base';
import { bits, sequence, smallInteger, tagged } from './der.ts';
import {
  ECDSA_SHA256,
  keyOfPoint,
  keyPemOf,
  newKey,
  POINT_BYTES,
  pointOf,
  publicKeyInfo,
} from './ec-key.ts';

export const MAX_REQUEST_BYTES = 512;
/** Outer head, head of what is signed, version, empty subject, head of the key. */
const POINT_AT = 3 + 2 + 3 + 2 + 26;
const KEY_END = POINT_AT + POINT_BYTES;
/** No attributes, algorithm, head of the signature's bits. */
const SIGNATURE_AT = KEY_END + 2 + 12 + 3;

function signedPart(point: Uint8Array): Uint8Array {
  return sequence(smallInteger(0), sequence(), publicKeyInfo(point), tagged(0));
}

function build(point: Uint8Array, signature: Uint8Array): Uint8Array {
  return sequence(signedPart(point), ECDSA_SHA256, bits(signature));
}

/** A new key, and the request for a certificate of it. The key leaves its machine never. */
export function newRequest(random: Random): { keyPem: string; request: Uint8Array } {
  const key = newKey(random);
  return { keyPem: keyPemOf(key), request: requestFor(key) };
}

export function requestFor(key: KeyObject): Uint8Array {
  const point = pointOf(key);
  return build(point, new Uint8Array(sign('sha256', signedPart(point), key)));
}

/** The point of the key that `request` asks for and was signed with; throws `hostile` for anything else. */
export function readRequest(request: Uint8Array): Uint8Array {
  const refuse = (): never => {
    throw new KuraError('hostile', 'the certificate request is not of the form of this network');
  };
  if (request.length > MAX_REQUEST_BYTES || request.length <= SIGNATURE_AT) return refuse();
  const point = request.slice(POINT_AT, KEY_END);
  const signature = request.slice(SIGNATURE_AT);
  if (!equalBytes(build(point, signature), request)) return refuse();
  const key = keyOfPoint(point);
  if (key === undefined || !verify('sha256', signedPart(point), key, signature)) return refuse();
  return point;
}
