// The stores of a network as an agent reads them: one reader per store, each by the way that it has. Nothing is
// connected before something is read.
import type { StoreId } from '@kura/base';
import type { StoreReader, StoreState } from '@kura/contract';
import type { NetworkAccess, Service, Surroundings } from './access.ts';
import type { DescribedNetwork } from './describe-network.ts';
import { TicketBook } from './permits.ts';
import { ReaderDoor } from './reader-door.ts';
import { RemoteReader, readerWay, relayWay } from './remote-reader.ts';

export interface ReadersToOpen extends Surroundings {
  readonly described: DescribedNetwork;
  readonly access: NetworkAccess;
  readonly service: Service;
  /** How long a store may be silent. */
  readonly patienceMs?: (store: StoreId) => number;
}

export interface StoreReaders {
  /** Those that the network believes to be there. */
  readonly stores: ReadonlyMap<StoreId, StoreReader>;
  readonly tickets: TicketBook;
  close(): void;
}

/** A store that is being emptied is read as before. */
const isReadable = (state: StoreState): boolean => state === 'active' || state === 'draining';

export function openStoreReaders(options: ReadersToOpen): StoreReaders {
  const { described, access, service, patienceMs, clock, random } = options;
  const { identity, proxy, connections } = access;
  const { bandwidth } = service;
  const tickets = new TicketBook(service.coordinator, clock);
  const doors: ReaderDoor[] = [];
  const stores = new Map<StoreId, StoreReader>();
  for (const { identity: store, state } of described.network.stores) {
    const place = described.places.get(store.storeId);
    if (!isReadable(state) || place === undefined) continue;
    const { readers: addresses } = place;
    const read = {
      ...{ identity: store, permits: tickets },
      ...(patienceMs === undefined ? {} : { patienceMs: () => patienceMs(store.storeId) }),
    };
    if (addresses.length === 0) {
      const way = relayWay(service.gateway, store.storeId);
      stores.set(store.storeId, new RemoteReader({ ...read, way }));
      continue;
    }
    const common = { identity, proxy, bandwidth, connections, clock, random };
    const door = new ReaderDoor({ ...common, store, addresses });
    doors.push(door);
    const way = readerWay(door);
    stores.set(store.storeId, new RemoteReader({ ...read, way }));
  }
  return {
    ...{ stores, tickets },
    close: () => {
      for (const door of doors) door.forget();
    },
  };
}
