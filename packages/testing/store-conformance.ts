// What every store must do, whatever its shelf is made of. Each implementation runs this suite as
// it is; what is special to one (durability, parity, sweeping) is tested beside it.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import { KuraError, must, toHex } from '@kura/base';
import { verifyAcknowledgement } from '@kura/contract';
import { treeHead } from '@kura/log';
import { auditTests } from './store-conformance-audits.ts';
import { closingTests } from './store-conformance-closings.ts';
import { damageTests } from './store-conformance-damage.ts';
import { warrantTests } from './store-conformance-warrants.ts';
import {
  type CreateStore,
  copiesAt,
  fetchAll,
  packBytes,
  rejectsWith,
  Surroundings,
  sendCopy,
  type WithStore,
} from './store-fixture.ts';

function withStore(create: CreateStore): WithStore {
  let seed = 1;
  return (work) => async () => {
    const around = new Surroundings(seed++);
    const subject = await create(around);
    try {
      await work({ ...subject, around });
    } finally {
      await subject.dispose();
    }
  };
}

export function storeConformance(name: string, create: CreateStore): void {
  describe(`a store: ${name}`, () => {
    const scene = withStore(create);
    receiveTests(scene);
    refusalTests(scene);
    fetchTests(scene);
    warrantTests(scene);
    closingTests(scene);
    damageTests(scene);
    auditTests(scene);
  });
}

function receiveTests(scene: WithStore): void {
  test(
    'keeps copies of all three sizes and gives the same bytes back',
    scene(async ({ store, shape, around }) => {
      for (const which of [0, 1, 2] as const) {
        const id = around.newCopyId();
        const bytes = around.random.bytes(packBytes(shape, which));
        const ack = await sendCopy(store, { id, member: around.alice.member, bytes });
        assert.equal(ack.leafCount, shape.packLeaves[which]);
        assert.deepEqual(await fetchAll(store, id, shape), bytes);
      }
    }),
  );

  test(
    'R20: an acknowledgement names store, copy and root, and anyone can check it without a key',
    scene(async ({ store, shape, around }) => {
      const id = around.newCopyId();
      const bytes = around.random.bytes(packBytes(shape, 0));
      const ack = await sendCopy(store, { id, member: around.alice.member, bytes });
      const hashes: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += shape.leafBytes) {
        hashes.push(hash('sha256', bytes.subarray(at, at + shape.leafBytes), 'buffer'));
      }
      const table = new Uint8Array(Buffer.concat(hashes));
      assert.deepEqual(ack.root, treeHead(table));
      assert.equal(ack.copyId, id);
      assert.equal(ack.storeId, store.identity.storeId);
      assert.equal(ack.timeMs, around.clock.nowMs());
      verifyAcknowledgement(ack, store.identity.publicKey);
      const forged = { ...ack, leafCount: ack.leafCount + 1 };
      assert.throws(() => verifyAcknowledgement(forged, store.identity.publicKey), KuraError);
      const { root, leafHashes, leafCount } = await store.stat(id);
      assert.deepEqual(
        { root, leafHashes, leafCount },
        { root: ack.root, leafHashes: table, leafCount },
      );
    }),
  );

  test(
    'the same bytes in other steps are the same copy',
    scene(async ({ store, shape, around }) => {
      const { member } = around.alice;
      const bytes = around.random.bytes(packBytes(shape, 2));
      const first = await sendCopy(store, { id: around.newCopyId(), member, bytes });
      const id = around.newCopyId();
      const second = await sendCopy(store, { id, member, bytes, step: 3 * shape.leafBytes });
      assert.deepEqual(second.root, first.root);
      assert.deepEqual(await fetchAll(store, id, shape), bytes);
    }),
  );

  test(
    'two copies at once do not mix, and the same copy twice at once is kept once',
    scene(async ({ store, shape, around }) => {
      const { member } = around.alice;
      const ids = [around.newCopyId(), around.newCopyId()];
      const wanted = ids.map(() => around.random.bytes(packBytes(shape, 0)));
      const receivers = await Promise.all(
        [0, 1, 1].map(async (which) => {
          const bytes = must(wanted[which], 'its bytes');
          const id = must(ids[which], 'its name');
          return { receiver: await store.receive(id, member, bytes.length), bytes };
        }),
      );
      for (let at = 0; at < packBytes(shape, 0); at += shape.leafBytes) {
        for (const { receiver, bytes } of receivers) {
          await receiver.write(bytes.subarray(at, at + shape.leafBytes));
        }
      }
      await Promise.all(receivers.map(({ receiver }) => receiver.finish()));
      assert.deepEqual(await copiesAt(store), [...ids].sort());
      for (const [index, id] of ids.entries()) {
        assert.deepEqual(await fetchAll(store, id, shape), wanted[index]);
      }
    }),
  );

  test(
    'enumerate names every copy once, in order',
    scene(async ({ store, shape, around }) => {
      const ids = [1, 2, 3, 4, 5].map(() => around.newCopyId());
      const bytes = around.random.bytes(packBytes(shape, 0));
      for (const id of ids) await sendCopy(store, { id, member: around.bob.member, bytes });
      assert.deepEqual(await copiesAt(store), [...ids].sort());
    }),
  );

  test(
    'a copy that is sent again is acknowledged again',
    scene(async ({ store, shape, around }) => {
      const id = around.newCopyId();
      const { member } = around.alice;
      const bytes = around.random.bytes(packBytes(shape, 1));
      const first = await sendCopy(store, { id, member, bytes });
      around.clock.advance(5);
      const second = await sendCopy(store, { id, member, bytes });
      assert.deepEqual(second.root, first.root);
      assert.equal(second.timeMs, first.timeMs + 5);
      verifyAcknowledgement(second, store.identity.publicKey);
    }),
  );

  test(
    'D13: a store reads a copy again and vouches for it today',
    scene(async ({ store, shape, around, damage }) => {
      const id = around.newCopyId();
      const bytes = around.random.bytes(packBytes(shape, 1));
      const first = await sendCopy(store, { id, member: around.alice.member, bytes });
      around.clock.advance(7);
      const again = await store.acknowledge(id);
      verifyAcknowledgement(again, store.identity.publicKey);
      assert.deepEqual([again.root, again.leafCount], [first.root, first.leafCount]);
      assert.equal(again.timeMs, first.timeMs + 7);
      await damage(
        id,
        Array.from({ length: shape.packLeaves[1] }, (_, leaf) => leaf),
      );
      await rejectsWith(store.acknowledge(id), 'corrupt');
      await rejectsWith(store.acknowledge(around.newCopyId()), 'missing');
    }),
  );
}

