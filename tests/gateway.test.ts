// Goal: every pack ends up as acknowledged copies at different stores under different ciphers, whatever
// stores do on the way (mission A2, A3, A15, A18), and a damaged copy is made anew from what is left.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { AssertionError, copyId, SMALL_SHAPE, STANDARD_SHAPE, storeId, toHex } from '@kura/base';
import {
  type StoreAcknowledgement,
  signAcknowledgement,
  verifyAcknowledgement,
} from '@kura/contract';
import { copiesAt } from '@kura/testing';
import fc from 'fast-check';
import { assertSame, fault, isCode } from './gateway/expect.ts';
import { TestNetwork } from './gateway/network.ts';

describe('a pack is sent', () => {
  it('A2, A3: two stores acknowledge it, and the same pack looks different at each', async () => {
    const network = new TestNetwork();
    const pack = network.newPack();
    const record = await network.send(pack);
    assert.deepEqual(network.citiesOf(record), ['frankfurt', 'seoul']);
    assert.deepEqual(record.failures, []);
    assert.equal(record.leafCount, SMALL_SHAPE.packLeaves[1]);
    const outer = record.copies.map(({ acknowledgement: ack }) =>
      toHex(network.store(network.cityOf(ack.storeId)).inner.rawBytes(ack.copyId)),
    );
    assert.equal(new Set([...outer, toHex(pack.sealed)]).size, 3);
    for (const { acknowledgement: ack } of record.copies) {
      const { identity } = network.store(network.cityOf(ack.storeId)).inner;
      verifyAcknowledgement(ack, identity.publicKey);
      assertSame(await network.open(ack), pack.sealed);
    }
  });

  it('A6: every copy carries the reason for its store', async () => {
    const network = new TestNetwork();
    const { copies } = await network.send(network.newPack());
    assert.deepEqual(
      copies.map((copy) => copy.reason),
      [
        'lowest risk (0.010 %/year)',
        '1160 km from home, other power area, lowest risk there (0.010 %/year)',
      ],
    );
  });

  it('each of the three sizes, in steps of any length, gives the same copies', async () => {
    for (const leaves of SMALL_SHAPE.packLeaves) {
      const network = new TestNetwork();
      const pack = network.newPack(leaves);
      const roots = new Set<string>();
      for (const step of [1, 3, leaves]) {
        const { copies } = await network.send(pack, step);
        roots.add(copies.map((copy) => toHex(copy.acknowledgement.root)).join());
      }
      assert.equal(roots.size, 1);
    }
  });

  it('a pack may end at a smaller size than was announced', async () => {
    const network = new TestNetwork();
    const { id, sealed } = network.newPack(SMALL_SHAPE.packLeaves[0]);
    const upload = await network.gateway.open(id, SMALL_SHAPE.packLeaves[2]);
    await upload.write(sealed);
    assert.equal((await upload.finish()).leafCount, SMALL_SHAPE.packLeaves[0]);
  });

  it('abort leaves nothing at any store', async () => {
    const network = new TestNetwork();
    const { id, sealed } = network.newPack();
    const upload = await network.gateway.open(id, 8);
    await upload.write(sealed);
    upload.abort();
    upload.abort();
    for (const store of network.stores.values()) {
      assert.deepEqual(await copiesAt(store.inner), []);
    }
  });

  it('holds no more than three buffers of 1 MiB, however many packs are on their way', async () => {
    const network = new TestNetwork({ shape: STANDARD_SHAPE });
    const buffers = new Set<ArrayBufferLike>();
    let longest = 0;
    for (const store of network.stores.values()) {
      store.faults.write = (_, outer) => {
        buffers.add(outer.buffer);
        longest = Math.max(longest, outer.length);
      };
    }
    const packs = [1, 2, 3, 4].map(() => network.newPack(64));
    await Promise.all(packs.map((pack) => network.send(pack, 64)));
    assert.ok(buffers.size <= 3, `${buffers.size} buffers`);
    assert.ok(longest <= 2 ** 20, `${longest} bytes`);
  });

  it('misuse is a programmer error', async () => {
    const network = new TestNetwork();
    const { id, sealed } = network.newPack();
    await assert.rejects(network.gateway.open(id, 17), AssertionError);
    const upload = await network.gateway.open(id, 8);
    await assert.rejects(upload.write(sealed.subarray(1)), AssertionError);
    await upload.write(sealed.subarray(0, 3 * SMALL_SHAPE.leafBytes));
    await assert.rejects(upload.write(sealed), AssertionError);
    await assert.rejects(upload.finish(), AssertionError);
    upload.abort();
    await assert.rejects(upload.write(sealed), AssertionError);
  });
});

