// Goal: all copies of a pack are fetched, each store's cipher is taken off, and whatever is not the same is found and
// named to the bit, at whichever store it is; nobody is accused of what another one did (mission A10, A12).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SMALL_SHAPE } from '@kura/base';
import { CopyTag } from '@kura/contract';
import type { ComparedCopy } from '@kura/coordinator/audit/compare-copies.ts';
import { hashOfAnswer, PAIRS_PER_FETCH, pairKey } from '@kura/coordinator/audit/pairs.ts';
import { AUDIT_SECRET, compareScene } from './compare-scene.ts';
import { fault } from './expect.ts';
import { native } from './network.ts';

const { leafBytes } = SMALL_SHAPE;

function classes(compared: ReadonlyMap<string, ComparedCopy>): Record<string, string> {
  return Object.fromEntries([...compared].map(([city, one]) => [city, one.class]));
}

describe('copies are compared', () => {
  it('A10: copies under different ciphers are the same pack below them', async () => {
    const { compare, cities } = await compareScene();
    const compared = await compare();
    assert.equal(cities.length, 3);
    for (const one of compared.values()) {
      assert.equal(one.class, 'ok');
      assert.ok(one.isWhole);
      assert.ok(one.lineBytes >= 8 * leafBytes);
    }
  });

  it('A10, A12: one flipped bit is found at its store, under any cipher, and its place is named', async () => {
    for (const at of [0, 1, 2]) {
      const { compare, bytesAt, cities } = await compareScene();
      const city = cities[at] ?? '';
      const bytes = bytesAt(city);
      const place = 5 * leafBytes + 1234;
      bytes[place] = (bytes[place] ?? 0) ^ 0b1000;
      const compared = await compare();
      for (const other of cities) {
        assert.equal(compared.get(other)?.class, other === city ? 'wrong' : 'ok');
      }
      const difference = { firstBit: 8 * 1234 + 3, bits: 1, blocks: 1 };
      assert.deepEqual(compared.get(city)?.findings, [{ leaf: 5, difference }]);
      assert.deepEqual(compared.get(city)?.pairs, [], 'no question is made from wrong bytes');
    }
  });

  it('A10: the same bit flipped in two copies, so that both are the same below, is found in both', async () => {
    const { compare, bytesAt, cities } = await compareScene();
    const streams = cities.filter((city) => city !== 'ishikari').slice(0, 2);
    for (const city of streams) {
      const bytes = bytesAt(city);
      bytes[77] = (bytes[77] ?? 0) ^ 1;
    }
    const compared = await compare();
    for (const city of streams) assert.equal(compared.get(city)?.class, 'wrong');
  });

  it('A10: with every copy damaged in one leaf the leaf is named, though nobody knows what it was', async () => {
    const { compare, bytesAt, cities } = await compareScene(2);
    for (const city of cities) bytesAt(city).fill(0, 2 * leafBytes, 3 * leafBytes);
    for (const one of (await compare()).values()) {
      assert.deepEqual(one.findings, [{ leaf: 2 }]);
      assert.equal(one.class, 'wrong');
    }
  });

  it('A10: forged leaf hashes do not hide a wrong leaf', async () => {
    const { network, compare, bytesAt, cities } = await compareScene();
    const [city = ''] = cities;
    bytesAt(city).fill(1, 3 * leafBytes, 4 * leafBytes);
    const hash = new Uint8Array(32);
    native.bulk.sha256(bytesAt(city).subarray(3 * leafBytes, 4 * leafBytes), hash);
    network.store(city).faults.stat = (stat) => {
      const leafHashes = stat.leafHashes.slice();
      leafHashes.set(hash, 3 * 32);
      return { ...stat, leafHashes };
    };
    const one = (await compare()).get(city);
    assert.equal(one?.class, 'wrong');
    assert.deepEqual(
      one?.findings.map(({ leaf }) => leaf),
      [3],
    );
  });

  it('R25: a store that is away, refuses, has nothing or cannot read is not one that answers wrongly', async () => {
    const expected = {
      unreachable: 'offline',
      refused: 'refused',
      missing: 'missing',
      corrupt: 'wrong',
      too_large: 'unknown',
    } as const;
    for (const [code, seen] of Object.entries(expected)) {
      const { network, compare, cities } = await compareScene();
      const [city = '', ...others] = cities;
      network.store(city).faults.fetch = fault(code as keyof typeof expected);
      const found = classes(await compare());
      assert.equal(found[city], seen);
      for (const other of others) assert.equal(found[other], 'ok');
    }
  });

  it('A15: a store is who it should be before it is read', async () => {
    const { network, compare, cities } = await compareScene();
    const [city = ''] = cities;
    network.store(city).faults.identity = { inventoryEpoch: 2 };
    assert.equal((await compare()).get(city)?.class, 'refused');
  });

  it('a question for the next full read is answered by all bytes of the copy, and by no others', async () => {
    const { compare, bytesAt, cities } = await compareScene();
    const compared = await compare();
    const answer = (pairId: string, bytes: Uint8Array): string => {
      const tag = new CopyTag(pairKey(AUDIT_SECRET, pairId));
      tag.add(bytes);
      return Buffer.from(hashOfAnswer(tag.finish())).toString('hex');
    };
    for (const city of cities) {
      const pairs = compared.get(city)?.pairs ?? [];
      assert.equal(pairs.length, PAIRS_PER_FETCH);
      for (const { pairId, answerHash } of pairs) {
        const wanted = Buffer.from(answerHash).toString('hex');
        assert.equal(answer(pairId, bytesAt(city)), wanted);
        assert.notEqual(answer(pairId, bytesAt(city).subarray(leafBytes)), wanted);
        for (const other of cities.filter((name) => name !== city)) {
          assert.notEqual(answer(pairId, bytesAt(other)), wanted);
        }
      }
    }
  });
});
