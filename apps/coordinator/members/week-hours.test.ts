import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS } from '@kura/base';
import { refusal } from '../fixtures.ts';
import { parseWeekHours, weekHourOf } from './week-hours.ts';

test('hours of the week are counted from Monday, in UTC', () => {
  assert.equal(weekHourOf(Date.UTC(2026, 10, 23)), 0); // a Monday
  assert.equal(weekHourOf(Date.UTC(2026, 10, 23, 23, 59)), 23);
  assert.equal(weekHourOf(Date.UTC(2026, 10, 22, 23)), 167);
  assert.equal(weekHourOf(Date.UTC(1970, 0, 1)), 3 * 24);
  for (let hour = 0; hour < 400; hour++) {
    const timeMs = Date.UTC(2026, 10, 23) + hour * HOUR_MS;
    assert.equal(weekHourOf(timeMs), hour % 168);
  }
});

test('spans of days and hours add up, also over the end of the week', () => {
  const hours = parseWeekHours('mo-fr 0-6, sa-mo 22-24');
  assert.equal(hours.size, 5 * 6 + 3 * 2);
  assert.ok(hours.has(0) && hours.has(22) && hours.has(167) && !hours.has(6));
  assert.equal(parseWeekHours('mo-su 0-24').size, 168);
  assert.equal(parseWeekHours('we 3-4').size, 1);
});

test('what is no span is refused', () => {
  for (const text of ['', 'mo', 'mo 6-6', 'mo 7-6', 'mo 0-25', 'xx 0-1', 'mo-xx 0-1', 'mo 0-1,']) {
    assert.throws(() => parseWeekHours(text), refusal('usage', /hours of the week/));
  }
});
