// The way of a line's packs to a network of others. Loaded by threads that need it, and by no others.
import { type NetworkAccess, openService } from '@kura/agent/network/access.ts';
import { describeNetwork, fetchCopyKeys } from '@kura/agent/network/describe-network.ts';
import { RemotePackSink } from '@kura/agent/network/remote-pack-sink.ts';
import { type NetworkShape, type StoreId, systemAlarmClock, systemRandom } from '@kura/base';
import type { PackSink, StoreIdentity } from '@kura/contract';

/** What a line checks copies with; a store that joins meanwhile is added. */
export interface KnownCopies {
  readonly identities: Map<StoreId, StoreIdentity>;
  readonly copyKeys: Map<StoreId, Uint8Array>;
}

export function networkSink(
  access: NetworkAccess,
  { shape, known }: { readonly shape: NetworkShape; readonly known: KnownCopies },
): PackSink {
  const service = openService(access, { clock: systemAlarmClock, random: systemRandom });
  const { coordinator, gateway: client } = service;
  return new RemotePackSink({
    ...{ client, shape, clock: systemAlarmClock },
    meet: async (storeIds) => {
      if (storeIds.every((storeId) => known.identities.has(storeId))) return;
      const { network } = await describeNetwork(coordinator);
      const { copyKeys } = await fetchCopyKeys(coordinator);
      for (const { identity } of network.stores) known.identities.set(identity.storeId, identity);
      for (const [storeId, copyKey] of copyKeys) known.copyKeys.set(storeId, copyKey);
    },
  });
}
