// Goal: a member who says every minute that they live elsewhere makes no network carry packs for it (R32, A9).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS } from '@kura/base';
import { foundTestNetwork, refusal } from '../fixtures.ts';
import { changeHome, readHome } from './members.ts';

const OSAKA = { name: 'osaka', lat: 34.7, lon: 135.5, powerArea: 'JP-60' };
const SEOUL = { name: 'seoul', lat: 37.6, lon: 127, powerArea: 'KR' };
const PARIS = { name: 'paris', lat: 48.9, lon: 2.4, powerArea: 'EU' };

test('R32: a home changes twice within a day; saying the same again is no change', async () => {
  const { database, coordinator, clock } = await foundTestNetwork();
  const of = { rows: database.kysely, memberId: coordinator.memberId };
  const move = (home: typeof OSAKA) => changeHome(of, home, clock.nowMs());
  await move(OSAKA);
  await move(OSAKA);
  await move(SEOUL);
  await assert.rejects(move(PARIS), refusal('busy', /2 times a day/));
  await move(SEOUL);
  assert.deepEqual(await readHome(of), SEOUL);
  clock.now += DAY_MS;
  await move(PARIS);
  await move(OSAKA);
  await assert.rejects(move(SEOUL), refusal('busy'));
});
