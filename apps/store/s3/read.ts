// The reading half of a shelf in a bucket; all that a reader process has of it.
import type { CopyId, MemberId, NetworkShape } from '@kura/base';
import { KuraError } from '@kura/base';
import type { CopyStat, StoreIdentity } from '@kura/contract';
import type { Native } from '@kura/native';
import type { ShelfRecord } from '../identity.ts';
import { checkIdentity, type ExpectedStore } from '../presence.ts';
import type { ReadableShelf } from '../reader/open-shelf.ts';
import { checkRoom, checkWindows } from '../shelf/fetch.ts';
import { leafRuns } from '../shelf/layout.ts';
import type { Bucket } from './bucket.ts';
import { copyObject } from './bucket-names.ts';
import { BucketContext, readBucketRecord } from './context.ts';
import { type ObjectTable, readObjectTable } from './open-object.ts';

export interface ReadBucketOptions {
  readonly bucket: Bucket;
  readonly native: Pick<Native, 'bulk'>;
  readonly expected?: ExpectedStore;
}

/** Throws `unreachable`, `refused` or `corrupt`. Writes nothing: keys that may only read are enough. */
export async function openBucketForReading(options: ReadBucketOptions): Promise<ReadableShelf> {
  const { bucket, native, expected } = options;
  const { record } = await readBucketRecord(bucket);
  if (expected !== undefined) checkIdentity(record.identity, expected);
  return new BucketReader(new BucketContext({ bucket, bulk: native.bulk, record }));
}

export class BucketReader implements ReadableShelf {
  readonly #context: BucketContext;

  constructor(context: BucketContext) {
    this.#context = context;
  }

  get identity(): StoreIdentity {
    return this.#context.record.identity;
  }

  get record(): ShelfRecord {
    return this.#context.record;
  }

  get shape(): NetworkShape {
    return this.#context.shape;
  }

  async fetch(
    copyId: CopyId,
    firstLeaf: number,
    leafCount: number,
    into: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const { shape } = this.#context;
    checkRoom(shape, leafCount, into);
    const geometry = this.#context.geometryOf(copyId) ?? (await this.#table(copyId)).geometry;
    checkWindows(shape, geometry.leafCount, { firstLeaf, leafCount });
    await readObjectRun(this.#context, copyId, { firstLeaf, into, signal });
  }

  async stat(copyId: CopyId): Promise<CopyStat> {
    const { geometry, table } = await this.#table(copyId);
    const { root, leafHashes } = table;
    return { copyId, leafCount: geometry.leafCount, root, leafHashes };
  }

  async memberOf(copyId: CopyId): Promise<MemberId> {
    return (await this.#table(copyId)).table.memberId;
  }

  async #table(copyId: CopyId): Promise<ObjectTable> {
    const found = await readObjectTable(this.#context, copyId);
    this.#context.remember(copyId, found.geometry);
    return found;
  }
}

export interface ObjectRun {
  readonly firstLeaf: number;
  /** Room for whole leaves. */
  readonly into: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** Leaves of a copy that is known to have them. Parity of other groups is not asked for: one request per group. */
export async function readObjectRun(
  context: BucketContext,
  copyId: CopyId,
  { firstLeaf, into, signal }: ObjectRun,
): Promise<void> {
  for (const { position, part } of leafRuns(context.shape.leafBytes, firstLeaf, into)) {
    const range = { first: position, count: part.length };
    const options = { range, maxBytes: part.length };
    const found = await context.bucket.get(copyObject(copyId), options, signal);
    if (found === undefined) return context.missing(copyId);
    if (found.bytes.length !== part.length) {
      throw new KuraError('corrupt', `copy ${copyId} ends too early`);
    }
    part.set(found.bytes);
  }
}
