// Goal: whatever the secret is, every pack is audited once in a round and none twice; within thirty days of any
// moment all of it was; and a day's leaves are as many, as different and as spread as the arithmetic of detection
// needs.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DAY_MS, HOUR_MS, packId, type StoreId, storeId, toHex } from '@kura/base';
import { CountedRandom } from '../../fixtures.ts';
import { drawDay, LEAVES_PER_DAY, LEAVES_PER_PART, PARTS } from './days.ts';
import { Draws, drawDistinct, shuffled } from './draws.ts';
import {
  leadOf,
  ROUND_DAYS,
  ROUND_MS,
  ROUNDS_PER_FETCH,
  SLOTS,
  STRETCHES,
  slotOf,
  slotOrder,
  slotPrefix,
  slotsDue,
  turnKind,
  turnOf,
} from './rounds.ts';
import { auditSecretOf, CHAIN_DAYS, daySecret, daySeed, followsFrom } from './seeds.ts';

const SECRET = auditSecretOf(new Uint8Array(32).fill(3));
const STORE: StoreId = storeId('ab'.repeat(16));
const CHECKPOINT = 'kura.example\n7\nroot\n';

function seedOf(day: number, checkpoint = CHECKPOINT): Uint8Array {
  return daySeed(daySecret(SECRET, day), day, checkpoint);
}

describe('seeds', () => {
  test('R24: the secret of a day is what the day before was a commitment to, and no earlier one tells it', () => {
    const [monday, tuesday, wednesday] = [0, 1, 2].map((day) => daySecret(SECRET, day));
    assert.ok(monday !== undefined && tuesday !== undefined && wednesday !== undefined);
    assert.ok(followsFrom(tuesday, monday));
    assert.ok(followsFrom(wednesday, tuesday));
    assert.ok(!followsFrom(monday, tuesday), 'the chain leads back only');
    assert.ok(!followsFrom(wednesday, monday));
    assert.ok(followsFrom(daySecret(SECRET, CHAIN_DAYS - 1), daySecret(SECRET, CHAIN_DAYS - 2)));
    assert.ok(!followsFrom(daySecret(SECRET, CHAIN_DAYS), daySecret(SECRET, CHAIN_DAYS - 1)));
  });

  test('R24: what is asked depends on the checkpoint that witnesses signed, on the day, and on the secret', () => {
    const asked = (seed: Uint8Array) => JSON.stringify(drawDay(seed, STORE, 1_000_000));
    const other = daySecret(auditSecretOf(new Uint8Array(32).fill(4)), 5);
    const all = [seedOf(5), seedOf(6), seedOf(5, 'another'), daySeed(other, 5, CHECKPOINT)];
    assert.equal(new Set(all.map(asked)).size, all.length);
    assert.equal(asked(seedOf(5)), asked(seedOf(5)), 'who knows the seed draws again');
  });
});

