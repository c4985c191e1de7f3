// The lock of one snapshot (docs/design/locks.md): keys of its own for all that the snapshot consists of, from a secret
// that nobody keeps. The secret is wrapped under what the member has, what somebody else has, and what has to agree:
// without any one of the three the packs stay shut, for the member as well.
import { type Brand, concatBytes, KuraError, type Random } from '@kura/base';
import { derive } from './derive.ts';
import { openLocal, sealLocal } from './local.ts';
import { deriveMemberKeys, type MemberKeys, type ReaderKeys, type Root } from './member-keys.ts';

/** 32 random bytes: a root of its own, for one snapshot. */
export type LockSecret = Brand<Uint8Array, 'LockSecret'>;

export const LOCK_SECRET_BYTES = 32;
/** Of what somebody else keeps. */
export const LOCK_SHARE_BYTES = 32;
/** Below: a member's own key pairs. From here on, each epoch is that of one lock. */
export const FIRST_LOCK_EPOCH = 2 ** 31;
const PURPOSE = 'lock';

export function newLockSecret(random: Random): LockSecret {
  return random.bytes(LOCK_SECRET_BYTES) as LockSecret;
}

/**
 * The member's keys with those exchanged that name, cut and seal content: chunks under a lock have other names than any
 * other chunk, so nothing is shared between what is locked and what is not.
 */
export function lockedKeys<Keys extends ReaderKeys>(
  keys: Keys,
  secret: LockSecret,
): Keys & Pick<MemberKeys, 'chunkerKey'> {
  const [byte0 = 0, byte1 = 0, byte2 = 0, byte3 = 0] = derive({
    secret,
    info: 'kura/1 lock number',
    bytes: 4,
  });
  const number = ((byte0 & 0x7f) << 24) | (byte1 << 16) | (byte2 << 8) | byte3;
  const epoch = FIRST_LOCK_EPOCH + number;
  const own = deriveMemberKeys(secret as Uint8Array as Root, epoch);
  const { chunkIdKeys, chunkerKey, publicKeys, privateKeys } = own;
  return { ...keys, epoch, chunkIdKeys, chunkerKey, publicKeys, privateKeys };
}

export interface LockTerms {
  readonly keys: Pick<MemberKeys, 'lockKey'>;
  /** What somebody else keeps; undefined where there is nobody else. */
  readonly share: Uint8Array | undefined;
  /** 32 bytes: the hash of everything that has to agree. */
  readonly evidence: Uint8Array;
}

export function wrapLock(secret: LockSecret, terms: LockTerms, random: Random): Uint8Array {
  return sealLocal({ localKey: wrapKey(terms), purpose: PURPOSE, bytes: secret, random });
}

/** Throws `refused`: another share, or other evidence, than it was wrapped under. */
export function unwrapLock(wrapped: Uint8Array, terms: LockTerms): LockSecret {
  try {
    const secret = openLocal({ localKey: wrapKey(terms), purpose: PURPOSE, sealed: wrapped });
    if (secret.length === LOCK_SECRET_BYTES) return secret as LockSecret;
  } catch (cause) {
    if (!(cause instanceof KuraError)) throw cause;
  }
  throw new KuraError('refused', 'the lock stays shut: these are not the stamps of its day');
}

/** Evidence names the lock, its receipt and its stamps, so no two locks have a key in common. */
function wrapKey({ keys, share, evidence }: LockTerms): Uint8Array {
  return derive({
    secret: share === undefined ? keys.lockKey : concatBytes(keys.lockKey, share),
    salt: evidence,
    info: 'kura/1 lock',
    bytes: 32,
  });
}
