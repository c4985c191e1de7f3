// Goal: additions run in time wherever the lines allow, in the right order, and it is said where they do not; a
// copy goes only when nothing speaks for keeping it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, HOUR_MS, SECOND_MS } from '@kura/base';
import fc from 'fast-check';
import type { HazardEvent } from '../events/hazard-event.ts';
import { eventOf, NOW_MS, outageAt, storeIn, worldOf } from '../fixtures.ts';
import type { Addition } from '../planner/replan.ts';
import type { Demand } from '../planner/world.ts';
import { confirmedGroups } from './confirm.ts';
import { decideRetirement, type HeldCopy, type RetireInput } from './retire.ts';
import { NO_ORDERS, type Orders, type ScheduleInput, schedule, type Transfer } from './schedule.ts';

const FOREVER = Number.POSITIVE_INFINITY;

const additionOf = (fields: Partial<Addition> = {}): Addition => ({
  group: 0,
  first: 0,
  packs: 1,
  bytes: 1000,
  to: 1,
  sources: [0],
  leave: 0,
  level: 1,
  harmMs: FOREVER,
  copiesLeft: 2,
  reason: '',
  ...fields,
});

function run(additions: readonly Addition[], fields: Partial<ScheduleInput> = {}): Transfer[] {
  const free = { sendFreeMs: 0, receiveFreeMs: 0 };
  return schedule({
    additions,
    lines: [10, 10, 10, 5].map((bytesPerSecond) => ({ bytesPerSecond, ...free })),
    nowMs: NOW_MS,
    totalBytes: 1e9,
    orders: NO_ORDERS,
    confirmed: new Set(),
    ...fields,
  });
}

const secondsOf = ({ startMs, endMs }: Transfer): [number, number] => [
  (startMs - NOW_MS) / SECOND_MS,
  (endMs - NOW_MS) / SECOND_MS,
];

describe('a schedule', () => {
  it('shares lines: one transfer at a time, at the speed of the slower end', () => {
    const transfers = run([
      additionOf(),
      additionOf({ to: 2 }),
      additionOf({ to: 3, sources: [2] }),
    ]);
    assert.deepEqual(transfers.map(secondsOf), [
      [0, 100],
      [100, 200],
      [0, 200],
    ]);
  });

  it('reads from whom is done first, and from the first of equals', () => {
    const [only] = run([additionOf({ sources: [3, 0] })]);
    assert.equal(only?.from, 0);
    const [equal] = run([additionOf({ sources: [2, 0] })]);
    assert.equal(equal?.from, 2);
    const [, second] = run([
      additionOf({ sources: [0, 2] }),
      additionOf({ to: 3, sources: [0, 2] }),
    ]);
    assert.equal(second?.from, 2);
  });

  it('says what will be late, and what is in danger already', () => {
    const inTime = additionOf({ harmMs: NOW_MS + 151 * SECOND_MS });
    const late = additionOf({ harmMs: NOW_MS + 149 * SECOND_MS });
    const there = additionOf({ harmMs: NOW_MS });
    const [first, second, third] = [inTime, late, there].map((addition) => run([addition])[0]);
    assert.equal(first?.isLate, false);
    assert.equal(second?.isLate, true);
    assert.match(second?.note ?? '', /may take 0.0 h, and the danger comes in 0.0 h/);
    assert.match(third?.note ?? '', /the danger is there already/);
  });

  it('an operator can pause, refuse, and approve what is above the cap', () => {
    const additions = [0, 1, 2].map((group) => additionOf({ group, bytes: 30 }));
    const states = (orders: Partial<Orders>, fields: Partial<ScheduleInput> = {}): string[] =>
      run(additions, { totalBytes: 1000, orders: { ...NO_ORDERS, ...orders }, ...fields }).map(
        ({ state }) => state,
      );
    assert.deepEqual(states({}), ['planned', 'approval', 'approval']);
    assert.deepEqual(states({ approved: new Set([1]) }), ['planned', 'planned', 'approval']);
    assert.deepEqual(states({ vetoed: new Set([0]) }), ['stopped', 'planned', 'approval']);
    assert.deepEqual(states({ isPaused: true }), ['stopped', 'stopped', 'stopped']);
    const confirmed = new Set([0, 1, 2]);
    assert.deepEqual(states({}, { confirmed }), ['planned', 'planned', 'planned']);
  });

  it('as many packs as the cap allows go at once, the others wait; one in the smallest network', () => {
    const some = additionOf({ packs: 10, bytes: 100 });
    const parts = (totalBytes: number): unknown[] =>
      run([some], { totalBytes }).map(({ state, addition }) => [
        ...[state, addition.first, addition.packs],
        addition.bytes,
      ]);
    assert.deepEqual(parts(700), [
      ['planned', 0, 3, 30],
      ['approval', 3, 7, 70],
    ]);
    assert.deepEqual(parts(100), [
      ['planned', 0, 1, 10],
      ['approval', 1, 9, 90],
    ]);
    assert.deepEqual(parts(2000), [['planned', 0, 10, 100]]);
  });

  it('what nothing can be read from is said', () => {
    const [transfer] = run([additionOf({ sources: [] })]);
    assert.equal(transfer?.state, 'stopped');
    assert.match(transfer?.note ?? '', /no copy can be read/);
  });

  it('no line carries two transfers at once, and nothing starts before its turn could', () => {
    const some = fc.record({
      bytes: fc.integer({ min: 1, max: 5000 }),
      to: fc.nat({ max: 3 }),
      from: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 20 }), (list) => {
        const transfers = run(
          list.map(({ bytes, to, from }) => additionOf({ bytes, to, sources: [from] })),
        );
        for (const [index, a] of transfers.entries()) {
          for (const b of transfers.slice(index + 1)) {
            const isShared = a.from === b.from || a.addition.to === b.addition.to;
            if (isShared) assert.ok(a.endMs <= b.startMs || b.endMs <= a.startMs);
          }
        }
      }),
    );
  });
});

