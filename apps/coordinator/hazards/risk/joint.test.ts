// Goal: sets of sites fail together as often as the published examples, brute force, and the rates of places say.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findCity, listedCities, storePlaceOf } from '../../placement/cities.ts';
import { baseShocks } from './base-shocks.ts';
import { copysetLoss, fewerThan, independentLosses, JointRisk, sharedLosses } from './joint.ts';
import { riskParameters } from './parameters.ts';
import { ratesOfSites, ShockList, type ShockMatrix } from './shocks.ts';
import { type Site, siteOf } from './sites.ts';

const siteIn = (city: string): Site => siteOf(city, storePlaceOf(findCity(city)));

function assertRatio(actual: number, expected: number, tolerance: number): void {
  const ratio = actual / expected;
  assert.ok(Math.abs(ratio - 1) <= tolerance, `${actual} is ${ratio} of ${expected}`);
}

describe('published examples', () => {
  it('Tokyo and Inzai: 1.3e-6 a year by a shared event, 1.8e-9 by chance, within 10 %', () => {
    const [earthquakes, footprint, loss] = [0.0218, 0.6, 0.01];
    const shared = sharedLosses([{ perYear: earthquakes * footprint, destroyed: [loss, loss] }]);
    assertRatio(shared, 1.3e-6, 0.1);
    const alone = independentLosses([earthquakes * loss, earthquakes * loss], 7);
    assertRatio(alone, 1.8e-9, 0.1);
    assertRatio(shared / alone, 700, 0.1);
  });

  it('copysets: of 5000 nodes 50 fail, and 1667 sets of three lose one in 0.157 % of cases', () => {
    assertRatio(copysetLoss(5000, 50, 3, 1667), 0.00157, 0.005);
    assert.ok(copysetLoss(5000, 50, 3, 10_000_000) > 0.9999, 'random placement');
  });

  it('fragments: any two of three are enough', () => {
    const [a, b, c] = [0.1, 0.2, 0.3];
    const expected = a * b * (1 - c) + a * (1 - b) * c + (1 - a) * b * c + a * b * c;
    assertRatio(fewerThan(2, [a, b, c]), expected, 1e-12);
    assertRatio(fewerThan(1, [a, b, c]), a * b * c, 1e-12);
  });
});

// ── The matrix against brute force ────────────────────────────────────────────────────────────────

