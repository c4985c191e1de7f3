// The service behind `copies --find`: which stores hold a pack, asked of the stores themselves. The tables are not
// looked at, so it answers when they are gone: with a card, nobody is asked but stores and neighbours.
import { CardFiles } from '@kura/agent/card/card-files.ts';
import { CardFolder } from '@kura/agent/card/card-folder.ts';
import { CardReaders } from '@kura/agent/card/card-readers.ts';
import { readingOf } from '@kura/agent/card/card-reading.ts';
import { type AskedStores, CopyFinder } from '@kura/agent/card/find-copies.ts';
import { findNearby } from '@kura/agent/card/find-nearby.ts';
import { type StoreId, systemAlarmClock } from '@kura/base';
import type { FoundPackView } from '../commands/card-views.ts';
import type { FindPackRequest } from '../commands/requests.ts';
import { readPointer } from '../network/home-pointer.ts';
import { openCard, proxyOf } from '../network/joined-network.ts';
import { placeView } from './network-view.ts';
import type { Session } from './session.ts';

/** Connections of one process to one reader. */
const CONNECTIONS = 4;

interface KnownStores extends AskedStores {
  readonly places: ReadonlyMap<StoreId, { readonly cityName: string; readonly where: string }>;
  close(): void;
}

export async function findPack(
  session: Session,
  { packId, nearby }: FindPackRequest,
): Promise<FoundPackView> {
  const files = await cardOf(session);
  const known = files === undefined ? await foldersOf(session) : storesOn(files, session);
  try {
    const place = (storeId: StoreId) =>
      known.places.get(storeId) ?? { cityName: storeId, where: '' };
    if (nearby !== undefined) {
      const network = { ...nearby, clock: systemAlarmClock, random: session.surroundings.random };
      const found = await findNearby(packId, known.copyKeys, network);
      const holders = found.map(({ storeId, address: where }) => ({
        ...{ storeId, where, cityName: place(storeId).cityName },
      }));
      return { packId, how: 'nearby', holders, silent: [] };
    }
    const finder = new CopyFinder(known);
    const [pack] = await finder.find([packId]);
    return {
      ...{ packId, how: 'asked' },
      holders: (pack?.copies ?? []).map(({ storeId }) => ({ storeId, ...place(storeId) })),
      silent: [...finder.failures].map(([storeId, { message: why }]) => ({
        ...{ storeId, cityName: place(storeId).cityName, why },
      })),
    };
  } finally {
    known.close();
  }
}

/** Undefined in a network of folders. */
async function cardOf({ settings, surroundings }: Session): Promise<CardFiles | undefined> {
  const { disk, random } = surroundings;
  const passphrase = (): Promise<string> => settings.secrets.passphrase();
  if (settings.card !== undefined) {
    const place = { disk, random, folder: settings.card };
    return CardFiles.only(await CardFolder.open(place, await passphrase()));
  }
  const pointer = readPointer(disk, settings.home);
  return pointer === undefined ? undefined : openCard({ pointer, passphrase }, surroundings);
}

function storesOn(files: CardFiles, { settings, surroundings }: Session): KnownStores {
  const stores = files.stores();
  const readers = new CardReaders(
    {
      identity: readingOf(files).tls,
      proxy: proxyOf(files.network().coordinators, settings.environment),
      limits: { sendBytesPerS: 0, receiveBytesPerS: 0 },
      connections: CONNECTIONS,
      stores,
    },
    { clock: systemAlarmClock, random: surroundings.random },
  );
  return {
    readers: readers.readers,
    copyKeys: readers.copyKeys,
    places: new Map(
      stores.map(({ identity, readers: [where], kind }) => [
        identity.storeId,
        { cityName: placeView(identity.place).cityName, where: where ?? kind },
      ]),
    ),
    close: () => readers.close(),
  };
}

async function foldersOf(session: Session): Promise<KnownStores> {
  const { network, stores, copyKeys } = await session.network();
  return {
    readers: stores,
    copyKeys,
    places: new Map(
      network.stores.map(({ identity, location }) => [
        identity.storeId,
        { cityName: placeView(identity.place).cityName, where: location },
      ]),
    ),
    // The session closes them.
    close: () => undefined,
  };
}
