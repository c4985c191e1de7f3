// A network's share of the key to a lock (docs/design/locks.md), sealed to the network: it keeps no list of locks, and
// who reads the record of a snapshot learns nothing of the share. Inside stands for whom and for which evidence it is,
// so that the network gives it for nothing else.
//
// box = u8 1 ‖ 32 ephemeral ‖ AES-256-GCM(16 member ‖ u32 epoch ‖ 32 evidence ‖ 32 share) ‖ 16 tag
import { createCipheriv, createDecipheriv } from 'node:crypto';
import {
  assert,
  ByteReader,
  ByteWriter,
  concatBytes,
  fromHex,
  KuraError,
  type MemberId,
  memberId,
  type Random,
  toHex,
} from '@kura/base';
import { agreedKeys, privateX25519, publicX25519, x25519PublicBytes } from './agreement.ts';

const VERSION = 1;
const INFO = 'kura/1 lock box';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + KEY_BYTES;
const MEMBER_BYTES = 16;
const INSIDE_BYTES = MEMBER_BYTES + 4 + 32 + 32;

export interface LockShare {
  readonly memberId: MemberId;
  readonly epoch: number;
  /** What has to be shown for it, by its hash. */
  readonly evidence: Uint8Array;
  readonly share: Uint8Array;
}

/** The public half that shares are sealed to, 32 bytes. */
export function lockKeyOf(seed: Uint8Array): Uint8Array {
  return x25519PublicBytes(privateX25519(seed));
}

/** `to`: the network's, 32 bytes. */
export function sealLockShare(lock: LockShare, to: Uint8Array, random: Random): Uint8Array {
  const writer = new ByteWriter(INSIDE_BYTES);
  writer.raw(fromHex(lock.memberId));
  writer.u32(lock.epoch);
  writer.raw(lock.evidence);
  writer.raw(lock.share);
  const inside = writer.bytes();
  assert(inside.length === INSIDE_BYTES, 'a share of a lock has one length');
  const secret = privateX25519(random.bytes(KEY_BYTES));
  const ephemeral = x25519PublicBytes(secret);
  const both = [ephemeral, to] as const;
  const { key, nonce } = agreedKeys({ secret, other: publicX25519(to), both, info: INFO });
  const head = concatBytes(Uint8Array.of(VERSION), ephemeral);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(head);
  const sealed = concatBytes(cipher.update(inside), cipher.final());
  return concatBytes(head, sealed, cipher.getAuthTag());
}

/** `seed`: the network's private half. Throws `refused`: sealed to another network, or changed. */
export function openLockShare(box: Uint8Array, seed: Uint8Array): LockShare {
  const head = box.subarray(0, HEAD_BYTES);
  try {
    assert(box.length === HEAD_BYTES + INSIDE_BYTES + TAG_BYTES && box[0] === VERSION, 'a box');
    const secret = privateX25519(seed);
    const ephemeral = head.subarray(1);
    const both = [ephemeral, x25519PublicBytes(secret)] as const;
    const { key, nonce } = agreedKeys({ secret, other: publicX25519(ephemeral), both, info: INFO });
    const decipher = createDecipheriv(CIPHER, key, nonce).setAAD(head);
    decipher.setAuthTag(box.subarray(-TAG_BYTES));
    const sealed = box.subarray(HEAD_BYTES, -TAG_BYTES);
    const inside = new Uint8Array(concatBytes(decipher.update(sealed), decipher.final()));
    return readInside(inside);
  } catch (cause) {
    throw new KuraError('refused', 'the lock is not of this network, or its box was changed', {
      cause,
    });
  }
}

function readInside(inside: Uint8Array): LockShare {
  const reader = new ByteReader(inside, 'share of a lock');
  return {
    memberId: memberId(toHex(reader.raw(MEMBER_BYTES))),
    epoch: reader.u32(),
    evidence: reader.raw(32).slice(),
    share: reader.raw(32).slice(),
  };
}
