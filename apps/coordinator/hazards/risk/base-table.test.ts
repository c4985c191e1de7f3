// Goal: insurance premiums and an operator's own figures replace the classes, and nonsense is refused by its row (A4).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError } from '@kura/base';
import { findCity, storePlaceOf } from '../../placement/cities.ts';
import { causeRatesOf } from '../../placement/risk.ts';
import { baseShocks } from './base-shocks.ts';
import { type BaseTable, baseRatesOf, parseBaseTable, shippedBaseTable } from './base-table.ts';
import { riskParameters } from './parameters.ts';
import { ratesOfSites } from './shocks.ts';
import { siteOf } from './sites.ts';

const HEAD = 'city,hazard,measure,value,source\n';
const lossesAt = (city: string, cause: string, table: BaseTable): number | undefined =>
  baseRatesOf(findCity(city), table).find((rate) => rate.cause === cause)?.lossesPerYear;

describe('base rates', () => {
  it('A4: insurance premiums count where no frequency is published', () => {
    const table = shippedBaseTable();
    const { lossPerPremium } = riskParameters().baseRate;
    assert.equal(lossesAt('fukuoka', 'earthquake', table), 0.0005 * lossPerPremium);
    assert.ok((lossesAt('inzai', 'earthquake', table) ?? 0) > 0.0001);
    assert.deepEqual(baseRatesOf(findCity('tokyo'), table), causeRatesOf(findCity('tokyo')));
    assert.deepEqual(baseRatesOf(findCity('oslo'), table), causeRatesOf(findCity('oslo')));
  });

  it("A4: an operator's own figures replace everything, and reach the shocks", () => {
    const rows = 'tokyo,earthquake,losses_per_year,0.005,we\ntokyo,flood,events_per_year,0.1,we\n';
    const table = parseBaseTable(HEAD + rows);
    assert.equal(lossesAt('tokyo', 'earthquake', table), 0.005);
    const { lossGivenEvent } = riskParameters().baseRate;
    assert.equal(lossesAt('tokyo', 'flood', table), 0.1 * lossGivenEvent.flood);
    const lostPerYear = (some?: BaseTable): number => {
      const place = storePlaceOf(findCity('tokyo'));
      const site = siteOf('tokyo', place, some === undefined ? {} : { baseTable: some });
      return ratesOfSites(baseShocks([site])).lost[0] ?? 0;
    };
    assert.ok(lostPerYear(table) > 0.005 && lostPerYear() < 0.001);
  });

  it('that make no sense are refused by their row', () => {
    for (const [row, why] of [
      ['atlantis,flood,losses_per_year,0.1,we', /row 1 .* no city "atlantis"/],
      ['tokyo,dragons,losses_per_year,0.1,we', /no such hazard/],
      ['tokyo,flood,guess,0.1,we', /no such measure/],
      ['tokyo,flood,losses_per_year,-1,we', /-1 a year makes no sense/],
      ['tokyo,flood,losses_per_year,0.1,', /names no source/],
      ['oslo,flood,losses_per_year,0,we\noslo,flood,losses_per_year,0,we', /row 2 .* two rates/],
    ] as const) {
      assert.throws(
        () => parseBaseTable(`${HEAD}${row}\n`),
        (error) => error instanceof KuraError && error.code === 'usage' && why.test(error.message),
      );
    }
  });
});
