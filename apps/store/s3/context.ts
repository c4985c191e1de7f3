// What the verbs of one bucket share: which store it is, and how long its copies are.
import { type CopyId, KuraError } from '@kura/base';
import type { Bulk } from '@kura/native';
import { decodeRecord, MAX_RECORD_BYTES, type ShelfRecord } from '../identity.ts';
import { checkIdentity } from '../presence.ts';
import { ShelfArithmetic } from '../shelf/arithmetic.ts';
import type { ShelfGeometry } from '../shelf/layout.ts';
import type { Bucket, FoundObject } from './bucket.ts';
import { RECORD_OBJECT } from './bucket-names.ts';

/** Lengths that are remembered: a copy keeps its length, and a fetch then needs no question more. */
const MAX_GEOMETRIES = 10_000;

export class BucketContext extends ShelfArithmetic {
  readonly bucket: Bucket;
  readonly record: ShelfRecord;
  readonly #geometries = new Map<CopyId, ShelfGeometry>();

  constructor(options: {
    readonly bucket: Bucket;
    readonly bulk: Bulk;
    readonly record: ShelfRecord;
  }) {
    super(options.bulk, options.record.shape);
    this.bucket = options.bucket;
    this.record = options.record;
  }

  /** Throws `unreachable` or `refused` unless the store that was opened still stands there. */
  async checkPresent(): Promise<void> {
    const { record } = await readBucketRecord(this.bucket);
    checkIdentity(record.identity, this.record.identity);
  }

  /** Says that a copy is missing, once the store is known to be there. */
  async missing(copyId: CopyId): Promise<never> {
    this.forget(copyId);
    await this.checkPresent();
    throw new KuraError('missing', `copy ${copyId} is not at this store`, {
      context: { store: this.record.identity.storeId, copy: copyId },
    });
  }

  geometryOf(copyId: CopyId): ShelfGeometry | undefined {
    return this.#geometries.get(copyId);
  }

  remember(copyId: CopyId, geometry: ShelfGeometry): void {
    if (this.#geometries.size >= MAX_GEOMETRIES) this.#geometries.clear();
    this.#geometries.set(copyId, geometry);
  }

  forget(copyId: CopyId): void {
    this.#geometries.delete(copyId);
  }
}

export interface BucketRecord {
  readonly record: ShelfRecord;
  readonly object: FoundObject;
}

/** The record of the store in a bucket. `unreachable` if there is none, `corrupt` if it is damaged. */
export async function readBucketRecord(bucket: Bucket): Promise<BucketRecord> {
  const object = await bucket.get(RECORD_OBJECT, { maxBytes: MAX_RECORD_BYTES });
  if (object !== undefined) return { record: decodeRecord(object.bytes), object };
  throw new KuraError('unreachable', `there is no store in bucket ${bucket.name}`, {
    guidance: 'Check the name of the bucket, or take the store for lost.',
  });
}