describe('a store fails', () => {
  it('A18: what one store does not acknowledge is sent to it again', async () => {
    const network = new TestNetwork();
    network.store('seoul').faults.finish = fault('io', 1);
    const pack = network.newPack();
    const record = await network.send(pack);
    assert.deepEqual(network.citiesOf(record), ['frankfurt', 'seoul']);
    assert.equal(record.copies[1]?.reason, 'sent again after io');
    assert.deepEqual(record.failures, [
      { storeId: network.idOf('seoul'), why: 'the test says io' },
    ]);
    for (const copy of record.copies) {
      assertSame(await network.open(copy.acknowledgement), pack.sealed);
    }
  });

  for (const [when, hook] of Object.entries({
    'before the first byte': 'receive',
    'while the pack streams': 'write',
    'at the end': 'finish',
  } as const)) {
    it(`A18: a store that fails ${when} is replaced by the next best`, async () => {
      const network = new TestNetwork();
      network.store('seoul').faults[hook] = fault('refused');
      const pack = network.newPack();
      const record = await network.send(pack);
      assert.deepEqual(network.citiesOf(record), ['frankfurt', 'ishikari']);
      assert.match(record.copies[1]?.reason ?? '', /; in place of seoul \(refused\)$/);
      assert.equal(record.failures[0]?.storeId, network.idOf('seoul'));
      for (const copy of record.copies) {
        assertSame(await network.open(copy.acknowledgement), pack.sealed);
      }
    });
  }

  it('A15: it is ranked down for the packs that follow', async () => {
    const network = new TestNetwork();
    network.store('seoul').faults.write = fault('refused', 1);
    await network.send(network.newPack());
    assert.deepEqual([...network.gateway.demoted], [network.idOf('seoul')]);
    const record = await network.send(network.newPack());
    assert.deepEqual(network.citiesOf(record), ['frankfurt', 'ishikari']);
    assert.deepEqual(record.failures, []);
    assert.equal(network.store('seoul').received, 1);
  });

  it('A15: who answers in the name of a store but is another gets nothing', async () => {
    const changes = [{ publicKey: new Uint8Array(32) }, { inventoryEpoch: 2 }, { suite: 'none' }];
    for (const identity of changes) {
      const network = new TestNetwork();
      network.store('seoul').faults.identity = identity;
      const record = await network.send(network.newPack());
      assert.deepEqual(network.citiesOf(record), ['frankfurt', 'ishikari']);
      assert.equal(network.store('seoul').received, 0);
    }
  });

  it('A15: an acknowledgement of another copy, or by another, does not count', async () => {
    const forgeries: ((ack: StoreAcknowledgement, seed: Uint8Array) => StoreAcknowledgement)[] = [
      (ack) => ({ ...ack, root: new Uint8Array(32) }),
      (ack) => signAcknowledgement(ack, new Uint8Array(32).fill(1)),
      (ack, seed) => signAcknowledgement({ ...ack, leafCount: ack.leafCount + 1 }, seed),
      (ack, seed) => signAcknowledgement({ ...ack, copyId: copyId('00'.repeat(32)) }, seed),
      (ack, seed) => signAcknowledgement({ ...ack, storeId: storeId('00'.repeat(16)) }, seed),
      (ack, seed) => signAcknowledgement({ ...ack, root: new Uint8Array(32) }, seed),
    ];
    for (const forgery of forgeries) {
      const network = new TestNetwork();
      const { faults, seed } = network.store('seoul');
      faults.finish = (ack) => forgery(ack, seed);
      const record = await network.send(network.newPack());
      assert.deepEqual(network.citiesOf(record), ['frankfurt', 'ishikari']);
      assert.equal(record.failures[0]?.storeId, network.idOf('seoul'));
    }
  });

  it('A15: a root that the store cannot show leaf hashes for does not count', async () => {
    const network = new TestNetwork();
    network.store('seoul').faults.table = (copy) => ({
      ...copy,
      leafHashes: copy.leafHashes.map((byte, index) => (index === 0 ? byte ^ 1 : byte)),
    });
    const record = await network.send(network.newPack());
    assert.deepEqual(network.citiesOf(record), ['frankfurt', 'ishikari']);
    assert.match(record.failures[0]?.why ?? '', /signed a root it cannot show/);
  });

  it('A15: a gateway without an agent that checks finds other bytes itself', async () => {
    const network = new TestNetwork({ hashing: 'gateway' });
    network.store('seoul').faults.write = (_, outer) => {
      outer[0] = (outer[0] ?? 0) ^ 1;
    };
    const pack = network.newPack();
    const record = await network.send(pack);
    assert.deepEqual(network.citiesOf(record), ['frankfurt', 'ishikari']);
    assert.match(record.failures[0]?.why ?? '', /acknowledges other bytes than it was sent/);
    for (const copy of record.copies) {
      assertSame(await network.open(copy.acknowledgement), pack.sealed);
    }
  });

  it('A2: too few stores is an error that says which and why', async () => {
    const network = new TestNetwork({ cities: ['seoul', 'osaka'] });
    network.store('osaka').faults.finish = fault('refused');
    await assert.rejects(
      network.send(network.newPack()),
      isCode('too_few_stores', /1 of 2 copies: osaka: the test says refused/),
    );
    const silent = new TestNetwork({ cities: ['seoul', 'osaka'], silent: ['osaka'] });
    await assert.rejects(
      silent.send(silent.newPack()),
      isCode('too_few_stores', /0 of 2 copies.*osaka is unreachable/),
    );
  });

  it('A18: who should stand in is not blamed if the first copy cannot be read', async () => {
    const network = new TestNetwork();
    network.store('seoul').faults.finish = fault('refused');
    network.store('frankfurt').faults.fetch = fault('unreachable');
    await assert.rejects(
      network.send(network.newPack()),
      isCode('too_few_stores', /1 of 2 copies: .*cannot be read now/),
    );
    assert.deepEqual([...network.gateway.demoted], [network.idOf('seoul')]);
    for (const store of network.stores.values()) assert.equal(store.open, 0);
  });

  it('A2: a pack for which every store fails ends with the next call', async () => {
    const network = new TestNetwork();
    for (const store of network.stores.values()) store.faults.write = fault('io');
    const { id, sealed } = network.newPack();
    const upload = await network.gateway.open(id, 8);
    await upload.write(sealed.subarray(0, sealed.length / 2));
    await setImmediate();
    const rest = sealed.subarray(sealed.length / 2);
    await assert.rejects(upload.write(rest), isCode('too_few_stores', /0 of 2 copies/));
    for (const store of network.stores.values()) assert.equal(store.open, 0);
  });

  it('C12: too few stores for want of room alone is no_space, and names them', async () => {
    const cities = ['seoul', 'osaka'];
    const planned = new TestNetwork({ cities });
    planned.store('osaka').faults.freeBytes = () => 1000;
    await assert.rejects(
      planned.send(planned.newPack()),
      isCode('no_space', /osaka has 1000 B free/),
    );
    for (const hook of ['receive', 'write', 'finish'] as const) {
      for (const full of [['osaka'], cities]) {
        const network = new TestNetwork({ cities });
        for (const city of full) network.store(city).faults[hook] = fault('no_space');
        await assert.rejects(network.send(network.newPack()), isCode('no_space', /osaka/), hook);
      }
      const mixed = new TestNetwork({ cities });
      mixed.store('osaka').faults[hook] = fault('no_space');
      mixed.store('seoul').faults[hook] = fault('refused');
      await assert.rejects(mixed.send(mixed.newPack()), isCode('too_few_stores'), hook);
    }
  });

  it('a full store is passed over before it is asked', async () => {
    const network = new TestNetwork();
    network.store('frankfurt').faults.freeBytes = () => 1000;
    const record = await network.send(network.newPack());
    assert.deepEqual(network.citiesOf(record), ['seoul', 'ishikari']);
    assert.equal(network.store('frankfurt').received, 0);
  });

  it('no pack id is used for other bytes: one key stream would open both', async () => {
    const network = new TestNetwork();
    const pack = network.newPack();
    await network.send(pack);
    await assert.doesNotReject(network.send(pack), 'the same bytes are acknowledged again');
    const other = { id: pack.id, sealed: network.newPack().sealed };
    await assert.rejects(network.send(other), isCode('already_exists'));
  });

  it('A2, A18: whatever fails, a pack has its copies or there is an error', async () => {
    const hooks = ['receive', 'write', 'finish', 'table', 'stat', 'fetch'] as const;
    const someFault = fc.record({
      city: fc.constantFrom('seoul', 'osaka', 'frankfurt', 'ishikari'),
      hook: fc.constantFrom(...hooks),
      code: fc.constantFrom('io' as const, 'refused' as const, 'no_space' as const),
      times: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(someFault, { maxLength: 6 }), async (faults) => {
        const network = new TestNetwork();
        for (const { city, hook, code, times } of faults) {
          network.store(city).faults[hook] = fault(code, times);
        }
        const pack = network.newPack();
        try {
          const record = await network.send(pack);
          assert.equal(new Set(network.citiesOf(record)).size, 2);
          for (const copy of record.copies) {
            assertSame(await network.open(copy.acknowledgement), pack.sealed);
          }
        } catch (error) {
          const isKnown = isCode('too_few_stores')(error) || isCode('no_space')(error);
          assert.ok(isKnown, String(error));
        }
        for (const store of network.stores.values()) assert.equal(store.open, 0);
      }),
      { numRuns: 60 },
    );
  });
});
