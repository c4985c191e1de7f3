// What an embedded network derives beside the member's own keys: the member is its own operator here.
import { hkdfSync } from 'node:crypto';
import type { StoreId } from '@kura/base';
import { ed25519PublicKey, type StoreDescription } from '@kura/contract';
import { COPY_KEY_EPOCH } from '@kura/coordinator/gateway/copy-keys.ts';
import { copyKeyOf } from '@kura/copy-seal';
import type { MemberKeys } from '@kura/member-seal';

/** Ed25519 seed that signs retire-copy warrants. */
export function coordinatorSeed(keys: MemberKeys): Uint8Array {
  const secret = keys.embeddedNetworkSecret;
  return new Uint8Array(hkdfSync('sha256', secret, '', 'kura/1 coordinator warrants', 32));
}

export function coordinatorKey(keys: MemberKeys): Uint8Array {
  return ed25519PublicKey(coordinatorSeed(keys));
}

export function copyKeys(
  keys: MemberKeys,
  stores: readonly Pick<StoreDescription, 'identity'>[],
): ReadonlyMap<StoreId, Uint8Array> {
  const scope = { networkSecret: keys.embeddedNetworkSecret, memberId: keys.memberId };
  return new Map(
    stores.map(({ identity: { storeId } }) => [
      storeId,
      copyKeyOf({ ...scope, storeId, epoch: COPY_KEY_EPOCH }),
    ]),
  );
}
