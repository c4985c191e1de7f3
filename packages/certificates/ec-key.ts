// Keys of certificates: ECDSA on P-256, in the two forms that Node and DER need.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { concatBytes, KuraError, type Random } from '@kura/base';
import { bits, oid, sequence } from './der.ts';

const CURVE = 'prime256v1';
const SCALAR_BYTES = 32;
export const POINT_BYTES = 65;
/** A random scalar is out of range once in 2^32 draws. */
const MAX_DRAWS = 8;

const EC_KEY = sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7'));
/** ecdsa-with-SHA256, as algorithm of a signature. */
export const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

export function newKey(random: Random): KeyObject {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const key = keyOfScalar(random.bytes(SCALAR_BYTES));
    if (key !== undefined) return key;
  }
  throw new KuraError('io', 'no key could be drawn: the source of randomness is broken');
}

function keyOfScalar(scalar: Uint8Array): KeyObject | undefined {
  const asymmetricKeyType = 'ec';
  try {
    return createPrivateKey({
      key: scalar,
      format: 'raw-private',
      asymmetricKeyType,
      namedCurve: CURVE,
    });
  } catch {
    return undefined; // zero, or not below the order of the curve
  }
}

/** Throws `usage` for what is no private key on P-256. */
export function readKey(keyPem: string): KeyObject {
  try {
    const key = createPrivateKey(keyPem);
    if (key.asymmetricKeyDetails?.namedCurve === CURVE) return key;
  } catch (cause) {
    throw new KuraError('usage', 'this is no private key in PEM', { cause });
  }
  throw new KuraError('usage', 'the key of a certificate must be an ECDSA key on P-256', {
    guidance: 'Make one with: openssl ecparam -name prime256v1 -genkey -noout',
  });
}

export function keyPemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Uncompressed: 4, then 32 bytes of x and of y. */
export function pointOf(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ format: 'raw-public' }));
}

/** The public key of a point, or undefined if it is not on the curve. */
export function keyOfPoint(point: Uint8Array): KeyObject | undefined {
  if (point.length !== POINT_BYTES || point[0] !== 4) return undefined;
  try {
    return createPublicKey({
      key: point,
      format: 'raw-public',
      asymmetricKeyType: 'ec',
      namedCurve: CURVE,
    });
  } catch {
    return undefined; // the caller says what was wrong
  }
}

/** SubjectPublicKeyInfo. */
export function publicKeyInfo(point: Uint8Array): Uint8Array {
  return sequence(EC_KEY, bits(concatBytes(point)));
}
