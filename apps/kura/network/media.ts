// Disks that were sent, as stores of a network of others: what is on one is read from it before anything is asked for.
import { ANY_STORE, type OrderChoice } from '@kura/agent/read/copy-order.ts';
import { MediumReader } from '@kura/agent/read/medium-reader.ts';
import {
  type Disk,
  KuraError,
  systemRandom as random,
  type StoreId,
  systemClock,
} from '@kura/base';
import type { NetworkDescription, StoreReader } from '@kura/contract';
import type { Native } from '@kura/native';

export type Media = ReadonlyMap<StoreId, StoreReader>;

export interface MediaSurroundings {
  readonly disk: Disk;
  readonly native: Pick<Native, 'bulk'>;
}

/** By the store that each is of. `folders`: absolute. Throws what opening a shelf throws. */
export async function openMedia(
  folders: readonly string[],
  { disk, native }: MediaSurroundings,
): Promise<Media> {
  const media = new Map<StoreId, StoreReader>();
  if (folders.length === 0) return media;
  // Whoever reads over a line alone never pays for the code of shelves.
  const { openShelfForReading } = await import('@kura/store/reader/open-shelf.ts');
  for (const folder of folders) {
    const shelf = openShelfForReading({ disk, folder, native, clock: systemClock, random });
    const { storeId } = shelf.identity;
    if (media.has(storeId)) {
      throw new KuraError('usage', `two media are of the store ${storeId}`, {
        guidance: 'Name one of them: the newer one holds all that the other one does.',
      });
    }
    media.set(storeId, shelf);
  }
  return media;
}

/** The same stores, and those of the network that only a medium gives. */
export function withMedia(
  stores: ReadonlyMap<StoreId, StoreReader>,
  media: Media,
  network: Pick<NetworkDescription, 'stores'>,
): ReadonlyMap<StoreId, StoreReader> {
  if (media.size === 0) return stores;
  const all = new Map(stores);
  for (const { identity } of network.stores) {
    const { storeId } = identity;
    const medium = media.get(storeId);
    if (medium === undefined) continue;
    all.set(storeId, new MediumReader({ identity, medium, store: stores.get(storeId) }));
  }
  return all;
}

/** Reading begins with a medium, if there is one. */
export function choiceOf(media: Media, choice: OrderChoice = ANY_STORE): OrderChoice {
  return choice.from === undefined ? { ...choice, from: media.keys().next().value } : choice;
}
