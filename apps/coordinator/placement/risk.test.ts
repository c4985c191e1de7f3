import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatRisk } from './choose.ts';
import { findCity, listedCities } from './cities.ts';
import { baseRiskOf, causeRatesOf, conditionalRisk, jointRisk } from './risk.ts';

const riskOf = (text: string): number => baseRiskOf(findCity(text));
const at = (text: string) => ({ place: findCity(text), risk: riskOf(text) });
const rateOf = (text: string, cause: string): number =>
  causeRatesOf(findCity(text)).find((rate) => rate.cause === cause)?.lossesPerYear ?? Number.NaN;

describe('base risk', () => {
  it('A4: is the formula of docs/design/placement.md', () => {
    // Frankfurt: earthquake class 1, flood class 2, nothing else, and the building.
    const rate = 1e-4 * 1e-2 + 5e-4 * 2e-3 + 1e-4;
    assert.ok(Math.abs(riskOf('frankfurt') - (1 - Math.exp(-rate))) < 1e-12);
  });

  it('A4: uses the published Japanese earthquake rates where a city has one', () => {
    assert.equal(rateOf('tokyo', 'earthquake'), 0.021798 * 1e-2);
    assert.equal(rateOf('ishikari', 'earthquake'), 0.000538 * 1e-2);
    assert.equal(rateOf('inzai', 'earthquake'), 1e-2 * 1e-2, 'no figure for Inzai: by class');
  });

  it('ranks as expected: Ishikari below Tokyo below Osaka below Sendai', () => {
    assert.ok(riskOf('ishikari') < riskOf('tokyo'));
    assert.ok(riskOf('tokyo') < riskOf('osaka'));
    assert.ok(riskOf('osaka') < riskOf('sendai'));
  });

  it('is that of the nearest city for coordinates, and of the worst one where none is near', () => {
    assert.equal(riskOf('35.7,139.7'), riskOf('tokyo'));
    const worst = Math.max(...listedCities().map((city) => baseRiskOf(city)));
    assert.equal(riskOf('0,-140'), worst);
  });

  it('is a probability above the floor everywhere', () => {
    for (const city of listedCities()) {
      const risk = baseRiskOf(city);
      assert.ok(risk > 9.9e-5 && risk < 0.01, `${city.city}: ${risk}`);
    }
  });
});

describe('joint risk', () => {
  const city = fc.constantFrom(...listedCities());

  it('lies between independence and the smaller of the two, and is symmetric', () => {
    fc.assert(
      fc.property(city, city, (a, b) => {
        const one = { place: a, risk: baseRiskOf(a) };
        const two = { place: b, risk: baseRiskOf(b) };
        const joint = jointRisk(one, two);
        assert.ok(joint >= one.risk * two.risk);
        assert.ok(joint <= Math.min(one.risk, two.risk));
        assert.ok(Math.abs(joint - jointRisk(two, one)) < 1e-15);
      }),
    );
  });

  it('two stores in one city fall together, two continents do not', () => {
    assert.equal(jointRisk(at('tokyo'), at('tokyo')), riskOf('tokyo'));
    const independent = riskOf('tokyo') * riskOf('frankfurt');
    assert.ok(jointRisk(at('tokyo'), at('frankfurt')) < independent * 1.01);
  });

  it('Tokyo with Inzai, 38 km off, is far worse than Tokyo with Ishikari', () => {
    const near = jointRisk(at('tokyo'), at('inzai'));
    assert.ok(near > 1000 * riskOf('tokyo') * riskOf('inzai'));
    assert.ok(near > 10 * jointRisk(at('tokyo'), at('ishikari')));
  });

  it('what cannot be lost makes nothing likelier', () => {
    const safe = { place: findCity('tokyo'), risk: 0 };
    assert.equal(conditionalRisk(at('osaka'), safe), riskOf('osaka'));
  });
});

describe('risk in words', () => {
  it('has two figures', () => {
    assert.deepEqual([0.000348, 0.0001, 0.04321, 0.12345, 1, 1e-9].map(formatRisk), [
      '0.035 %/year',
      '0.010 %/year',
      '4.3 %/year',
      '12 %/year',
      '100 %/year',
      'below 0.0001 %/year',
    ]);
  });
});
