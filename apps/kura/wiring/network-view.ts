// The network and its stores as commands show them.
import type { StoreId } from '@kura/base';
import type { NetworkDescription, PlaceDescription, StoreDescription } from '@kura/contract';
import { findCity } from '@kura/coordinator/placement/cities.ts';
import type { NetworkView, PlaceView, StoreView } from '../commands/views.ts';

export function placeView(place: { city: string; lat: number; lon: number }): PlaceView {
  const { city, lat, lon } = place;
  return { city, cityName: cityName(city), lat, lon };
}

/** As people write it. */
export function cityName(city: string): string {
  try {
    return findCity(city).name;
  } catch {
    return city; // a place by its coordinates, or of a list that has changed since
  }
}

/** Of a home, or of a device. */
export function homeView({ name, lat, lon }: PlaceDescription): PlaceView {
  return placeView({ city: name, lat, lon });
}

export function storeView(store: StoreDescription): StoreView {
  return {
    ...placeView(store.identity.place),
    storeId: store.identity.storeId,
    folder: store.location,
    cipher: store.identity.suite,
    state: store.state,
    freeBytes: store.freeBytes,
  };
}

export function networkView(network: NetworkDescription): NetworkView {
  return {
    memberId: network.memberId,
    home: homeView(network.home),
    copies: network.copies,
    stores: network.stores.map(storeView),
  };
}

export function storeOf(
  network: NetworkDescription,
  storeId: StoreId,
): StoreDescription | undefined {
  return network.stores.find((store) => store.identity.storeId === storeId);
}