describe('rounds', () => {
  const packs = (() => {
    const random = new CountedRandom('packs of a round');
    return Array.from({ length: 20_000 }, () => packId(toHex(random.bytes(32))));
  })();

  test('A10: every pack has one turn in a round, whatever the seed', () => {
    for (let round = 0; round < 20; round++) {
      const order = slotOrder(seedOf(round), round);
      assert.equal(order.length, SLOTS);
      assert.equal(new Set(order).size, SLOTS, 'no slot twice');
    }
    for (const pack of packs.slice(0, 100)) assert.ok(pack.startsWith(slotPrefix(slotOf(pack))));
  });

  test('A10: two rounds have nothing in common that a store could use', () => {
    const [first, second] = [slotOrder(seedOf(0), 0), slotOrder(seedOf(ROUND_DAYS), 1)];
    const same = first.filter((slot, index) => second[index] === slot).length;
    assert.ok(same < 3 * STRETCHES, `${same} of ${SLOTS} slots come at the same time again`);
  });

  test('A10: from any moment on, a pack is audited within 27 days, so that three are left of thirty', () => {
    const days = Array.from({ length: 12 }, (_, round) => ROUND_DAYS * round);
    const orders = days.map((day, round) => slotOrder(seedOf(day), round));
    for (const pack of packs.slice(0, 500)) {
      const turns = orders.map((order, round) => (round + turnOf(order, pack)) * ROUND_MS);
      let beforeMs = 0;
      for (const turnMs of turns) {
        assert.ok(turnMs - beforeMs <= 27 * DAY_MS, 'too long without a look');
        beforeMs = turnMs;
      }
    }
  });

  test('A10: of four rounds that follow each other a pack is fetched in one, and a quarter is in each', () => {
    for (const pack of packs) {
      const kinds = [7, 8, 9, 10].map((round) => turnKind(SECRET, pack, round));
      assert.equal(kinds.filter((kind) => kind === 'compare').length, 1);
      assert.equal(turnKind(SECRET, pack, 7 + ROUNDS_PER_FETCH), kinds[0]);
    }
    const fetched = packs.filter((pack) => turnKind(SECRET, pack, 0) === 'compare');
    assert.ok(Math.abs(fetched.length - packs.length / 4) < 500, `${fetched.length} fetched`);
  });

  test('A10: a pack is fetched from each of its stores in turn', () => {
    for (const pack of packs.slice(0, 500)) {
      const rounds = Array.from({ length: 3 * ROUNDS_PER_FETCH }, (_, round) => round);
      const leads = rounds
        .filter((round) => turnKind(SECRET, pack, round) === 'compare')
        .map((round) => leadOf(SECRET, pack, { round, copies: 3 }));
      assert.deepEqual(leads.toSorted(), [0, 1, 2]);
    }
  });

  test('slots come due with time, none before the round and none after its end', () => {
    const round = { beganMs: 1000, roundMs: ROUND_MS };
    assert.equal(slotsDue(round, 0), 0);
    assert.equal(slotsDue(round, 1000 + ROUND_MS / 2), SLOTS / 2);
    assert.equal(slotsDue(round, 1000 + 3 * ROUND_MS), SLOTS);
  });
});

describe('leaves of a day', () => {
  test('R21: 1,400 leaves are asked within any 24 hours, across midnight too', () => {
    const asked: number[] = [];
    for (let day = 0; day < 20; day++) {
      for (const { moment, leaves } of drawDay(seedOf(day), STORE, 10_000_000)) {
        assert.equal(leaves.length, LEAVES_PER_PART);
        asked.push((day + moment) * DAY_MS);
      }
    }
    assert.equal(asked.length, 20 * PARTS);
    for (let fromMs = 0; fromMs < 18 * DAY_MS; fromMs += HOUR_MS / 7) {
      const inside = asked.filter((atMs) => atMs >= fromMs && atMs < fromMs + DAY_MS).length;
      assert.ok(inside * LEAVES_PER_PART >= 1400, `${inside} questions`);
    }
    assert.ok(0.99 ** 1400 < 1e-6);
  });

  test('R21: no leaf twice in a day; a small store is asked for everything', () => {
    for (const leafCount of [1, 30, 1424, 1425, 1426, 5000]) {
      const all = drawDay(seedOf(3), STORE, leafCount).flatMap(({ leaves }) => leaves);
      assert.equal(all.length, Math.min(leafCount, LEAVES_PER_DAY));
      assert.equal(new Set(all).size, all.length);
      assert.ok(all.every((leaf) => leaf >= 0 && leaf < leafCount));
    }
    assert.deepEqual(drawDay(seedOf(3), STORE, 0), []);
  });

  test('R21: every leaf is drawn equally often', () => {
    const counts = new Array<number>(20).fill(0);
    const draws = new Draws(new Uint8Array(32).fill(9));
    for (let time = 0; time < 10_000; time++) {
      for (const leaf of drawDistinct(draws, 5, 20)) counts[leaf] = (counts[leaf] ?? 0) + 1;
    }
    // 2,500 each; six standard deviations are 260.
    for (const count of counts) assert.ok(Math.abs(count - 2500) < 260, `${count} of 2500`);
  });

  test('a shuffle has every number once', () => {
    const order = shuffled(new Draws(new Uint8Array(32)), 1000);
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      Array.from({ length: 1000 }, (_, i) => i),
    );
    assert.notDeepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
  });
});