function refusalTests(scene: WithStore): void {
  test(
    'R28: other bytes never replace a copy under its name',
    scene(async ({ store, shape, around }) => {
      const id = around.newCopyId();
      const bytes = around.random.bytes(packBytes(shape, 0));
      await sendCopy(store, { id, member: around.alice.member, bytes });
      for (const member of [around.alice.member, around.bob.member]) {
        const others = around.random.bytes(packBytes(shape, 1));
        await rejectsWith(sendCopy(store, { id, member, bytes: others }), 'already_exists');
      }
      assert.deepEqual(await fetchAll(store, id, shape), bytes);
    }),
  );

  test(
    'R1: sizes that no pack has are refused and leave nothing',
    scene(async ({ store, shape, around }) => {
      const { member } = around.alice;
      const largest = packBytes(shape, 2);
      const sizes = [shape.leafBytes, packBytes(shape, 0) + shape.leafBytes, largest - 16, 1];
      for (const size of [...sizes, largest + shape.leafBytes]) {
        const id = around.newCopyId();
        await rejectsWith(sendCopy(store, { id, member, bytes: new Uint8Array(size) }), 'refused');
        await rejectsWith(store.stat(id), 'missing');
      }
      const empty = store.receive(around.newCopyId(), member, 0);
      await rejectsWith(
        empty.then((receiver) => receiver.finish()),
        'refused',
      );
      assert.deepEqual(await copiesAt(store), []);
    }),
  );

  test(
    'a copy that is given up leaves nothing, and cannot go on',
    scene(async ({ store, shape, around }) => {
      const id = around.newCopyId();
      const bytes = around.random.bytes(packBytes(shape, 0));
      const receiver = await store.receive(id, around.alice.member, bytes.length);
      await receiver.write(bytes);
      receiver.abort();
      receiver.abort();
      await assert.rejects(receiver.finish(), /finished or given up/);
      await rejectsWith(store.stat(id), 'missing');
      assert.deepEqual(await copiesAt(store), []);
    }),
  );

  test(
    'A14: a member who was not admitted stores nothing',
    scene(async ({ store, shape, around }) => {
      const { member } = around.stranger;
      await rejectsWith(store.receive(around.newCopyId(), member, packBytes(shape, 0)), 'refused');
    }),
  );
}

function fetchTests(scene: WithStore): void {
  test(
    'R3: only whole windows are given out',
    scene(async ({ store, shape, around }) => {
      const id = around.newCopyId();
      const bytes = around.random.bytes(packBytes(shape, 1));
      await sendCopy(store, { id, member: around.alice.member, bytes });
      const window = shape.windowLeaves;
      const total = shape.packLeaves[1];
      const fetch = (first: number, count: number) =>
        store.fetch(id, first, count, new Uint8Array(Math.max(0, count) * shape.leafBytes));
      for (const [first, count] of [
        [1, window],
        [0, window - 1],
        [0, 0],
        [-window, window],
        [total, window],
        [0, total + window],
        [0.5, window],
      ] as const) {
        await rejectsWith(fetch(first, count), 'usage');
      }
      await rejectsWith(store.fetch(id, 0, window, new Uint8Array(shape.leafBytes)), 'usage');
      const into = new Uint8Array((total - window) * shape.leafBytes);
      await store.fetch(id, window, total - window, into);
      assert.deepEqual(into, bytes.subarray(window * shape.leafBytes));
    }),
  );

  test(
    'what is not there is missing, and free space is known',
    scene(async ({ store, shape, around }) => {
      const id = around.newCopyId();
      const into = new Uint8Array(shape.windowLeaves * shape.leafBytes);
      await rejectsWith(store.fetch(id, 0, shape.windowLeaves, into), 'missing');
      await rejectsWith(store.stat(id), 'missing');
      assert.deepEqual(await store.scrub(id), { copyId: id, state: 'missing', badLeaves: [] });
      assert.ok(store.freeBytes() > 0);
      assert.equal(toHex(store.identity.publicKey).length, 64);
    }),
  );
}
