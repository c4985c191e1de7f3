// The stores of a network of others, as a thread that restores reads them: with tickets of the network, or with a card
// alone. Loaded by threads that need it.
import { type CardAccess, CardReaders } from '@kura/agent/card/card-readers.ts';
import { CopyFinder, elsewhereAt } from '@kura/agent/card/find-copies.ts';
import { type NetworkAccess, openService } from '@kura/agent/network/access.ts';
import type { DescribedNetwork } from '@kura/agent/network/describe-network.ts';
import { openStoreReaders } from '@kura/agent/network/open-readers.ts';
import type { Elsewhere } from '@kura/agent/read/copy-fetcher.ts';
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
  type NetworkShape,
  systemRandom as random,
  type StoreId,
} from '@kura/base';
import type { StoreReader } from '@kura/contract';

export interface NetworkReaders {
  readonly stores: ReadonlyMap<StoreId, StoreReader>;
  readonly order: CopyOrder;
  readonly elsewhere?: Elsewhere;
  /** Keeps what the stores were measured at. Never throws: it is a cache. */
  readonly remember: () => Promise<void>;
}

/** Plain data. */
export type ReadersWay =
  | {
      readonly kind: 'service';
      readonly access: NetworkAccess;
      readonly described: DescribedNetwork;
    }
  | { readonly kind: 'card'; readonly access: CardAccess };

interface ReadersParts {
  readonly shape: NetworkShape;
  readonly choice: OrderChoice;
  /** Where figures of stores are kept. */
  readonly homeFolder: string;
  readonly disk: Disk;
}

export function networkReaders(way: ReadersWay, parts: ReadersParts): NetworkReaders {
  const { shape, choice, homeFolder, disk } = parts;
  const speeds = readStoreSpeeds(disk, homeFolder, clock);
  const { stores, ...rest } = openWay(way);
  return {
    ...measured(stores, { shape, choice, speeds }),
    ...rest,
    remember: () => writeStoreSpeeds({ disk, random }, homeFolder, speeds).catch(() => undefined),
  };
}

function openWay(way: ReadersWay): Pick<NetworkReaders, 'stores' | 'elsewhere'> {
  if (way.kind === 'card') {
    const opened = new CardReaders(way.access, { clock, random });
    return { stores: opened.readers, elsewhere: elsewhereAt(new CopyFinder(opened)) };
  }
  const { access, described } = way;
  const service = openService(access, { clock, random });
  return { stores: openStoreReaders({ described, access, service, clock, random }).stores };
}

/** The same stores, each measured by what is read of it, and the order that follows. */
export function measured(
  stores: ReadonlyMap<StoreId, StoreReader>,
  parts: Pick<ReadersParts, 'shape' | 'choice'> & { readonly speeds: StoreSpeeds },
): Pick<NetworkReaders, 'stores' | 'order'> {
  const { shape, choice, speeds } = parts;
  const { leafBytes, windowLeaves } = shape;
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
