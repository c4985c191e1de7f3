// Goal: the stores of a pack are chosen as the mission says (A1, A2, A5, A6, A15), each with a reason in
// words, and whatever cannot be kept is relaxed in the stated order, never silently.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorCode, GIB, KuraError, MAX_COPIES, MIB, type StoreId } from '@kura/base';
import fc from 'fast-check';
import {
  choosePlacement,
  MIN_DISTANCE_KM,
  type PlacementRequest,
  type PlacementStore,
  ROOM_FACTOR,
} from './choose.ts';
import { findCity, homeOf, listedCities } from './cities.ts';
import { distanceKm } from './distance.ts';
import { cityOf, idOf, SUITES, storeIn } from './fixtures.ts';
import { assertSpread } from './spread.ts';

const tokyo = homeOf(findCity('tokyo'));
const standard: PlacementRequest = { copies: 2, level: 1, home: tokyo, sizeBytes: 16 * MIB };

/** Cities chosen, in order, with their reasons. */
function choose(
  stores: readonly PlacementStore[],
  fields: Partial<PlacementRequest> = {},
): { city: string; reason: string }[] {
  return choosePlacement({ request: { ...standard, ...fields }, stores }).map((choice) => ({
    city: cityOf(stores, choice.storeId),
    reason: choice.reason,
  }));
}

const citiesOf = (choices: { city: string }[]): string[] => choices.map((choice) => choice.city);

const refusal = (code: ErrorCode, pattern: RegExp) => (error: unknown) =>
  error instanceof KuraError && error.code === code && pattern.test(error.message);
const tooFew = (pattern: RegExp) => refusal('too_few_stores', pattern);

describe('which stores are chosen', () => {
  it('A6: first copy is where the risk is lowest', () => {
    const [first] = choose([storeIn('tokyo'), storeIn('osaka'), storeIn('ishikari')]);
    assert.deepEqual(first, { city: 'ishikari', reason: 'lowest risk (0.011 %/year)' });
  });

  it('A6: second copy is far from home', () => {
    const stores = [storeIn('ishikari'), storeIn('inzai'), storeIn('tokyo'), storeIn('osaka')];
    const [, second] = choose(stores);
    assert.equal(second?.city, 'osaka');
    assert.equal(
      second?.reason,
      '403 km from home, other power area, lowest risk there (0.048 %/year)',
    );
  });

  it('A6: second copy is not near home, however low the risk is there', () => {
    const nagoya = storeIn('nagoya', { baseRisk: 1e-6 });
    const [, second] = choose([storeIn('ishikari', { baseRisk: 1e-7 }), nagoya, storeIn('osaka')]);
    assert.equal(second?.city, 'osaka', 'Nagoya is 260 km from Tokyo, on the grid of Osaka');
  });

  it('A6: the first store is not taken twice, the next best follows', () => {
    const stores = [storeIn('osaka'), storeIn('frankfurt'), storeIn('ishikari')];
    assert.deepEqual(citiesOf(choose(stores)), ['frankfurt', 'ishikari']);
  });

  it('A1: the level decides which stores may be used', () => {
    const ishikari = storeIn('ishikari', { minimumLevel: 3, suite: 'chacha20' });
    const stores = [ishikari, storeIn('osaka'), storeIn('seoul')];
    assert.deepEqual(citiesOf(choose(stores, { level: 3 })), ['seoul', 'ishikari']);
    assert.deepEqual(citiesOf(choose(stores, { level: 2 })), ['seoul', 'osaka']);
    const refused = tooFew(/ishikari is for level 3 and up/);
    assert.throws(() => choose(stores, { level: 2, copies: 3 }), refused);
  });

  it('A3: copies are under different ciphers while stores allow it', () => {
    const chacha20 = { suite: 'chacha20' };
    const stores = [storeIn('seoul', chacha20), storeIn('ishikari', chacha20), storeIn('osaka')];
    assert.deepEqual(citiesOf(choose(stores)), ['seoul', 'osaka']);
  });

  it('A15: a store that failed is used only when nothing else is left, and that is said', () => {
    const stores = [storeIn('ishikari'), storeIn('osaka'), storeIn('seoul')];
    const demoted = new Set([idOf(listedCities().findIndex((city) => city.city === 'seoul'))]);
    assert.deepEqual(citiesOf(choose(stores, { demoted })), ['ishikari', 'osaka']);
    const [, , last] = choose(stores, { demoted, copies: 3 });
    assert.equal(last?.city, 'seoul');
    assert.match(last?.reason ?? '', /it failed before, but no other is left$/);
  });

  it('A6: a replacement goes on from the copies that are there', () => {
    const held = [storeIn('ishikari').identity.storeId];
    const stores = [storeIn('ishikari'), storeIn('tokyo'), storeIn('osaka')];
    assert.deepEqual(citiesOf(choose(stores, { copies: 1, held })), ['osaka']);
  });

  it('A6: of two far places the one that shares no disaster with home comes first', () => {
    // Fukuoka has half the risk of Los Angeles, but an earthquake can reach both it and Tokyo.
    const losAngeles = storeIn('losangeles', { suite: 'aes-256-ctr' });
    const stores = [storeIn('frankfurt'), storeIn('fukuoka'), losAngeles];
    const [, second] = choose(stores);
    assert.equal(second?.city, 'losangeles');
    assert.match(second?.reason ?? '', /least likely to be lost together with home/);
  });
});

