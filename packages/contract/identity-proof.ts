// A store's answer to a gateway's challenge: signed with the store's own key, apart from any certificate, so that
// a certificate in wrong hands is not yet a store.
import { assert, ByteWriter, fromHex, KuraError, type StoreId, utf8 } from '@kura/base';
import { signEd25519, verifyEd25519 } from '@kura/log/ed25519.ts';
import { isU32 } from './acknowledgement.ts';

export interface IdentityClaim {
  /** 32 random bytes of the gateway's, never used again. */
  readonly challenge: Uint8Array;
  readonly storeId: StoreId;
  /** Below 2^32. */
  readonly inventoryEpoch: number;
}

const CHALLENGE_BYTES = 32;
const DOMAIN = utf8('kura/1 store identity\n');

function encode({ challenge, storeId, inventoryEpoch }: IdentityClaim): Uint8Array {
  assert(challenge.length === CHALLENGE_BYTES, 'a challenge is 32 bytes');
  const writer = new ByteWriter(DOMAIN.length + CHALLENGE_BYTES + 16 + 4);
  writer.raw(DOMAIN);
  writer.raw(challenge);
  writer.raw(fromHex(storeId));
  writer.u32(inventoryEpoch);
  return writer.bytes();
}

/** 64 bytes. `seed`: the store's. */
export function signIdentityProof(claim: IdentityClaim, seed: Uint8Array): Uint8Array {
  assert(isU32(claim.inventoryEpoch), 'an inventory epoch is counted in 32 bits');
  return signEd25519(encode(claim), seed);
}

/** Throws `refused` unless the store with this key answered this challenge. */
export function verifyIdentityProof(
  claim: IdentityClaim,
  proof: Uint8Array,
  storeKey: Uint8Array,
): void {
  if (isU32(claim.inventoryEpoch) && verifyEd25519(encode(claim), proof, storeKey)) return;
  throw new KuraError('refused', `who answers for store ${claim.storeId} does not have its key`, {
    guidance: 'Find out who holds its certificate; its copies are not read from there.',
    context: { reason: 'signature', store: claim.storeId },
  });
}
