// The stores of a network of others, as a thread that restores reads them. Loaded by threads that need it.
import { type NetworkAccess, openService } from '@kura/agent/network/access.ts';
import type { DescribedNetwork } from '@kura/agent/network/describe-network.ts';
import { openStoreReaders } from '@kura/agent/network/open-readers.ts';
import { type CopyOrder, copyOrder, type OrderChoice } from '@kura/agent/read/copy-order.ts';
import { MeasuringReader } from '@kura/agent/read/measuring-reader.ts';
import {
  readStoreSpeeds,
  type StoreSpeeds,
  writeStoreSpeeds,
} from '@kura/agent/read/store-speeds.ts';
import {
  systemAlarmClock as clock,
  type Disk,
  systemRandom as random,
  type StoreId,
} from '@kura/base';
import type { StoreReader } from '@kura/contract';

export interface NetworkReaders {
  readonly stores: ReadonlyMap<StoreId, StoreReader>;
  readonly order: CopyOrder;
  /** Keeps what the stores were measured at. Never throws: it is a cache. */
  readonly remember: () => Promise<void>;
}

interface ReadersParts {
  readonly access: NetworkAccess;
  readonly described: DescribedNetwork;
  readonly choice: OrderChoice;
  readonly homeFolder: string;
  readonly disk: Disk;
}

export function networkReaders(parts: ReadersParts): NetworkReaders {
  const { access, described, choice, homeFolder, disk } = parts;
  const service = openService(access, { clock, random });
  const speeds = readStoreSpeeds(disk, homeFolder, clock);
  const { stores } = openStoreReaders({ described, access, service, clock, random });
  return {
    ...measured(stores, { described, choice, speeds }),
    remember: () => writeStoreSpeeds({ disk, random }, homeFolder, speeds).catch(() => undefined),
  };
}

/** The same stores, each measured by what is read of it, and the order that follows. */
export function measured(
  stores: ReadonlyMap<StoreId, StoreReader>,
  parts: Pick<ReadersParts, 'described' | 'choice'> & { readonly speeds: StoreSpeeds },
): Pick<NetworkReaders, 'stores' | 'order'> {
  const { described, choice, speeds } = parts;
  const { leafBytes, windowLeaves } = described.network.shape;
  const windowBytes = leafBytes * windowLeaves;
  return {
    stores: new Map(
      [...stores].map(([storeId, reader]) => [
        storeId,
        new MeasuringReader({ reader, speeds, windowBytes, clock }),
      ]),
    ),
    order: copyOrder(choice, { random, speeds }),
  };
}
