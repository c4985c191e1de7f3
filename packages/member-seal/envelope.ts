// A writing session seals one secret to the member's public keys (X25519 and ML-KEM-768 together:
// both must fall before it does); the keys of its packs follow from that secret and the pack's id.
// Whoever holds the public halves alone makes envelopes and cannot open one, not even its own after
// forgetting the secret.
//
// An envelope that was tampered with yields another secret or an error; only the commitment of a
// pack tells.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  type KeyObject,
} from 'node:crypto';
import {
  assert,
  concatBytes,
  fromHex,
  KuraError,
  type PackId,
  type Random,
  utf8,
} from '@kura/base';
import { derive } from './derive.ts';
import {
  type MemberPublicKeys,
  type ReadingKeys,
  type SavingKeys,
  X25519_BYTES,
} from './member-keys.ts';

export const ENVELOPE_BYTES = 1120;
export const SESSION_SECRET_BYTES = 32;
const PACK_INFO = utf8('kura/1 pack');

export interface SessionEnvelope {
  /** Ephemeral X25519 key (32), ML-KEM-768 ciphertext (1088). */
  readonly envelope: Uint8Array;
  readonly sessionSecret: Uint8Array;
}

function x25519Private(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: seed, format: 'raw-private', asymmetricKeyType: 'x25519' });
}

function x25519Public(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: raw, format: 'raw-public', asymmetricKeyType: 'x25519' });
}

export function newEnvelope(
  { publicKeys }: Pick<SavingKeys, 'publicKeys'>,
  random: Random,
): SessionEnvelope {
  const ephemeral = x25519Private(random.bytes(X25519_BYTES));
  const x25519Secret = diffieHellman({
    privateKey: ephemeral,
    publicKey: x25519Public(publicKeys.x25519),
  });
  const { sharedKey, ciphertext } = encapsulate(
    createPublicKey({
      key: publicKeys.mlkem,
      format: 'raw-public',
      asymmetricKeyType: 'ml-kem-768',
    }),
  );
  const ephemeralKey = createPublicKey(ephemeral).export({ format: 'raw-public' });
  const envelope = concatBytes(ephemeralKey, ciphertext);
  assert(envelope.length === ENVELOPE_BYTES, 'an envelope has 1120 bytes');
  const sessionSecret = combine({ x25519Secret, mlkemSecret: sharedKey, envelope, publicKeys });
  return { envelope, sessionSecret };
}

/**
 * Throws `corrupt` if the bytes cannot be an envelope. A wrong secret shows at the pack's
 * commitment.
 */
export function openEnvelope(
  { privateKeys, publicKeys }: Pick<ReadingKeys, 'privateKeys' | 'publicKeys'>,
  envelope: Uint8Array,
): Uint8Array {
  if (envelope.length !== ENVELOPE_BYTES) throw damaged();
  try {
    const x25519Secret = diffieHellman({
      privateKey: x25519Private(privateKeys.x25519Seed),
      publicKey: x25519Public(envelope.subarray(0, X25519_BYTES)),
    });
    const mlkem = createPrivateKey({
      key: privateKeys.mlkemSeed,
      format: 'raw-seed',
      asymmetricKeyType: 'ml-kem-768',
    });
    const mlkemSecret = decapsulate(mlkem, envelope.subarray(X25519_BYTES));
    return combine({ x25519Secret, mlkemSecret, envelope, publicKeys });
  } catch (cause) {
    throw damaged(cause);
  }
}

export interface PackKey {
  readonly key: Uint8Array;
  /** Stands in the header; whoever reads compares it before anything else. */
  readonly commitment: Uint8Array;
}

export interface PackKeyRequest {
  readonly sessionSecret: Uint8Array;
  readonly packId: PackId;
  readonly epoch: number;
}

export function derivePackKey({ sessionSecret, packId, epoch }: PackKeyRequest): PackKey {
  const info = new Uint8Array(PACK_INFO.length + 4);
  info.set(PACK_INFO);
  new DataView(info.buffer).setUint32(PACK_INFO.length, epoch, true);
  const both = derive({ secret: sessionSecret, salt: fromHex(packId), info, bytes: 64 });
  return { key: both.subarray(0, 32), commitment: both.subarray(32) };
}

interface CombineParts {
  readonly x25519Secret: Uint8Array;
  readonly mlkemSecret: Uint8Array;
  readonly envelope: Uint8Array;
  readonly publicKeys: MemberPublicKeys;
}

/** The recipient's keys are part of it, as in X-Wing: an envelope means one member only. */
function combine({ x25519Secret, mlkemSecret, envelope, publicKeys }: CombineParts): Uint8Array {
  const salt = createHash('sha256')
    .update(envelope)
    .update(publicKeys.x25519)
    .update(publicKeys.mlkem)
    .digest();
  const secret = concatBytes(x25519Secret, mlkemSecret);
  return derive({ secret, salt, info: 'kura/1 session', bytes: SESSION_SECRET_BYTES });
}

function damaged(cause?: unknown): KuraError {
  return new KuraError('corrupt', "a pack's key envelope is damaged", { cause });
}
