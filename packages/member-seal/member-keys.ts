// Everything that follows from the root (docs/design/keys.md). `MemberKeys` can read and destroy;
// `SavingKeys` is the part a device needs that only saves: with it alone nothing that was saved can
// be read. Both are plain data, so that they survive the way to a worker thread.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { assert, type Brand, type MemberId, memberId, type Random, toHex } from '@kura/base';
import { derive } from './derive.ts';
import { signingKeyOf } from './sign.ts';

/** The one secret: 32 random bytes. */
export type Root = Brand<Uint8Array, 'Root'>;

export const ROOT_BYTES = 32;
export const X25519_BYTES = 32;
export const MLKEM_PUBLIC_BYTES = 1184;
const MLKEM_SEED_BYTES = 64;

export interface MemberPublicKeys {
  readonly x25519: Uint8Array;
  readonly mlkem: Uint8Array;
}

export interface MemberPrivateKeys {
  readonly x25519Seed: Uint8Array;
  readonly mlkemSeed: Uint8Array;
}

/** Keys that name chunks: data, folder, snapshot, list. */
export type ChunkIdKeys = readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

export interface MemberKeys {
  readonly memberId: MemberId;
  /** Which key pair; grows when the member renews it. Older packs stay under older epochs. */
  readonly epoch: number;
  readonly chunkIdKeys: ChunkIdKeys;
  readonly chunkerKey: Uint8Array;
  readonly publicKeys: MemberPublicKeys;
  readonly privateKeys: MemberPrivateKeys;
  /** Ed25519: certifies devices, signs warrants that destroy. */
  readonly ownerSeed: Uint8Array;
  readonly ownerKey: Uint8Array;
  readonly localKey: Uint8Array;
  /** The member's part of the key to every lock (lock.ts). */
  readonly lockKey: Uint8Array;
  readonly embeddedNetworkSecret: Uint8Array;
}

export type SavingKeys = Pick<
  MemberKeys,
  'memberId' | 'epoch' | 'chunkIdKeys' | 'chunkerKey' | 'publicKeys'
>;

/** Whatever was saved can be read with these, and nothing be signed: what a card for reading only holds. */
export interface ReaderKeys
  extends Pick<
    MemberKeys,
    'memberId' | 'epoch' | 'chunkIdKeys' | 'publicKeys' | 'privateKeys' | 'ownerKey' | 'localKey'
  > {
  /** Only with it locks can be opened. */
  readonly lockKey?: Uint8Array;
}

/** What opens the envelope of a pack. */
export type ReadingKeys = Pick<MemberKeys, 'epoch' | 'publicKeys' | 'privateKeys'>;

export function newRoot(random: Random): Root {
  return random.bytes(ROOT_BYTES) as Root;
}

export function deriveMemberKeys(root: Root, epoch = 0): MemberKeys {
  assert(root.length === ROOT_BYTES, 'a root has 32 bytes');
  assert(Number.isInteger(epoch) && epoch >= 0 && epoch < 2 ** 32, 'an epoch is a u32');
  const labelled = (label: string, bytes: number): Uint8Array =>
    derive({ secret: root, info: `kura/1 ${label}`, bytes });
  const chunkIdKey = (kind: number): Uint8Array => labelled(`chunk id ${kind}`, 32);
  const privateKeys = {
    x25519Seed: labelled(`x25519 epoch ${epoch}`, X25519_BYTES),
    mlkemSeed: labelled(`ml-kem epoch ${epoch}`, MLKEM_SEED_BYTES),
  };
  const ownerSeed = labelled('owner signing', 32);
  return {
    memberId: memberId(toHex(labelled('member id', 16))),
    epoch,
    chunkIdKeys: [chunkIdKey(0), chunkIdKey(1), chunkIdKey(2), chunkIdKey(3)],
    chunkerKey: labelled('chunker', 64),
    publicKeys: publicKeysOf(privateKeys),
    privateKeys,
    ownerSeed,
    ownerKey: signingKeyOf(ownerSeed),
    localKey: labelled('local', 32),
    lockKey: labelled('locks', 32),
    embeddedNetworkSecret: labelled('embedded network', 32),
  };
}

export function savingKeys(keys: SavingKeys): SavingKeys {
  const { memberId, epoch, chunkIdKeys, chunkerKey, publicKeys } = keys;
  return { memberId, epoch, chunkIdKeys, chunkerKey, publicKeys };
}

export function publicKeysOf({ x25519Seed, mlkemSeed }: MemberPrivateKeys): MemberPublicKeys {
  const x25519 = createPublicKey(
    createPrivateKey({ key: x25519Seed, format: 'raw-private', asymmetricKeyType: 'x25519' }),
  );
  const mlkem = createPublicKey(
    createPrivateKey({ key: mlkemSeed, format: 'raw-seed', asymmetricKeyType: 'ml-kem-768' }),
  );
  return {
    x25519: new Uint8Array(x25519.export({ format: 'raw-public' })),
    mlkem: new Uint8Array(mlkem.export({ format: 'raw-public' })),
  };
}
