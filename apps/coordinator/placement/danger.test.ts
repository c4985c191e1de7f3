// Goal: what is feared now decides where copies go: the newest risk table names the first store, and nothing
// new goes into danger while others can take it (A4, A6).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MIB, type StoreId } from '@kura/base';
import { choosePlacement, type PlacementRequest, type PlacementStore } from './choose.ts';
import { findCity, homeOf } from './cities.ts';
import { cityOf, storeIn } from './fixtures.ts';

const STANDARD: PlacementRequest = {
  ...{ copies: 2, level: 1, sizeBytes: 16 * MIB },
  home: homeOf(findCity('tokyo')),
};

/** Cities chosen, in order, with their reasons. */
function choose(stores: readonly PlacementStore[], demoted: ReadonlySet<StoreId> = new Set()) {
  return choosePlacement({ request: { ...STANDARD, demoted }, stores }).map((choice) => ({
    city: cityOf(stores, choice.storeId),
    reason: choice.reason,
  }));
}

describe('live hazards', () => {
  const calm = ['frankfurt', 'stockholm'].map((city) => storeIn(city));

  it('A4, A6: the first copy goes where the newest table has the lowest risk', () => {
    const stores = [storeIn('frankfurt', { riskNow: 0.2 }), storeIn('miami', { riskNow: 0.1 })];
    assert.deepEqual(
      choose(stores).map(({ city }) => city),
      ['miami', 'frankfurt'],
    );
    assert.match(choose(stores)[0]?.reason ?? '', /^lowest risk \(10 %\/year\)/);
  });

  it('A4: nothing new goes where something is feared, while others can take it', () => {
    const feared = storeIn('ashburn', { baseRisk: 1e-9, danger: 'a hurricane' });
    const cities = choose([feared, ...calm]).map(({ city }) => city);
    assert.ok(!cities.includes('ashburn'), cities.join());
  });

  it('what was slow is asked before what may be gone tomorrow', () => {
    const feared = storeIn('ashburn', { danger: 'a hurricane' });
    const [slow] = calm;
    const demoted = new Set(slow === undefined ? [] : [slow.identity.storeId]);
    const stores = [feared, ...calm];
    assert.deepEqual(
      choose(stores, demoted).map(({ city }) => city),
      ['stockholm', 'frankfurt'],
    );
  });

  it('if no other is left the copy is made there, and its reason says so', () => {
    const stores = [storeIn('frankfurt'), storeIn('ashburn', { danger: 'a hurricane' })];
    const last = choose(stores).at(-1);
    assert.equal(last?.city, 'ashburn');
    assert.match(last?.reason ?? '', /; in danger \(a hurricane\), but no other is left$/);
  });
});
