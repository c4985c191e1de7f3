// Goal: a network's stores get the suites that cost least where most bytes go, and never one that is slow
// for nothing (mission A3).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findCity, storePlaceOf } from '@kura/coordinator';
import { type StoreToFound, suitesFor } from './found-network.ts';

function storeIn(city: string): StoreToFound {
  const place = storePlaceOf(findCity(city));
  return { folder: `/stores/${city}`, place };
}

describe('suites of a new network', () => {
  it('A3: the store of the lowest risk, wherever it is named, has the fastest cipher', () => {
    const [tokyo, frankfurt, osaka] = ['tokyo', 'frankfurt', 'osaka'].map(storeIn);
    assert.ok(tokyo !== undefined && frankfurt !== undefined && osaka !== undefined);
    const suites = suitesFor({ stores: [tokyo, frankfurt, osaka], copies: 2 });
    assert.equal(suites.get(frankfurt), 'aes-256-ctr');
    assert.equal(new Set(suites.values()).size, 3, 'copies of one pack can always differ');
  });

  it('A3: a slow cipher is used when four copies have to differ, and not before', () => {
    const stores = ['tokyo', 'frankfurt', 'osaka', 'singapore', 'oslo'].map(storeIn);
    const ofTwo = [...suitesFor({ stores, copies: 2 }).values()];
    const ofFour = [...suitesFor({ stores, copies: 4 }).values()];
    assert.ok(!ofTwo.includes('camellia-256-ctr'));
    assert.ok(ofFour.includes('camellia-256-ctr'));
  });
});
