import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CopyId, copyId, HOUR_MS, must } from '@kura/base';
import { ManualClock, SeededRandom } from '@kura/testing';
import { ForeignLeaves } from './foreign.ts';
import { LeafIndexBuilder } from './leaf-index.ts';

const LEAVES = 16;

function tablesOf(count: number): Map<CopyId, Uint8Array> {
  const random = new SeededRandom(count);
  return new Map(
    Array.from({ length: count }, (_, index) => [
      copyId(index.toString(16).padStart(64, '0')),
      random.bytes(LEAVES * 32),
    ]),
  );
}

describe('the table of leaf hashes', () => {
  test('every leaf is found where it stands, also among equal beginnings', () => {
    const tables = tablesOf(300);
    // Equal first bytes in two copies, as by chance among millions.
    const [first, second] = [...tables.values()];
    must(second, 'a table').set(must(first, 'a table').subarray(0, 8), 5 * 32);
    const builder = new LeafIndexBuilder();
    for (const [id, hashes] of tables) assert.ok(builder.add(id, hashes));
    const index = builder.end();
    for (const [id, hashes] of tables) {
      for (let leaf = 0; leaf < LEAVES; leaf++) {
        const places = [...index.candidates(hashes.subarray(leaf * 32, (leaf + 1) * 32))];
        assert.ok(places.some((place) => place.copyId === id && place.leaf === leaf));
        assert.ok(places.length <= 3);
      }
    }
    assert.deepEqual([...new LeafIndexBuilder().end().candidates(new Uint8Array(32))], []);
  });

  test('a store with damage everywhere reads all its tables once an hour', async () => {
    const tables = tablesOf(20);
    const clock = new ManualClock();
    let walks = 0;
    const leaves = new ForeignLeaves(
      {
        copies: async function* () {
          walks++;
          yield* tables.keys();
        },
        leafHashesOf: async (id) => must(tables.get(id), 'a copy that is there'),
      },
      clock,
    );
    const [[id, hashes] = [copyId('00'.repeat(32)), new Uint8Array(32)]] = tables;
    const known = Buffer.from(hashes.subarray(64, 96)).toString('hex');
    const unknown = 'ff'.repeat(32);
    for (let times = 0; times < 50; times++) {
      const found = await leaves.find(new Set([known, unknown]));
      assert.deepEqual([...found], [[known, { copyId: id, leaf: 2 }]]);
    }
    assert.equal(walks, 1);
    clock.advance(HOUR_MS);
    await leaves.find(new Set([known]));
    await leaves.find(new Set());
    assert.equal(walks, 2);
  });
});
