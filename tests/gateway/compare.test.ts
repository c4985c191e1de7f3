// Goal: all copies of a pack are fetched, each store's cipher is taken off, and whatever is not the same is found and
// named to the bit, at whichever store it is; nobody is accused of what another one did (mission A10, A12).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SMALL_SHAPE } from '@kura/base';
import { CopyTag } from '@kura/contract';
import {
  type ComparedCopy,
  CompareMemory,
  compareCopies,
} from '@kura/coordinator/audit/compare-copies.ts';
import { hashOfAnswer, pairKey } from '@kura/coordinator/audit/pairs.ts';
import { GatewayContext } from '@kura/coordinator/gateway/context.ts';
import { embeddedCopyKeys } from '@kura/coordinator/gateway/index.ts';
import { fault } from './expect.ts';
import { native, TestNetwork } from './network.ts';

const { leafBytes } = SMALL_SHAPE;
const SECRET = new Uint8Array(32).fill(5);

async function scene(copies = 3) {
  const network = new TestNetwork({ copies });
  const pack = network.newPack();
  const { packId, leafCount, copies: rows } = network.rowOf(await network.send(pack));
  const stores = new Map(
    [...network.stores.values()].map((store) => [store.inner.identity.storeId, store]),
  );
  const context = new GatewayContext({
    network: network.description,
    stores,
    keys: embeddedCopyKeys(network.networkSecret),
    native,
    hashing: 'gateway',
  });
  const memory = new CompareMemory();
  const audited = rows.map((row) => ({ ...row, memberId: network.member, packId, leafCount }));
  const compare = async (): Promise<ReadonlyMap<string, ComparedCopy>> => {
    const parts = { auditSecret: SECRET, random: network.random, memory };
    const compared = await compareCopies(context, audited, parts);
    return new Map(compared.map((one) => [network.cityOf(one.copy.storeId), one]));
  };
  const bytesAt = (city: string): Uint8Array => {
    const copy = audited.find(({ storeId }) => storeId === network.idOf(city));
    assert.ok(copy !== undefined);
    return network.store(city).inner.rawBytes(copy.copyId);
  };
  const cities = audited.map(({ storeId }) => network.cityOf(storeId));
  return { network, compare, bytesAt, cities };
}

function classes(compared: ReadonlyMap<string, ComparedCopy>): Record<string, string> {
  return Object.fromEntries([...compared].map(([city, one]) => [city, one.class]));
}

describe('copies are compared', () => {
  it('A10: copies under different ciphers are the same pack below them', async () => {
    const { compare, cities } = await scene();
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
      const { compare, bytesAt, cities } = await scene();
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
      assert.equal(compared.get(city)?.pair, undefined, 'no question is made from wrong bytes');
    }
  });

  it('A10: the same bit flipped in two copies, so that both are the same below, is found in both', async () => {
    const { compare, bytesAt, cities } = await scene();
    const streams = cities.filter((city) => city !== 'ishikari').slice(0, 2);
    for (const city of streams) {
      const bytes = bytesAt(city);
      bytes[77] = (bytes[77] ?? 0) ^ 1;
    }
    const compared = await compare();
    for (const city of streams) assert.equal(compared.get(city)?.class, 'wrong');
  });

  it('A10: with every copy damaged in one leaf the leaf is named, though nobody knows what it was', async () => {
    const { compare, bytesAt, cities } = await scene(2);
    for (const city of cities) bytesAt(city).fill(0, 2 * leafBytes, 3 * leafBytes);
    for (const one of (await compare()).values()) {
      assert.deepEqual(one.findings, [{ leaf: 2 }]);
      assert.equal(one.class, 'wrong');
    }
  });

  it('A10: forged leaf hashes do not hide a wrong leaf', async () => {
    const { network, compare, bytesAt, cities } = await scene();
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
      const { network, compare, cities } = await scene();
      const [city = '', ...others] = cities;
      network.store(city).faults.fetch = fault(code as keyof typeof expected);
      const found = classes(await compare());
      assert.equal(found[city], seen);
      for (const other of others) assert.equal(found[other], 'ok');
    }
  });

  it('A15: a store is who it should be before it is read', async () => {
    const { network, compare, cities } = await scene();
    const [city = ''] = cities;
    network.store(city).faults.identity = { inventoryEpoch: 2 };
    assert.equal((await compare()).get(city)?.class, 'refused');
  });

  it('a question for the next full read is answered by all bytes of the copy, and by no others', async () => {
    const { compare, bytesAt, cities } = await scene();
    const compared = await compare();
    const answer = (pairId: string, bytes: Uint8Array): string => {
      const tag = new CopyTag(pairKey(SECRET, pairId));
      tag.add(bytes);
      return Buffer.from(hashOfAnswer(tag.finish())).toString('hex');
    };
    for (const city of cities) {
      const pair = compared.get(city)?.pair;
      assert.ok(pair !== undefined);
      const wanted = Buffer.from(pair.answerHash).toString('hex');
      assert.equal(answer(pair.pairId, bytesAt(city)), wanted);
      assert.notEqual(answer(pair.pairId, bytesAt(city).subarray(leafBytes)), wanted);
      for (const other of cities.filter((name) => name !== city)) {
        assert.notEqual(answer(pair.pairId, bytesAt(other)), wanted);
      }
    }
  });
});
