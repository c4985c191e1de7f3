// For tests: what a store owes its network besides keeping copies, where no test is about it.
import type { StoreId } from '@kura/base';
import { signIdentityProof, signRemovalConfirmation } from '@kura/contract';
import type { StoreDuties } from '@kura/store/api/handlers.ts';

export function plainDuties(
  { storeId, inventoryEpoch }: { readonly storeId: StoreId; readonly inventoryEpoch: number },
  seed: Uint8Array,
): StoreDuties {
  return {
    prove: (challenge) => signIdentityProof({ challenge, storeId, inventoryEpoch }, seed),
    confirmRemoval: (about) => signRemovalConfirmation({ storeId, timeMs: 0, ...about }, seed),
    admit: async () => undefined,
    takeRevocations: async () => undefined,
    demandNoHold: () => undefined,
  };
}
