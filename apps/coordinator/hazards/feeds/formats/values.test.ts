import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leadingNumber, placeAt, readNumber, readTime } from './values.ts';

test('times: RFC 3339, its form without punctuation, and RFC 822', () => {
  const noon = Date.UTC(2011, 2, 11, 12);
  for (const text of [
    '2011-03-11T12:00:00Z',
    '2011-03-11T21:00:00+09:00',
    '2011-03-11T12:00:00-00:00',
    '2011-03-11T12:00:00',
    '2011-03-11T12:00Z',
    '20110311T120000Z',
    'Fri, 11 Mar 2011 12:00:00 GMT',
    '11 Mar 2011 07:00:00 -0500',
  ]) {
    assert.equal(readTime(text), noon, text);
  }
  assert.equal(readTime('2011-03-11T12:00:00.123456Z'), noon + 123);
  assert.equal(readTime('20110311T120000.420Z'), noon + 420);
});

test('times that make no sense are none', () => {
  for (const text of [
    '',
    'now',
    'date:now -235 seconds',
    '2011-13-01T00:00:00Z',
    '9999-01-01T00:00:00Z',
  ]) {
    assert.equal(readTime(text), undefined, text);
  }
  for (const text of ['1969-12-31T23:59:59Z', '2011-03-11', '11 Foo 2011 12:00:00 GMT']) {
    assert.equal(readTime(text), undefined, text);
  }
});

test('numbers are plain decimals and nothing else', () => {
  assert.deepEqual([' 6.3 ', '+.5', '-16.053', '7.'].map(readNumber), [6.3, 0.5, -16.053, 7]);
  for (const text of ['', 'NaN', '1e3', '0x1f', 'Infinity', '1,5', '6.3 km', '9'.repeat(13)]) {
    assert.equal(readNumber(text), undefined, text);
  }
  assert.equal(leadingNumber('38.7 km (24.0 miles)'), 38.7);
});

test('places: longitudes beyond half a turn are taken back, latitudes beyond the pole are none', () => {
  assert.deepEqual(placeAt(10, 190), { lat: 10, lon: -170 });
  assert.deepEqual(placeAt(10, -190), { lat: 10, lon: 170 });
  assert.equal(placeAt(91, 0), undefined);
  assert.equal(placeAt(0, 400), undefined);
  assert.equal(placeAt(Number.NaN, 0), undefined);
});
