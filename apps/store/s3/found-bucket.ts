// Founds a store in a bucket, which is made if it is not there: its key on the machine first, then the record
// in the bucket, which makes it a store. Never founds over anything that may be one already.
import { asKuraError, type Disk, KuraError, toHex, utf8 } from '@kura/base';
import type { StoreIdentity } from '@kura/contract';
import { drawStore, type NewStore } from '../found.ts';
import { encodeRecord } from '../identity.ts';
import { syncFolder, writeDurably } from '../shelf/durable-write.ts';
import { shelfPaths } from '../shelf/layout.ts';
import { systemProcesses } from '../shelf/sweep.ts';
import type { Bucket } from './bucket.ts';
import { COPIES_PREFIX, RECORD_OBJECT } from './bucket-names.ts';
import { checkConditions } from './conditions.ts';

export interface FoundBucketOptions extends NewStore {
  readonly bucket: Bucket;
  readonly disk: Disk;
  /** Where `identity.key` is kept: the store's state, on its own machine. */
  readonly keyFolder: string;
  /** A bucket that is made for the store gets object lock. */
  readonly isLocked?: boolean;
}

/** Throws `already_exists` if the bucket holds a store, or the folder the key of one. */
export async function foundBucketShelf(options: FoundBucketOptions): Promise<StoreIdentity> {
  const { bucket, disk, keyFolder, random } = options;
  const { record, seed } = drawStore(options);
  const { key, incoming } = shelfPaths(keyFolder);
  await bucket.ensure({ isLocked: options.isLocked ?? false });
  await checkConditions(bucket, random);
  if (!(await isEmpty(bucket)))
    refuseTaken(`bucket ${bucket.name} holds a store, or copies of one`);
  try {
    disk.makeFolder(incoming);
    await syncFolder(disk, keyFolder);
    if (disk.stat(key) !== undefined) refuseTaken(`${keyFolder} holds the key of a store`);
    const place = { disk, incoming, processId: systemProcesses.id, random };
    await writeDurably(place, { path: key, bytes: utf8(`${toHex(seed)}\n`) });
  } catch (error) {
    throw asKuraError(error, `no key could be kept in ${keyFolder}`);
  }
  const put = { key: RECORD_OBJECT, bytes: encodeRecord(record), over: 'new' } as const;
  if ((await bucket.put(put)) === 'stored') return record.identity;
  return refuseTaken(`bucket ${bucket.name} holds a store`);
}

async function isEmpty(bucket: Bucket): Promise<boolean> {
  if ((await bucket.head(RECORD_OBJECT)) !== undefined) return false;
  for await (const _copy of bucket.list(COPIES_PREFIX)) return false;
  return true;
}

function refuseTaken(what: string): never {
  throw new KuraError('already_exists', `no store is founded: ${what}`, {
    guidance:
      'Choose an empty bucket and folder; a key without a store is left by a founding that broke off.',
  });
}
