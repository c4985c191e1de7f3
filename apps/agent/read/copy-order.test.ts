// Goal: stores are picked by what they were measured at, at random, or by hand (D5).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { copyId, DAY_MS, KuraError, MINUTE_MS, SECOND_MS, type StoreId, storeId } from '@kura/base';
import type { CopyRow, CopyState, StoreReader } from '@kura/contract';
import { ManualAlarmClock, ManualClock, MemoryDisk, SeededRandom } from '@kura/testing';
import { ANY_STORE, copyOrder, laneOrder, recordedOrder } from './copy-order.ts';
import { MeasuringReader } from './measuring-reader.ts';
import { readStoreSpeeds, StoreSpeeds, writeStoreSpeeds } from './store-speeds.ts';

const [a, b, c] = ['a', 'b', 'c'].map((name) => storeId(name.repeat(32))) as [
  StoreId,
  StoreId,
  StoreId,
];
const random = new SeededRandom(3);

function copyAt(store: StoreId, state: CopyState = 'held'): CopyRow {
  const root = new Uint8Array(32);
  return { storeId: store, copyId: copyId('1'.repeat(64)), root, state, reason: '' };
}

const copies = [copyAt(a), copyAt(b), copyAt(c)];
const storesOf = (rows: readonly CopyRow[]): readonly StoreId[] => rows.map((row) => row.storeId);

describe('D5: the order in which copies are tried', () => {
  it('is as recorded if nobody has measured, the intact ones first', () => {
    assert.deepEqual(storesOf(recordedOrder(copies)), [a, b, c]);
    const hurt = [copyAt(a, 'damaged'), copyAt(b), copyAt(c)];
    assert.deepEqual(storesOf(recordedOrder(hurt)), [b, c, a]);
  });

  it('follows what was measured; who was never asked comes first, who failed comes last', () => {
    const clock = new ManualClock();
    const speeds = new StoreSpeeds(clock);
    const order = copyOrder(ANY_STORE, { random, speeds });
    speeds.note(a, 30);
    speeds.note(b, 20);
    assert.deepEqual(storesOf(order(copies)), [c, b, a]);
    speeds.note(c, 25);
    assert.deepEqual(storesOf(order(copies)), [b, c, a]);
    speeds.noteFault(b);
    assert.deepEqual(storesOf(order(copies)), [c, a, b]);
    clock.advance(MINUTE_MS);
    assert.deepEqual(storesOf(order(copies)), [b, c, a]);
  });

  it('begins with the store that was named, unless its copy is hurt', () => {
    const speeds = new StoreSpeeds(new ManualClock());
    const order = copyOrder({ from: c, isRandom: false }, { random, speeds });
    assert.deepEqual(storesOf(order(copies)), [c, a, b]);
    assert.deepEqual(storesOf(order([copyAt(a), copyAt(c, 'lost')])), [a, c]);
  });

  it('is any order if that is wanted, with every copy in it', () => {
    const order = copyOrder({ from: undefined, isRandom: true }, { random });
    const firsts = new Set<StoreId>();
    for (let draw = 0; draw < 64; draw++) {
      const stores = storesOf(order(copies));
      assert.deepEqual(stores.toSorted(), [a, b, c]);
      firsts.add(stores[0] as StoreId);
    }
    assert.equal(firsts.size, 3);
  });
});

describe('D6: lanes that read at once', () => {
  it('begin at different stores as long as they are about as good, and ask each once more', () => {
    const speeds = new StoreSpeeds(new ManualClock());
    const firsts = (): readonly (StoreId | undefined)[] =>
      [0, 1, 2].map((lane) => {
        const order = laneOrder(copyOrder(ANY_STORE, { random, speeds }), { speeds, lane });
        const stores = storesOf(order(copies));
        assert.deepEqual(stores.slice(0, 3).toSorted(), [a, b, c]);
        assert.deepEqual(stores.slice(0, 3), stores.slice(3));
        return stores[0];
      });
    assert.deepEqual(firsts(), [a, b, c]);
    speeds.note(a, 100);
    speeds.note(b, 30);
    speeds.note(c, 1000);
    assert.deepEqual(firsts(), [b, a, b], 'c is far slower');
    speeds.noteFault(b);
    assert.deepEqual(firsts(), [a, a, a]);
  });
});

describe('D6: what a store is measured at', () => {
  it('is the time of a window, and a fault is noted', async () => {
    const clock = new ManualAlarmClock();
    const speeds = new StoreSpeeds(clock);
    let fails = false;
    const reader = {
      identity: { storeId: a },
      fetch: async () => {
        clock.advance(40);
        if (fails) throw new KuraError('unreachable', 'away');
      },
    } as unknown as StoreReader;
    const measured = new MeasuringReader({ reader, speeds, windowBytes: 100, clock });
    const fetch = () => measured.fetch(copyId('1'.repeat(64)), 0, 4, new Uint8Array(400));
    await fetch();
    assert.equal(speeds.windowMs(a), 10);
    fails = true;
    await assert.rejects(fetch());
    assert.ok(speeds.windowMs(a) > 1e6);
  });

  it('says whether those that are read from are fast enough for whole packs', () => {
    const speeds = new StoreSpeeds(new ManualClock());
    assert.equal(speeds.isFast(), false, 'nobody knows');
    speeds.note(a, 50);
    assert.equal(speeds.isFast(), true);
    speeds.note(b, 1000);
    assert.equal(speeds.isFast(), true, 'nobody begins with b');
    speeds.noteFault(a);
    assert.equal(speeds.isFast(), false, 'only b is left');
    speeds.note(c, 300);
    assert.equal(speeds.isFast(), false, 'b is about as good as c');
  });

  it('lets an answer that drips be broken off, if another store is ten times faster', async () => {
    const clock = new ManualAlarmClock();
    const speeds = new StoreSpeeds(clock);
    const reader = {
      identity: { storeId: a },
      fetch: (...[, , , , signal]: Parameters<StoreReader['fetch']>) =>
        new Promise<void>((_, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('broken off')));
        }),
    } as unknown as StoreReader;
    const measured = new MeasuringReader({ reader, speeds, windowBytes: 100, clock });
    const fetch = () => measured.fetch(copyId('1'.repeat(64)), 0, 4, new Uint8Array(400));
    speeds.note(b, 500);
    const slow = fetch();
    assert.equal(clock.armed(20 * SECOND_MS), 1, 'four windows, ten times half a second each');
    clock.advance(20 * SECOND_MS);
    await assert.rejects(slow, /far slower/);
    const last = fetch();
    assert.equal(clock.armed(), 0, 'asked again because nobody else has it: it may take its time');
    last.catch(() => undefined);
  });

  it('is remembered for a week', async () => {
    const clock = new ManualClock();
    const disk = new MemoryDisk();
    const speeds = new StoreSpeeds(clock);
    speeds.note(a, 12);
    await writeStoreSpeeds({ disk, random }, '/home', speeds);
    assert.equal(readStoreSpeeds(disk, '/home', clock).windowMs(a), 12);
    clock.advance(7 * DAY_MS);
    assert.equal(readStoreSpeeds(disk, '/home', clock).windowMs(a), 0);
    disk.flip('/home/agent/stores.json', 1);
    assert.equal(readStoreSpeeds(disk, '/home', clock).windowMs(a), 0);
  });
});