describe('what is relaxed, in order', () => {
  it('first the cipher', () => {
    const stores = [
      storeIn('ishikari', { suite: 'chacha20' }),
      storeIn('osaka', { suite: 'chacha20' }),
      storeIn('inzai', { suite: 'aes-256-ctr' }),
    ];
    const [, second] = choose(stores);
    assert.equal(second?.city, 'osaka');
    assert.match(second?.reason ?? '', /same cipher as another copy/);
    assert.match(second?.reason ?? '', /no store that is left is placed better$/);
  });

  it('then the distance between copies', () => {
    // Johor is 17 km from Singapore, on another grid; Pune shares India's with Chennai.
    const stores = [storeIn('singapore'), storeIn('johor'), storeIn('osaka', { state: 'lost' })];
    const [, second] = choose(stores);
    assert.equal(second?.city, 'johor');
    assert.match(second?.reason ?? '', /other power area, only 1\d km from the copy in singapore/);
  });

  it('then the power area, before the distance from home', () => {
    const stores = [storeIn('fukuoka'), storeIn('osaka'), storeIn('nagoya'), storeIn('inzai')];
    const [first, second, third] = choose(stores, { copies: 3 });
    assert.equal(first?.city, 'fukuoka');
    assert.equal(second?.city, 'osaka');
    assert.match(second?.reason ?? '', /403 km from home, power area shared with another copy/);
    assert.match(third?.reason ?? '', /km from home, power area shared with/);
  });

  it('a cheaper rule is not broken along with a dearer one if it need not be', () => {
    const chacha20 = { suite: 'chacha20' };
    const stores = [storeIn('stockholm', chacha20), storeIn('oslo', chacha20), storeIn('gavle')];
    const home = homeOf(findCity('tokyo'));
    const [first, second] = choose(stores, { home });
    assert.equal(first?.city, 'stockholm');
    assert.match(second?.reason ?? '', /power area shared with another copy/);
    assert.equal(second?.city, 'oslo', 'same cipher, but 300 km away from Stockholm');
  });
});

