// Goal: the planner's sets are the best there are: no more rules broken than by the best set, and within 1 % of
// its loss, as exhaustive search over small worlds says.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { listedCities } from '../../placement/cities.ts';
import { eventOf, outageAt, storeIn, worldOf } from '../fixtures.ts';
import { bestSet, type PlacementModel } from './best-set.ts';
import { BEAM, TOLERANCE } from './plan.ts';
import type { Demand, PlannerStore, World } from './world.ts';

const ANYWHERE: Demand = { level: 1, home: 0, copies: 2 };
const everywhere = (): boolean => true;

interface Judged {
  readonly ruleCost: number;
  readonly cost: number;
}

/** Every order of every set, the first copy where the risk is lowest. */
function exhaustive(world: World, demand: Demand, model: PlacementModel): Judged | undefined {
  const usable = world.stores.flatMap((_, store) => (model.isUsable(store) ? [store] : []));
  const firsts = [...usable].sort(
    (a, b) => world.riskOf(a) - world.riskOf(b) || model.compare(a, b),
  );
  let best: Judged | undefined;
  const visit = (sequence: readonly number[], ruleCost: number): void => {
    if (sequence.length === demand.copies) {
      const cost =
        demand.copies === 1 ? world.riskOf(sequence[0] ?? 0) : world.costOf(demand, sequence);
      const isBetter =
        best === undefined ||
        ruleCost < best.ruleCost ||
        (ruleCost === best.ruleCost && cost < best.cost);
      if (isBetter) best = { ruleCost, cost };
      return;
    }
    for (const store of usable) {
      if (sequence.includes(store)) continue;
      visit([...sequence, store], ruleCost + world.ruleCostOf(demand, store, sequence));
    }
  };
  const [first] = firsts;
  if (first !== undefined) visit([first], 0);
  return best;
}

const cities = listedCities().map((city) => city.city);
const someEvent = fc.oneof(
  fc
    .record({
      at: fc.constantFrom(...cities),
      radiusKm: fc.integer({ min: 1, max: 600 }),
      kind: fc.constantFrom<'flood' | 'wind' | 'tsunami'>('flood', 'wind', 'tsunami'),
      severity: fc.constantFrom<'moderate' | 'severe' | 'extreme'>('moderate', 'severe', 'extreme'),
      certainty: fc.constantFrom<'possible' | 'observed'>('possible', 'observed'),
    })
    .map(eventOf),
  fc.constantFrom(...cities).map((city) => outageAt(city)),
);
const someWorld = fc
  .record({
    stores: fc.uniqueArray(fc.constantFrom(...cities), { minLength: 2, maxLength: 8 }),
    suites: fc.array(fc.constantFrom('aes-256-ctr', 'chacha20'), { minLength: 8, maxLength: 8 }),
    home: fc.constantFrom(...cities),
    events: fc.array(someEvent, { maxLength: 3 }),
  })
  .map(({ stores, suites, home, events }) =>
    worldOf({
      stores: stores.map((city, index) => storeIn(city, { suite: suites[index] ?? 'chacha20' })),
      homes: [home],
      events,
    }),
  );

describe('the best set', () => {
  it('breaks no more rules than exhaustive search, and its loss is within 1 %', () => {
    fc.assert(
      fc.property(someWorld, fc.integer({ min: 1, max: 4 }), (world, copies) => {
        const demand = { ...ANYWHERE, copies };
        const model = world.modelFor(demand, everywhere);
        const found = bestSet(model, { present: [], copies, beam: BEAM, tolerance: TOLERANCE });
        const best = exhaustive(world, demand, model);
        if (best === undefined || found === undefined) {
          assert.equal(found, best);
          return;
        }
        assert.equal(found.ruleCost, best.ruleCost);
        const isNear = found.cost <= 1.01 * best.cost;
        assert.ok(isNear, `${found.cost} against ${best.cost}`);
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order of the stores', () => {
    fc.assert(
      fc.property(someWorld, ({ stores, homes }) => {
        const idsOf = (some: readonly PlannerStore[]): string[] | undefined => {
          const world = worldOf({ stores: some, homes: [homes[0]?.place.city ?? ''] });
          const model = world.modelFor(ANYWHERE, everywhere);
          const input = { present: [], copies: 2, beam: BEAM, tolerance: TOLERANCE };
          return bestSet(model, input)?.added.map((store) => world.store(store).site.id);
        };
        assert.deepEqual(idsOf(stores.toReversed()), idsOf(stores));
      }),
      { numRuns: 50 },
    );
  });

  it('of equal sets the cheaper one wins', () => {
    const stores = [
      storeIn('stockholm'),
      storeIn('singapore', { id: 'dear', costPerGib: 5 }),
      storeIn('singapore', { id: 'cheap', costPerGib: 2 }),
    ];
    const world = worldOf({ stores });
    const input = { present: [0], copies: 1, beam: BEAM, tolerance: TOLERANCE };
    assert.deepEqual(bestSet(world.modelFor(ANYWHERE, everywhere), input)?.added, [2]);
  });

  it('keeps to pins, to forbidden regions, to levels and to calm places', () => {
    const stores = [storeIn('osaka'), storeIn('seoul'), storeIn('stockholm'), storeIn('sydney')];
    const chosen = (demand: Partial<Demand>, events = [outageAt('sydney')]): string[] => {
      const world = worldOf({ stores, events });
      const model = world.modelFor({ ...ANYWHERE, ...demand }, everywhere);
      const input = { present: [], copies: 2, beam: BEAM, tolerance: TOLERANCE };
      const added = bestSet(model, input)?.added ?? [];
      return added.map((store) => world.store(store).site.id).sort();
    };
    assert.ok(!chosen({}).includes('sydney'), 'no grid there');
    assert.deepEqual(chosen({ pinned: ['JP', 'KR'] }), ['osaka', 'seoul']);
    assert.deepEqual(chosen({ forbidden: ['JP', 'seoul'] }), [], 'only Stockholm is left');
    assert.deepEqual(chosen({ forbidden: ['SE'] }, []).includes('stockholm'), false);
  });
});
