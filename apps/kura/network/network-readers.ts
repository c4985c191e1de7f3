// The stores of a network of others, as a thread that restores reads them: with tickets of the network, or with a card
// alone. Loaded by threads that need it.
import { type CardAccess, CardReaders } from '@kura/agent/card/card-readers.ts';
import { CopyFinder, elsewhereAt } from '@kura/agent/card/find-copies.ts';
import { type NetworkAccess, openService } from '@kura/agent/network/access.ts';
import type { DescribedNetwork } from '@kura/agent/network/describe-network.ts';
import { openStoreReaders } from '@kura/agent/network/open-readers.ts';
import { LAST_PATIENCE_MS, PATIENCE_MS } from '@kura/agent/network/remote-reader.ts';
import type { Elsewhere } from '@kura/agent/read/copy-fetcher.ts';
import {
  type CopyOrder,
  copyOrder,
  laneOrder,
  type OrderChoice,
  type ReadingLanes,
} from '@kura/agent/read/copy-order.ts';
import { MeasuringReader } from '@kura/agent/read/measuring-reader.ts';
import { MediumReader } from '@kura/agent/read/medium-reader.ts';
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
import type { Native } from '@kura/native';
import { type Media, openMedia, withMedia } from './media.ts';

export interface NetworkReaders {
  readonly stores: ReadonlyMap<StoreId, StoreReader>;
  readonly lanes: ReadingLanes;
  readonly elsewhere?: Elsewhere;
  /** Keeps what the stores were measured at. Never throws: it is a cache. */
  readonly remember: () => Promise<void>;
}

/** Plain data. */
export type ReadersWay = (
  | {
      readonly kind: 'service';
      readonly access: NetworkAccess;
      readonly described: DescribedNetwork;
    }
  | { readonly kind: 'card'; readonly access: CardAccess }
) & {
  /** Absolute: disks that were sent. */
  readonly media: readonly string[];
};

interface ReadersParts {
  readonly shape: NetworkShape;
  readonly choice: OrderChoice;
  /** Of this thread: see `MAX_LANES`. */
  readonly laneCount: number;
  /** Where figures of stores are kept. */
  readonly homeFolder: string;
  readonly disk: Disk;
  readonly native: Native;
}

export async function networkReaders(
  way: ReadersWay,
  parts: ReadersParts,
): Promise<NetworkReaders> {
  const { shape, choice, laneCount, homeFolder, disk, native } = parts;
  const speeds = readStoreSpeeds(disk, homeFolder, clock);
  const media = await openMedia(way.media, { disk, native });
  const { stores, ...rest } = openWay(way, speeds, media);
  return {
    ...measured(stores, { shape, choice, speeds, laneCount }),
    ...rest,
    remember: () => writeStoreSpeeds({ disk, random }, homeFolder, speeds).catch(() => undefined),
  };
}

/** Of one process: a reader lets one key ask so much at once, and what waits there looks like a store that stalls. */
export const MAX_LANES = 4;

/** Nobody is as patient with a store as when there is no other. */
export function patienceFor(speeds: StoreSpeeds): (store: StoreId) => number {
  return (store) => (speeds.hasFault(store) ? LAST_PATIENCE_MS : PATIENCE_MS);
}

function openWay(
  way: ReadersWay,
  speeds: StoreSpeeds,
  media: Media,
): Pick<NetworkReaders, 'stores' | 'elsewhere'> {
  const patienceMs = patienceFor(speeds);
  if (way.kind === 'card') {
    const opened = new CardReaders({ ...way.access, media }, { clock, random }, patienceMs);
    return { stores: opened.readers, elsewhere: elsewhereAt(new CopyFinder(opened)) };
  }
  const { access, described } = way;
  const service = openService(access, { clock, random });
  const { stores } = openStoreReaders({ described, access, service, patienceMs, clock, random });
  return { stores: withMedia(stores, media, described.network) };
}

/** The same stores, each measured by what is read of it, and the order that follows. */
export function measured(
  stores: ReadonlyMap<StoreId, StoreReader>,
  parts: Pick<ReadersParts, 'shape' | 'choice' | 'laneCount'> & { readonly speeds: StoreSpeeds },
): Pick<NetworkReaders, 'stores' | 'lanes'> {
  const { shape, choice, speeds, laneCount } = parts;
  const { leafBytes, windowLeaves } = shape;
  const windowBytes = leafBytes * windowLeaves;
  return {
    stores: new Map(
      [...stores].map(([storeId, reader]) => [
        storeId,
        // What a disk gives says nothing of the line to its store.
        reader instanceof MediumReader
          ? reader
          : new MeasuringReader({ reader, speeds, windowBytes, clock }),
      ]),
    ),
    lanes: lanesOf(copyOrder(choice, { random, speeds }), { choice, speeds, laneCount }),
  };
}

function lanesOf(
  order: CopyOrder,
  parts: Pick<ReadersParts, 'choice' | 'laneCount'> & { readonly speeds: StoreSpeeds },
): ReadingLanes {
  const { choice, speeds, laneCount } = parts;
  // A store that was named is where every lane begins.
  const leadOf = (lane: number): number => (choice.from === undefined ? lane : 0);
  return {
    count: laneCount,
    order: (lane) => laneOrder(order, { speeds, lane: leadOf(lane) }),
    isFast: () => speeds.isFast(),
  };
}