describe('too few stores', () => {
  it('A2: fewer stores than copies is an error that names what is missing', () => {
    const stores = [
      storeIn('ishikari'),
      storeIn('osaka', { state: 'unreachable' }),
      storeIn('seoul', { state: 'lost' }),
      storeIn('oslo', { isHeld: true }),
      storeIn('frankfurt', { freeBytes: 3 * MIB }),
      storeIn('london'),
    ];
    const excluded = new Set([storeIn('london').identity.storeId]);
    const message = new RegExp(
      'osaka is unreachable; seoul is lost; oslo is on hold; frankfurt has 3.00 MiB free and needs 24.0 MiB; ' +
        'london has failed or is excluded',
    );
    assert.throws(() => choose(stores, { excluded, copies: 3 }), tooFew(message));
    assert.throws(() => choose([]), tooFew(/2 stores are wanted for a pack and 0 can take it$/));
  });

  it('C12: it is a matter of space only if room alone would be enough, and then the full are named', () => {
    const stores = [
      storeIn('ishikari'),
      storeIn('osaka', { state: 'unreachable' }),
      storeIn('frankfurt', { freeBytes: 3 * MIB }),
      storeIn('london'),
    ];
    const london = new Set([storeIn('london').identity.storeId]);
    const failed = { excluded: london };
    const full = { excluded: london, full: london };
    const frankfurt = /frankfurt has 3.00 MiB free and needs 24.0 MiB/;
    assert.throws(() => choose(stores, failed), refusal('no_space', frankfurt));
    assert.throws(() => choose(stores, { ...failed, copies: 3 }), tooFew(frankfurt));
    assert.throws(
      () => choose(stores, { ...full, copies: 3 }),
      (error) => {
        assert.ok(error instanceof KuraError && error.code === 'no_space', String(error));
        assert.match(error.message, /london is full/);
        assert.equal(error.guidance, 'Make room in frankfurt or london, or add a store.');
        return true;
      },
    );
    assert.throws(() => choose(stores, { ...full, copies: 4 }), tooFew(/london is full/));
  });

  it('a number of copies that makes no sense is a usage error', () => {
    for (const copies of [0, -1, 1.5, MAX_COPIES + 1, Number.NaN]) {
      assert.throws(
        () => choose([storeIn('osaka')], { copies }),
        (error) => error instanceof KuraError && error.code === 'usage',
      );
    }
  });

  it('a row that stands twice in the table is one store', () => {
    assert.throws(
      () => choose([storeIn('osaka'), storeIn('osaka')]),
      tooFew(/2 stores are wanted/),
    );
  });
});

// ── Properties over random tables ─────────────────────────────────────────────────────────────────

const someStore = fc
  .record({
    city: fc.constantFrom(...listedCities().map((city) => city.city)),
    suite: fc.constantFrom(...SUITES),
    state: fc.constantFrom<PlacementStore['state']>('active', 'active', 'active', 'unreachable'),
    minimumLevel: fc.integer({ min: 0, max: 3 }),
    freeBytes: fc.constantFrom(GIB, GIB, GIB, MIB),
    baseRisk: fc.constantFrom(1e-6, 1e-4, 1e-3, 0.01),
  })
  .map(
    ({ city, ...fields }) =>
      (number: number) =>
        storeIn(city, { ...fields, number }),
  );
const someStores = fc
  .array(someStore, { maxLength: 12 })
  .map((makers) => makers.map((make, index) => make(index + 1)));
const someRequest = fc.record({
  copies: fc.integer({ min: 1, max: 4 }),
  level: fc.integer({ min: 0, max: 3 }),
  home: fc.constantFrom(...listedCities()).map(homeOf),
  sizeBytes: fc.constant(16 * MIB),
});

function plan(request: PlacementRequest, stores: readonly PlacementStore[]): StoreId[] | undefined {
  try {
    return choosePlacement({ request, stores }).map((choice) => choice.storeId);
  } catch (error) {
    const codes = ['too_few_stores', 'no_space'];
    assert.ok(error instanceof KuraError && codes.includes(error.code), String(error));
    return undefined;
  }
}

