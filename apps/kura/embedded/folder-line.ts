// The way of a line's packs to the folders of an embedded network: gateway and stores of this process. Loaded by
// threads that need it, and by no others.
import type { NetworkDescription, PackSink } from '@kura/contract';
import { createGateway, embeddedCopyKeys } from '@kura/coordinator/gateway/index.ts';
import { openStores } from './stores.ts';
import type { Surroundings } from './surroundings.ts';

export function folderLine(
  network: NetworkDescription,
  networkSecret: Uint8Array,
  surroundings: Surroundings,
): PackSink {
  return createGateway({
    ...{ network, stores: openStores(network, surroundings).shelves },
    native: surroundings.native,
    keys: embeddedCopyKeys(networkSecret),
    hashing: 'agent',
  });
}
