// Goal: a device that is not at home is kept away from, as home is: its grid, and what is near it (A5, A6).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MIB } from '@kura/base';
import { choosePlacement } from './choose.ts';
import { findCity, homeOf } from './cities.ts';
import { cityOf, storesIn } from './fixtures.ts';

interface Scene {
  readonly home: string;
  readonly device?: string;
  /** In place of the risks of the cities. */
  readonly risks?: Readonly<Record<string, number>>;
}

/** Where two copies go, with the reasons. */
function choose(cities: readonly string[], { home, device, risks = {} }: Scene) {
  const stores = storesIn(cities, risks);
  const at = homeOf(findCity(home));
  const elsewhere = device === undefined ? {} : { device: homeOf(findCity(device)) };
  const request = { copies: 2, level: 1, home: at, ...elsewhere, sizeBytes: 16 * MIB };
  return choosePlacement({ request, stores }).map(({ storeId, reason }) => ({
    city: cityOf(stores, storeId),
    reason,
  }));
}

const citiesOf = (choices: ReturnType<typeof choose>) => choices.map(({ city }) => city);

describe('a device that is elsewhere', () => {
  it('A5: keeps its own power area free', () => {
    const stores = ['ishikari', 'osaka', 'seoul'];
    const inJapan = choose(stores, { home: 'sydney', device: 'ishikari' });
    assert.deepEqual(citiesOf(inJapan), ['seoul', 'osaka']);
    assert.match(inJapan[1]?.reason ?? '', /km from home, 1069 km from the device in ishikari, /);
    assert.deepEqual(citiesOf(choose(stores, { home: 'sydney' })), ['seoul', 'ishikari']);
  });

  it('A6: is far from further copies, and so is home, whatever grid they are on', () => {
    const stores = ['stockholm', 'osaka', 'tokyo', 'seoul'];
    assert.deepEqual(citiesOf(choose(stores, { home: 'tokyo' })), ['stockholm', 'seoul']);
    const inSeoul = choose(stores, { home: 'tokyo', device: 'seoul' });
    assert.deepEqual(citiesOf(inSeoul), ['stockholm', 'osaka']);
    // Nagoya is near home, on another grid than home's, and has the lower risk.
    const risks = { stockholm: 1e-10, nagoya: 1e-9, seoul: 1e-6 };
    const inSydney = choose(Object.keys(risks), { home: 'tokyo', device: 'sydney', risks });
    assert.deepEqual(citiesOf(inSydney), ['stockholm', 'seoul']);
  });
});