describe('for every table', () => {
  it('A2: the plan has as many different usable stores as asked for, or there is an error', () => {
    fc.assert(
      fc.property(someRequest, someStores, (request, stores) => {
        const usable = stores.filter(
          (store) =>
            store.state === 'active' &&
            (store.minimumLevel ?? 0) <= request.level &&
            store.freeBytes >= request.sizeBytes * ROOM_FACTOR,
        );
        const chosen = plan(request, stores);
        assert.equal(chosen === undefined, usable.length < request.copies);
        if (chosen === undefined) return;
        assert.equal(new Set(chosen).size, request.copies);
        const ids = new Set(usable.map((store) => store.identity.storeId));
        assert.ok(chosen.every((id) => ids.has(id)));
        const copies = chosen.map((id) => ({ storeId: id }));
        assert.equal(assertSpread(copies, stores, request.copies).stores, request.copies);
      }),
    );
  });

  it('the order of the table and more free space change nothing', () => {
    fc.assert(
      fc.property(
        someRequest,
        someStores,
        fc.integer({ min: 0, max: GIB }),
        (request, all, more) => {
          const chosen = plan(request, all);
          assert.deepEqual(plan(request, all.toReversed()), chosen);
          const roomier = all.map((store) =>
            store.freeBytes > MIB ? { ...store, freeBytes: store.freeBytes + more } : store,
          );
          assert.deepEqual(plan(request, roomier), chosen);
        },
      ),
    );
  });

  it('asking for one copy more changes nothing about the others', () => {
    fc.assert(
      fc.property(someRequest, someStores, (request, stores) => {
        const more = plan({ ...request, copies: request.copies + 1 }, stores);
        if (more === undefined) return;
        assert.deepEqual(plan(request, stores), more.slice(0, -1));
      }),
    );
  });

  it('one store more never spoils a plan, nor raises the risk of the first copy', () => {
    fc.assert(
      fc.property(someRequest, someStores, someStore, (request, stores, make) => {
        const before = plan(request, stores);
        if (before === undefined) return;
        const after = plan(request, [...stores, make(100)]);
        const riskOf = (id: StoreId | undefined): number =>
          [...stores, make(100)].find((store) => store.identity.storeId === id)?.baseRisk ?? 1;
        assert.ok(after !== undefined && riskOf(after[0]) <= riskOf(before[0]));
      }),
    );
  });

  it('A6: where a store keeps every rule, the second copy keeps every rule', () => {
    fc.assert(
      fc.property(someRequest, someStores, (request, stores) => {
        const [firstId, secondId] = plan({ ...request, copies: 2 }, stores) ?? [];
        const byId = (id: StoreId | undefined) => stores.find((row) => row.identity.storeId === id);
        const first = byId(firstId);
        if (first === undefined) return;
        const keepsAll = (store: PlacementStore | undefined): boolean =>
          store !== undefined &&
          distanceKm(store.identity.place, request.home) >= MIN_DISTANCE_KM &&
          distanceKm(store.identity.place, first.identity.place) >= MIN_DISTANCE_KM &&
          store.identity.place.powerArea !== request.home.powerArea &&
          store.identity.place.powerArea !== first.identity.place.powerArea &&
          store.identity.suite !== first.identity.suite;
        const canBeKept = stores.some(
          (store) => keepsAll(store) && plan({ ...request, copies: 1 }, [store]) !== undefined,
        );
        assert.equal(keepsAll(byId(secondId)), canBeKept);
      }),
    );
  });
});

describe('the spread after writing', () => {
  const stores = [storeIn('osaka'), storeIn('ishikari'), storeIn('sendai')];
  const [osaka, ishikari] = stores.map((store) => ({ storeId: store.identity.storeId }));
  if (osaka === undefined || ishikari === undefined) throw new Error('two stores');

  it('A2: is counted, and fewer than the minimum is an error', () => {
    const spread = assertSpread([osaka, ishikari], stores, 2);
    assert.equal(spread.powerAreas, 2);
    assert.equal(Math.round(spread.closestKm), 1069);
    assert.throws(
      () => assertSpread([osaka], stores, 2),
      tooFew(/has 1 copies and 2 are the least/),
    );
  });

  it('refuses one store twice, a store under two names, and unknown stores', () => {
    const isRefusal = (error: unknown): boolean =>
      error instanceof KuraError && error.code === 'refused';
    assert.throws(() => assertSpread([osaka, osaka], stores, 2), isRefusal);
    assert.throws(() => assertSpread([osaka, { storeId: idOf(999) }], stores, 2), isRefusal);
    const again = storeIn('osaka', { number: 500 });
    const twin = {
      ...again,
      identity: { ...again.identity, publicKey: storeIn('osaka').identity.publicKey },
    };
    const copies = [osaka, { storeId: twin.identity.storeId }];
    assert.throws(() => assertSpread(copies, [...stores, twin], 2), isRefusal);
  });
});
