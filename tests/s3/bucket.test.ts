// Goal: what a shelf in a bucket promises holds on a real object store, also when answers are lost, two come at once,
// the bucket is emptied, locked or another's.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KuraError, must, SMALL_SHAPE, systemClock, systemRandom } from '@kura/base';
import { verifyAcknowledgement } from '@kura/contract';
import { loadNative } from '@kura/native';
import { readSeed } from '@kura/store/presence.ts';
import type { Bucket, PutOptions } from '@kura/store/s3/bucket.ts';
import { copyObject, RECORD_OBJECT } from '@kura/store/s3/bucket-names.ts';
import { checkConditions } from '@kura/store/s3/conditions.ts';
import { foundBucketShelf } from '@kura/store/s3/found-bucket.ts';
import { openBucketForReading } from '@kura/store/s3/read.ts';
import { type BucketShelf, openBucketShelf } from '@kura/store/s3/s3-shelf.ts';
import { fetchAll, MemoryDisk, packBytes, Surroundings, sendCopy } from '@kura/testing';
import { newPlace, type Place, SKIPPED } from './server.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_BYTES = 1024 * 1024;

interface Scene {
  readonly place: Place;
  readonly around: Surroundings;
  readonly disk: MemoryDisk;
}

async function withPlace(work: (scene: Scene) => Promise<void>, place = newPlace()): Promise<void> {
  const around = new Surroundings(systemRandom.below(1_000_000));
  try {
    await work({ place, around, disk: new MemoryDisk({ clock: around.clock }) });
  } finally {
    place.client.close();
  }
}

async function found({ place, around, disk }: Scene): Promise<void> {
  const { ownerKeys, coordinatorKey, random } = around;
  await foundBucketShelf({
    bucket: place.bucket,
    disk,
    keyFolder: '/state',
    place: { city: 'tokyo', lat: 35.68, lon: 139.69, powerArea: 'JP-50' },
    suite: 'aes-256-ctr',
    shape: SMALL_SHAPE,
    ownerKeys,
    coordinatorKey,
    random,
  });
}

async function open(
  { place, around, disk }: Scene,
  bucket = place.bucket,
  capacityBytes = MAX_BYTES * 10,
): Promise<BucketShelf> {
  const { identity } = await openBucketForReading({ bucket: place.bucket, native: loadNative() });
  return openBucketShelf({
    bucket,
    seed: readSeed(disk, '/state', identity),
    native: loadNative(),
    capacityBytes,
    storeKeys: around.storeKeys,
    clock: { ...systemClock, after: () => () => undefined },
    random: around.random,
  });
}