describe('a danger is confirmed', () => {
  it('by two sources, by the store itself, or by a loss, and not by one feed', () => {
    const stores = ['ishikari', 'osaka', 'stockholm'].map((city) => storeIn(city));
    const groups = [{ demand: 0, stores: [0, 1], packs: 1, bytes: 1 }];
    const confirmed = (events: readonly HazardEvent[], some = stores): number[] => {
      const world = worldOf({ stores: some, events });
      return [...confirmedGroups({ world, groups, additions: [additionOf()], events })];
    };
    const flood = eventOf({ at: 'osaka' });
    assert.deepEqual(confirmed([flood]), []);
    assert.deepEqual(confirmed([{ ...flood, sources: ['cap', 'jma'] }]), [0]);
    assert.deepEqual(confirmed([outageAt('ishikari')]), [0]);
    assert.deepEqual(confirmed([outageAt('ishikari'), flood]), [], 'one of two');
    const gone = stores.map((store, index) => {
      return index === 0 ? ({ ...store, state: 'lost' } as const) : store;
    });
    assert.deepEqual(confirmed([], gone), [0]);
  });
});

describe('a copy may go', () => {
  const CITIES = ['ishikari', 'osaka', 'stockholm'];
  const demand: Demand = { level: 1, home: 0, copies: 2 };
  const copyAt = (store: number, fields: Partial<HeldCopy> = {}): HeldCopy => ({
    store,
    addedMs: NOW_MS - 30 * DAY_MS,
    checkedMs: NOW_MS,
    ...fields,
  });
  const younger = copyAt(2, { addedMs: NOW_MS - 10 * DAY_MS });
  const decide = (fields: Partial<RetireInput> = {}) =>
    decideRetirement({
      world: worldOf({ stores: CITIES.map((city) => storeIn(city)), homes: ['sydney'] }),
      demand,
      copies: [copyAt(0), copyAt(1), younger],
      calmSinceMs: new Float64Array(3).fill(NOW_MS - 80 * HOUR_MS),
      isMoving: false,
      lastRetiredMs: Number.NEGATIVE_INFINITY,
      nowMs: NOW_MS,
      ...fields,
    });

  it('when there are too many, all is calm and what stays has been read', () => {
    const { retire, reason } = decide();
    assert.ok(retire !== undefined);
    assert.match(reason, /^3 copies where 2 are wanted, all calm for 72 hours and read since/);
  });

  it('not below what is wanted', () => {
    assert.equal(decide({ copies: [copyAt(0), copyAt(1)] }).retire, undefined);
    assert.equal(decide({ copies: [copyAt(0)] }).retire, undefined);
  });

  it('not because of an alert, nor while one lasts, nor soon after it', () => {
    const stores = CITIES.map((city) => storeIn(city));
    const world = worldOf({ stores, homes: ['sydney'], events: [outageAt('ishikari')] });
    assert.equal(decide({ world }).retire, undefined);
    const calmSinceMs = new Float64Array(3).fill(NOW_MS - 80 * HOUR_MS);
    calmSinceMs[1] = NOW_MS - 71 * HOUR_MS;
    assert.match(decide({ calmSinceMs }).reason, /osaka has not been calm for 72 hours/);
  });

  it('not before what stays has been read in full since the calm began', () => {
    const unread = [copyAt(0, { checkedMs: NOW_MS - 90 * HOUR_MS }), copyAt(1), younger];
    assert.match(decide({ copies: unread }).reason, /ishikari.* has not been read in full since/);
  });

  it('not while the pack moves, nor twice in a day', () => {
    assert.match(decide({ isMoving: true }).reason, /still runs/);
    assert.match(decide({ lastRetiredMs: NOW_MS - HOUR_MS }).reason, /less than a day ago/);
  });

  it('not while one of its stores is held: what would stay is in doubt', () => {
    const stores = CITIES.map((city) => storeIn(city, { isHeld: city === 'osaka' }));
    const world = worldOf({ stores, homes: ['sydney'] });
    assert.match(decide({ world }).reason, /osaka is on hold/);
  });

  it('of what is equally good the youngest, but first what must leave', () => {
    const equal = ['osaka', 'nagoya', 'stockholm'];
    const stores = equal.map((city) => storeIn(city));
    const world = worldOf({ stores, homes: ['sydney'] });
    const copies = [copyAt(0), copyAt(1, { addedMs: NOW_MS - 10 * DAY_MS }), copyAt(2)];
    assert.equal(decide({ world, copies }).retire, 1);
    assert.equal(decide({ unwelcome: new Set([0]) }).retire, 0);
    assert.equal(decide({ demand: { ...demand, forbidden: ['stockholm'] } }).retire, 2);
  });
});
