// The stores of a network of others, as a thread that restores reads them. Loaded by threads that need it.
import { type NetworkAccess, openService } from '@kura/agent/network/access.ts';
import type { DescribedNetwork } from '@kura/agent/network/describe-network.ts';
import { openStoreReaders } from '@kura/agent/network/open-readers.ts';
import { systemAlarmClock as clock, systemRandom as random, type StoreId } from '@kura/base';
import type { StoreReader } from '@kura/contract';

export function networkReaders(
  access: NetworkAccess,
  described: DescribedNetwork,
): ReadonlyMap<StoreId, StoreReader> {
  const service = openService(access, { clock, random });
  return openStoreReaders({ described, access, service, clock, random }).stores;
}
