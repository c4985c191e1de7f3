import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError } from '@kura/base';
import fc from 'fast-check';
import { findCity, homeOf, listedCities, nearestCity, storePlaceOf } from './cities.ts';
import { csvNumber, csvText, parseCsv } from './csv.ts';
import { distanceKm } from './distance.ts';

const refusal = (text: string): KuraError => {
  try {
    findCity(text);
  } catch (error) {
    if (error instanceof KuraError && error.code === 'usage') return error;
    throw error;
  }
  throw new Error(`"${text}" was accepted`);
};

describe('the city list', () => {
  it('has 90 cities with ids, places and classes in their ranges, and no id twice', () => {
    const cities = listedCities();
    assert.equal(cities.length, 90);
    assert.equal(new Set(cities.map((city) => city.city)).size, 90);
    for (const city of cities) {
      assert.match(city.city, /^[a-z]+$/);
      assert.ok(Math.abs(city.lat) <= 90 && Math.abs(city.lon) <= 180, city.city);
      assert.ok(city.powerArea !== '' && city.country.length === 2, city.city);
      for (const level of Object.values(city.classes)) assert.ok([0, 1, 2, 3, 4].includes(level));
    }
  });

  it('every city is found by its id and by its name', () => {
    for (const city of listedCities()) {
      assert.equal(findCity(city.city).city, city.city);
      assert.equal(findCity(city.name).city, city.city);
    }
  });

  for (const [text, id] of Object.entries({
    'São Paulo': 'saopaulo',
    ZÜRICH: 'zurich',
    'Tokyo, JP': 'tokyo',
    Sapporo: 'ishikari',
    Seattle: 'tukwila',
    'Dallas TX': 'dallas',
    dallas: 'dallas',
    ' osaka ': 'osaka',
  })) {
    it(`understands "${text}"`, () => {
      assert.equal(findCity(text).city, id);
    });
  }

  it('A5: coordinates take grid and hazards of the nearest city within 300 km', () => {
    const place = findCity('35.70, 139.70');
    assert.equal(place.city, '35.7,139.7');
    assert.equal(place.powerArea, 'JP-East-50Hz');
    assert.deepEqual(homeOf(place), {
      name: '35.7,139.7',
      lat: 35.7,
      lon: 139.7,
      powerArea: 'JP-East-50Hz',
    });
    assert.deepEqual(storePlaceOf(place), {
      city: '35.7,139.7',
      lat: 35.7,
      lon: 139.7,
      powerArea: 'JP-East-50Hz',
    });
    assert.equal(nearestCity({ lat: 0, lon: -140 }), undefined);
    assert.match(findCity('0,-140').powerArea, /^unknown:/);
  });

  it('an ambiguous name is refused with the candidates', () => {
    const error = refusal('San');
    assert.match(error.message, /sanantonio .* or santaclara .* or santiago /);
    assert.match(refusal('JP').message, /tokyo .*osaka .*sendai/);
  });

  it('an unknown name, or the beginning of one, is refused with the nearest spellings', () => {
    assert.match(refusal('tokio').message, /spellings are tokyo/);
    assert.match(refusal('osak').message, /osaka/);
    assert.match(refusal('').message, /names no city/);
    assert.match(refusal('東').message, /no city/);
    assert.match(refusal('91,0').message, /no place at latitude 91/);
    assert.match(refusal('0,181').message, /no place/);
    assert.ok(refusal('x'.repeat(100_000)).message.length < 300);
  });

  it('any text is a city or a usage error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        try {
          assert.ok(findCity(text).powerArea !== '');
        } catch (error) {
          assert.ok(error instanceof KuraError && error.code === 'usage', String(error));
        }
      }),
    );
  });
});

describe('distances', () => {
  const place = (lat: number, lon: number) => ({ lat, lon });

  it('agree with known ones', () => {
    const km = (a: string, b: string): number => Math.round(distanceKm(findCity(a), findCity(b)));
    assert.equal(km('tokyo', 'osaka'), 403);
    assert.equal(km('tokyo', 'inzai'), 38);
    assert.equal(Math.round(distanceKm(place(0, 0), place(90, 0))), 10008);
    assert.equal(Math.round(distanceKm(place(0, 0), place(0, 180))), 20015);
    assert.equal(Math.round(distanceKm(place(0, 179.5), place(0, -179.5))), 111);
  });

  it('are symmetric, never negative, and keep the triangle inequality', () => {
    const anywhere = fc.record({
      lat: fc.double({ min: -90, max: 90, noNaN: true }),
      lon: fc.double({ min: -180, max: 180, noNaN: true }),
    });
    fc.assert(
      fc.property(anywhere, anywhere, anywhere, (a, b, c) => {
        assert.ok(Math.abs(distanceKm(a, b) - distanceKm(b, a)) < 1e-6);
        assert.ok(distanceKm(a, b) >= 0 && distanceKm(a, a) === 0);
        assert.ok(distanceKm(a, c) <= distanceKm(a, b) + distanceKm(b, c) + 1e-3);
      }),
    );
  });
});

describe('tables of comma-separated values', () => {
  it('have quotes, doubled quotes, commas and line ends inside quotes, and empty fields', () => {
    const [row, second] = parseCsv('a,b,c\r\n"x, ""y""\n z",,3\n1,2,\n', 'table');
    assert.equal(row?.get('a'), 'x, "y"\n z');
    assert.equal(row?.get('b'), '');
    assert.equal(second?.get('c'), '');
    assert.ok(row !== undefined && csvNumber(row, 'c') === 3);
    assert.throws(() => row !== undefined && csvText(row, 'd'), /no column "d"/);
    assert.throws(() => row !== undefined && csvNumber(row, 'a'), /not a number/);
  });

  for (const [why, text] of Object.entries({
    'nothing in it': '',
    'an open quote': 'a\n"x',
    'text after a quote': 'a\n"x"y\n',
    'a quote inside a field': 'a\nx"y\n',
    'a field too many': 'a\n1,2\n',
    'a field too few': 'a,b\n1\n',
    'a column twice': 'a,a\n1,2\n',
    'too many characters': `a\n${'x'.repeat(1_000_001)}`,
  })) {
    it(`with ${why} are corrupt`, () => {
      assert.throws(
        () => parseCsv(text, 'table'),
        (error) => error instanceof KuraError && error.code === 'corrupt',
      );
    });
  }

  it('come back as they were written', () => {
    const rows = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })));
    fc.assert(
      fc.property(rows, (fields) => {
        const quoted = fields.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`));
        const text = `a,b\n${quoted.map((row) => `${row.join(',')}\n`).join('')}`;
        const parsed = parseCsv(text, 'table').map((row) => [row.get('a'), row.get('b')]);
        assert.deepEqual(parsed, fields);
      }),
    );
  });
});
