// Where the keys of copies come from: one key and one name per member and store, so that two stores cannot
// tell that they hold the same pack, or that two packs are of one member.
import type { MemberId, StoreId } from '@kura/base';
import { copyKeyOf } from '@kura/copy-seal/keys.ts';

/** Copy keys of the first epoch; they are not yet renewed. */
export const COPY_KEY_EPOCH = 0;

export interface StoreKeys {
  /** 32 bytes: the outer cipher and the names of copies. */
  readonly copyKey: Uint8Array;
  /** The name by which the store knows the member. */
  readonly pseudonym: MemberId;
}

export interface CopyKeys {
  keysFor(member: MemberId, store: StoreId): Promise<StoreKeys>;
}

/** An embedded network has one secret, and its stores may know whose they are. */
export function embeddedCopyKeys(networkSecret: Uint8Array): CopyKeys {
  return {
    keysFor: async (memberId, storeId) => ({
      copyKey: copyKeyOf({ networkSecret, memberId, storeId, epoch: COPY_KEY_EPOCH }),
      pseudonym: memberId,
    }),
  };
}