const probability = fc.double({ min: 0.001, max: 1, noNaN: true });
const someMatrix = fc
  .array(
    fc.record({
      rate: probability,
      hits: fc.uniqueArray(fc.tuple(fc.nat({ max: 5 }), probability, probability), {
        selector: ([site]) => site,
        minLength: 1,
      }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((shocks) => {
    const list = new ShockList(6);
    for (const { rate, hits } of shocks) {
      list.begin(rate);
      for (const [site, lost, unreachable] of hits) list.strike(site, { lost, unreachable });
    }
    return list.finish();
  });
const someSet = fc.uniqueArray(fc.nat({ max: 4 }), { minLength: 1, maxLength: 4 });
const HOME = 5;

function bruteForce(matrix: ShockMatrix, set: readonly number[]): number {
  const { originalGone, homeWeakness, repairDays } = riskParameters().joint;
  let sum = 0;
  for (let shock = 0; shock < matrix.shockCount; shock++) {
    const at = new Map<number, number>();
    const end = matrix.rowStarts[shock + 1] ?? 0;
    for (let entry = matrix.rowStarts[shock] ?? 0; entry < end; entry++) {
      at.set(matrix.sites[entry] ?? 0, matrix.lost[entry] ?? 0);
    }
    const home = Math.min(1, homeWeakness * (at.get(HOME) ?? 0));
    const copies = set.reduce((all, site) => all * (at.get(site) ?? 0), 1);
    sum += (matrix.rates[shock] ?? 0) * (originalGone + (1 - originalGone) * home) * copies;
  }
  const rates = set.map((site) => ratesOfSites(matrix).lost[site] ?? 0);
  return sum + (set.length < 2 ? 0 : originalGone * independentLosses(rates, repairDays));
}

describe('the joint risk of a matrix', () => {
  it('is what brute force over all shocks says, in any order of evaluations', () => {
    fc.assert(
      fc.property(someMatrix, fc.array(someSet, { minLength: 1, maxLength: 4 }), (matrix, sets) => {
        const joint = new JointRisk(matrix);
        for (const set of sets) {
          assertRatio(joint.ofSet(HOME, set).lost + 1e-30, bruteForce(matrix, set) + 1e-30, 1e-9);
          joint.ofSet(set[0] ?? 0, [HOME]);
        }
      }),
    );
  });

  it('of a set with one site more is the same for all sites at once', () => {
    fc.assert(
      fc.property(someMatrix, fc.uniqueArray(fc.nat({ max: 2 })), (matrix, set) => {
        const joint = new JointRisk(matrix);
        const costs = new Float64Array(5);
        joint.costsOfExtending(HOME, set, costs);
        for (const site of [3, 4]) {
          const expected = joint.costOf(HOME, [...set, site]);
          assertRatio((costs[site] ?? 0) + 1e-30, expected + 1e-30, 1e-9);
        }
      }),
    );
  });

  it('never grows with another copy', () => {
    fc.assert(
      fc.property(someMatrix, someSet, (matrix, set) => {
        const joint = new JointRisk(matrix);
        const shared = (sites: readonly number[]): number => {
          const rates = sites.map((site) => joint.rates.lost[site] ?? 0);
          const { originalGone, repairDays } = riskParameters().joint;
          const alone = sites.length < 2 ? 0 : originalGone * independentLosses(rates, repairDays);
          return joint.ofSet(HOME, sites).lost - alone;
        };
        assert.ok(shared(set) <= shared(set.slice(0, 1)) + 1e-12);
      }),
    );
  });
});

describe('the shocks that may come any time', () => {
  const cities = listedCities();
  const sites = cities.map((city) => siteOf(city.city, storePlaceOf(city)));
  const joint = new JointRisk(baseShocks(sites));
  const indexOf = (city: string): number => sites.findIndex((site) => site.id === city);
  const together = (a: string, b: string): number =>
    joint.ofSet(indexOf('frankfurt'), [indexOf(a), indexOf(b)]).lost;

  it('leave every place its own rate', () => {
    for (const [index, site] of sites.entries()) {
      const rates = site.rates.reduce((sum, one) => sum + one.lossesPerYear, 0);
      const { powerArea } = riskParameters().faultDomains;
      const expected = rates + powerArea.perYear * powerArea.lost;
      assertRatio(joint.rates.lost[index] ?? 0, expected, 1e-4);
    }
  });

  it('take neighbours together, and hardly ever the far ones', () => {
    assert.ok(together('tokyo', 'inzai') > 3 * together('tokyo', 'fukuoka'));
    assert.ok(together('tokyo', 'osaka') > 3 * together('tokyo', 'fukuoka'));
    assert.ok(together('tokyo', 'fukuoka') > together('tokyo', 'stockholm'));
  });

  it('take two stores in one building as often as one', () => {
    const twins = [siteIn('stockholm'), { ...siteIn('stockholm'), id: 'second' }, siteIn('tokyo')];
    const { lost } = new JointRisk(baseShocks(twins)).ofSet(2, [0, 1]);
    const { buildingLossesPerYear } = riskParameters().baseRate;
    assert.ok(lost >= riskParameters().joint.originalGone * buildingLossesPerYear);
  });

  it('take stores of one operator, or on one grid, together', () => {
    const places = ['stockholm', 'oslo', 'sydney'].map((city) => storePlaceOf(findCity(city)));
    const ofOne = places.map((place, index) => siteOf(`${index}`, place, { operator: 'acme' }));
    const ofMany = places.map((place, index) =>
      siteOf(`${index}`, place, { operator: `${index}` }),
    );
    const dark = (all: Site[], set: number[]): number =>
      new JointRisk(baseShocks(all)).ofSet(2, set).unreachable;
    assert.ok(dark(ofOne, [0, 2]) > 100 * dark(ofMany, [0, 2]), 'one operator');
    assert.ok(dark(ofMany, [0, 1]) > 100 * dark(ofMany, [0, 2]), 'the Nordic grid');
  });
});
