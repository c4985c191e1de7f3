// Goal: a store in a bucket behaves like every other store, against a real object store (issue rows: S3 shelf).
import { describe, test } from 'node:test';
import { type CopyId, must, SMALL_SHAPE } from '@kura/base';
import { loadNative } from '@kura/native';
import { readSeed } from '@kura/store/presence.ts';
import type { Bucket } from '@kura/store/s3/bucket.ts';
import { copyObject } from '@kura/store/s3/bucket-names.ts';
import { foundBucketShelf } from '@kura/store/s3/found-bucket.ts';
import { openBucketShelf } from '@kura/store/s3/s3-shelf.ts';
import { leafPosition } from '@kura/store/shelf/layout.ts';
import { MemoryDisk, storeConformance } from '@kura/testing';
import { newPlace, SKIPPED } from './server.ts';

const shape = SMALL_SHAPE;
const KEY_FOLDER = '/state';
const MAX_FILE_BYTES = 1024 * 1024;

function never(): () => void {
  return () => undefined;
}

/** Changes a byte within each of these leaves, as rot would: over the object that is there. */
async function damage(bucket: Bucket, id: CopyId, leaves: readonly number[]): Promise<void> {
  const key = copyObject(id);
  const { bytes, etag } = must(await bucket.get(key, { maxBytes: MAX_FILE_BYTES }), 'the copy');
  for (const leaf of leaves) {
    const at = leafPosition(shape.leafBytes, leaf) + 17;
    bytes[at] = ~must(bytes[at], 'a byte');
  }
  await bucket.put({ key, bytes, over: { etag } });
}

if (SKIPPED === false) {
  storeConformance('a bucket', async (founding) => {
    const { bucket, client } = newPlace();
    const { random, ownerKeys, coordinatorKey, storeKeys } = founding;
    const disk = new MemoryDisk({ clock: founding.clock });
    const place = { city: 'tokyo', lat: 35.68, lon: 139.69, powerArea: 'JP-50' };
    const fields = { bucket, disk, keyFolder: KEY_FOLDER, place, suite: 'aes-256-ctr', shape };
    const identity = await foundBucketShelf({ ...fields, ownerKeys, coordinatorKey, random });
    // Nothing waits here: eight copies may come in at once, and no test sends as many.
    const { clock: given } = founding;
    const clock = {
      nowMs: () => given.nowMs(),
      elapsedMs: () => given.elapsedMs(),
      after: never,
    };
    const store = await openBucketShelf({
      bucket,
      seed: readSeed(disk, KEY_FOLDER, identity),
      native: loadNative(),
      capacityBytes: 1024 * MAX_FILE_BYTES,
      storeKeys,
      clock,
      random,
    });
    return {
      store,
      shape,
      damage: (id, leaves) => damage(bucket, id, leaves),
      canHeal: true,
      dispose: () => client.close(),
    };
  });
} else {
  describe('a store: a bucket', () => test('conformance', { skip: SKIPPED }));
}
