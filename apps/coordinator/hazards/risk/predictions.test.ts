// Goal: predictions get their outcomes, and the report says honestly how good they were.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR_MS } from '@kura/base';
import { NOW_MS, outageAt, pictureOf, siteIn } from '../fixtures.ts';
import { brierReport, type Prediction, predictionsOf, settle } from './predictions.ts';

const WEEK_MS = 168 * HOUR_MS;
const predictionOf = (fields: Partial<Prediction> = {}): Prediction => ({
  siteId: 'ishikari',
  outcome: 'unreachable',
  kind: 'power',
  madeMs: NOW_MS,
  untilMs: NOW_MS + WEEK_MS,
  probability: 0.3,
  happened: undefined,
  ...fields,
});

describe('a prediction', () => {
  const at = (hours: number) => ({
    siteId: 'ishikari',
    outcome: 'unreachable' as const,
    atMs: NOW_MS + hours * HOUR_MS,
  });
  const settled = (incidents: ReturnType<typeof at>[], hours: number): boolean | undefined =>
    settle([predictionOf()], incidents, NOW_MS + hours * HOUR_MS)[0]?.happened;

  it('is made for every site that an event reaches, of both outcomes', () => {
    const sites = ['ishikari', 'osaka'];
    const picture = pictureOf(
      sites.map((city) => siteIn(city)),
      [outageAt('ishikari')],
    );
    const made = predictionsOf(picture, sites, [outageAt('ishikari')]);
    assert.deepEqual(
      made.map(({ siteId, outcome, kind }) => [siteId, outcome, kind]),
      [
        ['ishikari', 'lost', 'power'],
        ['ishikari', 'unreachable', 'power'],
      ],
    );
    assert.equal(made[1]?.probability, picture.sites[0]?.unreachable);
    assert.equal(made[1]?.untilMs, NOW_MS + WEEK_MS);
  });

  it('is open until its time is over or it has come true', () => {
    assert.equal(settled([], 100), undefined);
    assert.equal(settled([at(20)], 30), true);
    assert.equal(settled([], 169), false);
  });

  it('is about its own site, outcome and time', () => {
    assert.equal(settled([{ ...at(20), siteId: 'osaka' }], 169), false);
    assert.equal(settled([at(-1)], 169), false);
    assert.equal(settled([at(170)], 200), false);
    const other = settle([predictionOf({ outcome: 'lost' })], [at(20)], NOW_MS + 169 * HOUR_MS);
    assert.equal(other[0]?.happened, false);
  });

  it('keeps the outcome that it has', () => {
    const [kept] = settle([predictionOf({ happened: false })], [at(20)], NOW_MS + 30 * HOUR_MS);
    assert.equal(kept?.happened, false);
  });
});

describe('the report', () => {
  it('has the score and that of the base frequency, per kind and outcome', () => {
    const rows = brierReport([
      predictionOf({ probability: 0.8, happened: true }),
      predictionOf({ probability: 0.4, happened: false }),
      predictionOf({ kind: 'flood', probability: 0.1, happened: false }),
      predictionOf({ probability: 0.9 }),
    ]);
    assert.deepEqual(
      rows.map(({ kind, count }) => [kind, count]),
      [
        ['flood', 1],
        ['power', 2],
      ],
    );
    const [, power] = rows;
    assert.ok(Math.abs((power?.score ?? 1) - (0.04 + 0.16) / 2) < 1e-12);
    assert.equal(power?.reference, 0.25);
    assert.ok(Math.abs((power?.meanProbability ?? 0) - 0.6) < 1e-12);
    assert.equal(power?.happened, 1);
  });
});
