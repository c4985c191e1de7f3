// What a member needs besides where a service keeps the copies: the key of its card, and two keys that follow from
// the root (docs/design/keys.md), which an embedded network has no use for.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { Brand, Random } from '@kura/base';
import { derive } from './derive.ts';
import { type Root, X25519_BYTES } from './member-keys.ts';

/** 32 random bytes: seals the files of one card. */
export type CardKey = Brand<Uint8Array, 'CardKey'>;

const CARD_KEY_BYTES = 32;

export function newCardKey(random: Random): CardKey {
  return random.bytes(CARD_KEY_BYTES) as CardKey;
}

export interface ServiceKeys {
  /** Names the packs of catalogues. */
  readonly catalogueKey: Uint8Array;
  /** Private half: opens what the network seals to this member alone. */
  readonly noticeSeed: Uint8Array;
  /** Public half, 32 bytes, which the network is given. */
  readonly noticeKey: Uint8Array;
}

export function deriveServiceKeys(root: Root): ServiceKeys {
  const labelled = (label: string): Uint8Array =>
    derive({ secret: root, info: `kura/1 ${label}`, bytes: X25519_BYTES });
  const noticeSeed = labelled('notices');
  const privateKey = createPrivateKey({
    key: noticeSeed,
    format: 'raw-private',
    asymmetricKeyType: 'x25519',
  });
  const noticeKey = createPublicKey(privateKey).export({ format: 'raw-public' });
  return { catalogueKey: labelled('catalogue'), noticeSeed, noticeKey: new Uint8Array(noticeKey) };
}
