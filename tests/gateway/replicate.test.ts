// Goal: a damaged or missing copy is made anew from what other stores have, leaf by leaf, and nobody's
// word is taken for what a leaf is (mission A3, A10, A15).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concatBytes, SMALL_SHAPE } from '@kura/base';
import { copiesAt } from '@kura/testing';
import { assertSame, fault, isCode } from './expect.ts';
import { native, TestNetwork } from './network.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => {
  const hash = new Uint8Array(32);
  native.bulk.sha256(bytes, hash);
  return hash;
};

describe('a copy is made from others', () => {
  const damage = async (network: TestNetwork, city: string, leaf: number): Promise<void> => {
    const store = network.store(city).inner;
    for await (const id of store.enumerate()) {
      const bytes = store.rawBytes(id);
      const at = leaf * SMALL_SHAPE.leafBytes + 17;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
    }
  };

  it('A3: the copy at a third store is in its own cipher, and opens to the same pack', async () => {
    const network = new TestNetwork();
    const pack = network.newPack();
    const row = network.rowOf(await network.send(pack));
    const to = network.idOf('osaka');
    const copy = await network.gateway.replicate({ pack: row, to, reason: 'repair' });
    assert.equal(copy.acknowledgement.storeId, to);
    assert.equal(copy.reason, 'repair');
    assertSame(await network.open(copy.acknowledgement), pack.sealed);
  });

  it('a repaired copy is the same bytes under the same root', async () => {
    const network = new TestNetwork();
    const record = await network.send(network.newPack());
    const before = record.copies[1]?.acknowledgement;
    await damage(network, 'seoul', 2);
    const to = network.idOf('seoul');
    const pack = network.rowOf(record);
    const copy = await network.gateway.replicate({ pack, to, reason: 'repair' });
    assert.deepEqual(copy.acknowledgement.root, before?.root);
    assert.equal(copy.acknowledgement.copyId, before?.copyId);
  });

  it('a leaf that is damaged at one store is taken from another', async () => {
    const network = new TestNetwork();
    const pack = network.newPack();
    const row = network.rowOf(await network.send(pack));
    await damage(network, 'frankfurt', 1);
    await damage(network, 'seoul', 6);
    const request = { pack: row, to: network.idOf('osaka'), reason: 'repair' };
    const copy = await network.gateway.replicate({ ...request, from: network.idOf('seoul') });
    assertSame(await network.open(copy.acknowledgement), pack.sealed);
  });

  it('a leaf that no store has intact is lost, and the target keeps nothing', async () => {
    const network = new TestNetwork();
    const row = network.rowOf(await network.send(network.newPack()));
    await damage(network, 'frankfurt', 5);
    await damage(network, 'seoul', 5);
    const request = { pack: row, to: network.idOf('osaka'), reason: 'repair' };
    await assert.rejects(network.gateway.replicate(request), isCode('data_lost', /leaf 5 of pack/));
    assert.deepEqual(await copiesAt(network.store('osaka').inner), []);
    assert.equal(network.store('osaka').open, 0, 'no receiver is left open');
  });

  it('a store that does not answer now is not a lost one', async () => {
    const network = new TestNetwork();
    const row = network.rowOf(await network.send(network.newPack()));
    await damage(network, 'frankfurt', 5);
    network.store('seoul').faults.fetch = fault('unreachable');
    const request = { pack: row, to: network.idOf('osaka'), reason: 'repair' };
    await assert.rejects(network.gateway.replicate(request), isCode('unreachable', /leaf 5/));
  });

  it('leaf hashes that do not lead to the recorded root are not believed', async () => {
    const network = new TestNetwork();
    const pack = network.newPack();
    const row = network.rowOf(await network.send(pack));
    const from = network.idOf('seoul');
    const zeroLeafHash = sha256(new Uint8Array(network.shape.leafBytes));
    network.store('seoul').faults.stat = (stat) => ({
      ...stat,
      leafHashes: concatBytes(...Array.from({ length: stat.leafCount }, () => zeroLeafHash)),
    });
    network.store('seoul').faults.fetch = (into) => {
      into.fill(0);
    };
    const request = { pack: row, from, to: network.idOf('osaka'), reason: 'repair' };
    const copy = await network.gateway.replicate(request);
    assertSame(await network.open(copy.acknowledgement), pack.sealed);
  });

  it('A15: a store that acknowledges other bytes than it was sent is refused', async () => {
    const network = new TestNetwork();
    const row = network.rowOf(await network.send(network.newPack()));
    network.store('osaka').faults.write = (_, outer) => {
      outer[0] = (outer[0] ?? 0) ^ 1;
    };
    const request = { pack: row, to: network.idOf('osaka'), reason: 'repair' };
    await assert.rejects(
      network.gateway.replicate(request),
      isCode('refused', /acknowledges other bytes than it was sent/),
    );
  });

  it('copies recorded as damaged are asked last, lost ones never', async () => {
    const network = new TestNetwork({ copies: 3 });
    const row = network.rowOf(await network.send(network.newPack()));
    const asked: string[] = [];
    for (const [city, store] of network.stores) {
      store.faults.fetch = () => {
        asked.push(city);
      };
    }
    const states = ['lost', 'damaged', 'held'] as const;
    const copies = row.copies.map((copy, index) => ({ ...copy, state: states[index] ?? 'lost' }));
    const cities = copies.map((copy) => network.cityOf(copy.storeId));
    await damage(network, cities[2] ?? '', 0);
    const target = [...network.stores.keys()].find((city) => !cities.includes(city)) ?? '';
    const request = { pack: { ...row, copies }, to: network.idOf(target), reason: 'repair' };
    await network.gateway.replicate(request);
    assert.deepEqual(asked, [cities[2], cities[1]]);
  });
});
