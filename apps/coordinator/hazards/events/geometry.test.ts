import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distanceToShapeKm, unwrapRing } from './geometry.ts';
import type { Shape } from './hazard-event.ts';

const square = (west: number, east: number): Shape => ({
  type: 'polygon',
  rings: [
    unwrapRing([
      { lat: -10, lon: west },
      { lat: -10, lon: east },
      { lat: 10, lon: east },
      { lat: 10, lon: west },
    ]),
  ],
});

const near = (actual: number, wanted: number, within: number): void =>
  assert.ok(Math.abs(actual - wanted) <= within, `${actual} is not ${wanted} ± ${within}`);

test('a place inside a polygon is 0 km away, one outside as far as the nearest edge', () => {
  const shape = square(20, 30);
  assert.equal(distanceToShapeKm({ lat: 0, lon: 25 }, shape), 0);
  near(distanceToShapeKm({ lat: 0, lon: 31 }, shape), 111.2, 1);
  near(distanceToShapeKm({ lat: 11, lon: 25 }, shape), 111.2, 1);
});

test('a polygon over the date line holds the places on both sides of it, and none elsewhere', () => {
  const fiji = square(178, -178);
  for (const lon of [178.5, 180, -180, -179]) {
    assert.equal(distanceToShapeKm({ lat: 0, lon }, fiji), 0, `longitude ${lon}`);
  }
  near(distanceToShapeKm({ lat: 0, lon: -177 }, fiji), 111.2, 1);
  near(distanceToShapeKm({ lat: 0, lon: 177 }, fiji), 111.2, 1);
  assert.ok(distanceToShapeKm({ lat: 0, lon: 0 }, fiji) > 10_000);
});

test('a ring that was unwrapped beyond 180° is found from places written either way', () => {
  const shape = square(-170, 170);
  assert.equal(distanceToShapeKm({ lat: 0, lon: 175 }, shape), 0);
  assert.equal(distanceToShapeKm({ lat: 0, lon: -175 }, shape), 0);
  assert.ok(distanceToShapeKm({ lat: 0, lon: 0 }, shape) > 10_000);
});

test('a hole in a polygon is outside of it', () => {
  const outer = square(0, 20);
  const hole = square(5, 15);
  assert.ok(outer.type === 'polygon' && hole.type === 'polygon');
  const ringed: Shape = { type: 'polygon', rings: [...outer.rings, ...hole.rings] };
  assert.equal(distanceToShapeKm({ lat: 0, lon: 2 }, ringed), 0);
  assert.ok(distanceToShapeKm({ lat: 0, lon: 10 }, ringed) > 500);
});

test('a circle of radius 0 is a point, and its distance the great circle', () => {
  const epicentre: Shape = { type: 'circle', centre: { lat: 42.7, lon: 142 }, radiusKm: 0 };
  near(distanceToShapeKm({ lat: 43.19, lon: 141.3 }, epicentre), 78.9, 1);
  const wide: Shape = { type: 'circle', centre: { lat: 42.7, lon: 142 }, radiusKm: 100 };
  assert.equal(distanceToShapeKm({ lat: 43.19, lon: 141.3 }, wide), 0);
});
