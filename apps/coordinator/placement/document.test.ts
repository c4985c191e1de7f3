// Goal: the figures and examples in docs/design/placement.md are what the code says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { MIB, must } from '@kura/base';
import { choosePlacement, formatRisk } from './choose.ts';
import { findCity, homeOf } from './cities.ts';
import { distanceKm } from './distance.ts';
import { cityOf, storesIn } from './fixtures.ts';
import { baseRiskOf, jointRisk } from './risk.ts';

const path = new URL('../../../docs/design/placement.md', import.meta.url);

/** Cells of the rows of the table whose first column has this name. */
function tableOf(firstColumn: string): string[][] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${firstColumn} |`));
  assert.ok(start >= 0, `no table of ${firstColumn}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

it('the table of base risks is true', () => {
  const rows = tableOf('city');
  assert.ok(rows.length > 10);
  for (const [city = '', risk] of rows) assert.equal(formatRisk(baseRiskOf(findCity(city))), risk);
});

it('the table of pairs is true', () => {
  const rows = tableOf('pair');
  assert.ok(rows.length > 5);
  for (const [pair = '', km, together, independent] of rows) {
    const [a, b] = pair.split(', ').map((name) => {
      const place = findCity(name);
      return { place, risk: baseRiskOf(place) };
    });
    assert.ok(a !== undefined && b !== undefined, pair);
    assert.equal(String(Math.round(distanceKm(a.place, b.place))), km);
    assert.equal(jointRisk(a, b).toExponential(1), together);
    assert.equal((a.risk * b.risk).toExponential(1), independent);
  }
});

it('A6: the examples are what is chosen, for the reasons given', () => {
  let names: string[] = [];
  const rows = tableOf('stores');
  assert.ok(rows.length > 8);
  for (const [stores = '', copy, where, reason] of rows) {
    if (stores !== '') names = stores.split(', ');
    const table = storesIn(names);
    const home = homeOf(findCity('tokyo'));
    const request = { copies: Number(copy), level: 1, home, sizeBytes: 16 * MIB };
    const chosen = must(choosePlacement({ request, stores: table }).at(-1), 'a choice');
    assert.deepEqual([cityOf(table, chosen.storeId), chosen.reason], [where, reason]);
  }
});