/** The bucket, with another way to put: what a server or a line does wrong. */
function withPut(
  bucket: Bucket,
  put: (options: PutOptions) => Promise<'stored' | 'taken'>,
): Bucket {
  return new Proxy(bucket, {
    get: (target, name) => {
      if (name === 'put') return put;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const codeIs =
  (code: KuraError['code']) =>
  (error: unknown): boolean =>
    error instanceof KuraError && error.code === code;

describe('a bucket', { skip: SKIPPED }, () => {
  test('R28: of twenty puts under one new name at once, one is stored', () =>
    withPlace(async (scene) => {
      await found(scene);
      const { bucket } = scene.place;
      const key = copyObject(scene.around.newCopyId());
      const puts = Array.from({ length: 20 }, (_, index) =>
        bucket.put({ key, bytes: new Uint8Array(9000).fill(index), over: 'new' }),
      );
      const outcomes = await Promise.all(puts);
      const winner = outcomes.indexOf('stored');
      assert.deepEqual(outcomes.filter((outcome) => outcome === 'stored').length, 1);
      const { bytes } = must(await bucket.get(key, { maxBytes: 9000 }), 'the object');
      assert.ok(bytes.every((byte) => byte === winner));
    }));

  test('a put whose answer was lost is found and acknowledged, once', () =>
    withPlace(async (scene) => {
      await found(scene);
      const { bucket } = scene.place;
      let lost = 0;
      const line = withPut(bucket, async (options) => {
        const isCopy = options.key.startsWith('copies/');
        const outcome = await bucket.put(options);
        if (!isCopy || outcome === 'taken') return outcome;
        lost++; // what the client makes of it: the same put again
        return bucket.put(options);
      });
      const store = await open(scene, line);
      const { alice } = scene.around;
      const bytes = scene.around.random.bytes(packBytes(SMALL_SHAPE, 1));
      const id = scene.around.newCopyId();
      const freeBytes = store.freeBytes();
      const ack = await sendCopy(store, { id, member: alice.member, bytes });
      verifyAcknowledgement(ack, store.identity.publicKey);
      assert.equal(lost, 1);
      assert.ok(Buffer.compare(await fetchAll(store, id, SMALL_SHAPE), bytes) === 0);
      assert.ok(store.freeBytes() <= freeBytes);
    }));

  test('R18: a bucket that keeps something else is found out before the signature', () =>
    withPlace(async (scene) => {
      await found(scene);
      const { bucket } = scene.place;
      const rotten = withPut(bucket, (options) => {
        if (!options.key.startsWith('copies/')) return bucket.put(options);
        const bytes = options.bytes.map((byte, at) =>
          at % SMALL_SHAPE.leafBytes === 9 ? ~byte : byte,
        );
        return bucket.put({ ...options, bytes });
      });
      const store = await open(scene, rotten);
      const { alice } = scene.around;
      const id = scene.around.newCopyId();
      const bytes = scene.around.random.bytes(packBytes(SMALL_SHAPE, 0));
      await assert.rejects(sendCopy(store, { id, member: alice.member, bytes }), codeIs('io'));
      await assert.rejects(store.stat(id), codeIs('missing'));
    }));

  test('one of two tables may rot; what is set aside goes with the copy', () =>
    withPlace(async (scene) => {
      await found(scene);
      const { bucket } = scene.place;
      const store = await open(scene);
      const { around } = scene;
      const id = around.newCopyId();
      const bytes = around.random.bytes(packBytes(SMALL_SHAPE, 1));
      const sending = { id, member: around.alice.member, bytes };
      const { root } = await sendCopy(store, sending);
      const rot = async (from: number, count: number): Promise<void> => {
        const object = must(await bucket.get(copyObject(id), { maxBytes: MAX_BYTES }), 'the copy');
        const at = from < 0 ? object.bytes.length + from : from;
        object.bytes.fill(1, at, at + count);
        await bucket.put({ key: copyObject(id), bytes: object.bytes, over: object });
      };
      await rot(-SMALL_SHAPE.leafBytes, 40);
      assert.ok(Buffer.compare((await store.stat(id)).root, root) === 0);
      assert.equal((await store.scrub(id)).state, 'healed');
      await rot(0, bytes.length);
      assert.equal((await store.scrub(id)).state, 'damaged');
      const aside = await Array.fromAsync(bucket.list('quarantine/'));
      assert.equal(aside.length, 1);
      await sendCopy(store, sending);
      await store.remove(around.destroy(store.identity.storeId, { copyIds: [id] }));
      const left = await Array.fromAsync(bucket.list(''), ({ key }) => key);
      assert.deepEqual(left, [RECORD_OBJECT]);
    }));

  test('a store is full at the capacity of its file, and removing gives space back', () =>
    withPlace(async (scene) => {
      await found(scene);
      const { around } = scene;
      const bytes = around.random.bytes(packBytes(SMALL_SHAPE, 2));
      const store = await open(scene, scene.place.bucket, 2 * bytes.length);
      const before = store.freeBytes();
      const sending = { id: around.newCopyId(), member: around.alice.member, bytes };
      await sendCopy(store, sending);
      assert.ok(store.freeBytes() < before - bytes.length);
      const another = { ...sending, id: around.newCopyId() };
      await assert.rejects(sendCopy(store, another), codeIs('no_space'));
      const again = await open(scene, scene.place.bucket, 2 * bytes.length);
      assert.equal(again.freeBytes(), store.freeBytes());
      await store.remove(around.destroy(store.identity.storeId, { copyIds: [sending.id] }));
      assert.equal(store.freeBytes(), before);
    }));

  test('a server that ignores conditions is refused at start', () =>
    withPlace(async (scene) => {
      await found(scene);
      const { bucket } = scene.place;
      const careless = withPut(bucket, async (options) => {
        await bucket.remove(options.key);
        return bucket.put({ ...options, over: 'new' });
      });
      const { random } = scene.around;
      await assert.rejects(checkConditions(careless, random), codeIs('unsupported'));
      await assert.rejects(open(scene, careless), codeIs('unsupported'));
      await checkConditions(bucket, random);
    }));

  test('a bucket that was emptied, and a store that is another, are never a missing copy', () =>
    withPlace(async (scene) => {
      await found(scene);
      const store = await open(scene);
      const { bucket } = scene.place;
      const { alice } = scene.around;
      const id = scene.around.newCopyId();
      await bucket.remove(RECORD_OBJECT);
      await assert.rejects(store.stat(id), codeIs('unreachable'));
      await assert.rejects(store.scrub(id), codeIs('unreachable'));
      await assert.rejects(store.receive(id, alice.member, 1), codeIs('unreachable'));
      await found({ ...scene, disk: new MemoryDisk({ clock: scene.around.clock }) });
      await assert.rejects(store.stat(id), codeIs('refused'));
      await assert.rejects(store.receive(id, alice.member, 1), codeIs('refused'));
    }));

  test('a store is founded once, and never over copies', () =>
    withPlace(async (scene) => {
      await found(scene);
      await assert.rejects(found(scene), codeIs('already_exists'));
      const fresh = { ...scene, disk: new MemoryDisk({ clock: scene.around.clock }) };
      const { bucket } = scene.place;
      const key = copyObject(scene.around.newCopyId());
      await bucket.put({ key, bytes: new Uint8Array(1), over: 'new' });
      await bucket.remove(RECORD_OBJECT);
      await assert.rejects(found(fresh), codeIs('already_exists'));
    }));

  test('wrong keys are refused, a bucket that is not there is unreachable', async () => {
    await withPlace(
      async ({ place }) =>
        assert.rejects(place.bucket.get('x', { maxBytes: 1 }), codeIs('refused')),
      newPlace({ secretKey: 'another' }),
    );
    await withPlace(async ({ place }) => {
      const native = loadNative();
      const { bucket } = place;
      await assert.rejects(openBucketForReading({ bucket, native }), codeIs('unreachable'));
    });
  });

  test('D13: under object lock an order waits until the date', () =>
    withPlace(async ({ place }) => {
      const { bucket } = place;
      await bucket.ensure({ isLocked: true });
      const key = 'copies/locked';
      const retainUntilMs = systemClock.nowMs() + DAY_MS;
      await bucket.put({ key, bytes: new Uint8Array(10), over: 'new', retainUntilMs });
      await assert.rejects(bucket.remove(key), (error: unknown) => {
        assert.ok(error instanceof KuraError && error.code === 'busy');
        return Math.abs(Number(error.context.untilMs) - retainUntilMs) <= 1000;
      });
      assert.equal((await bucket.head(key))?.sizeBytes, 10);
    }));
});
