// Opens the shelf that a configuration names: a folder, or a bucket.
import { GIB, KIB, KuraError, must, SECOND_MS, type StoreId } from '@kura/base';
import type { StoreKeeperPort } from '@kura/contract';
import type { ReaderConfig, StoreConfig } from '@kura/daemon';
import { openOutsideClient } from '@kura/wire/outside/outside-client.ts';
import type { ClosingBook } from '../closing/closing-book.ts';
import type { FindingBook } from '../findings/finding-book.ts';
import { openFolderShelf } from '../folder-shelf.ts';
import type { ShelfRecord } from '../identity.ts';
import type { Owners } from '../owners/owners.ts';
import { readSeed, readShelf } from '../presence.ts';
import { openShelfForReading, type ReadableShelf } from '../reader/open-shelf.ts';
import { Bucket } from '../s3/bucket.ts';
import { readBucketRecord } from '../s3/context.ts';
import { openBucketForReading } from '../s3/read.ts';
import { openBucketShelf } from '../s3/s3-shelf.ts';
import { readSmallFile } from '../small-file.ts';
import type { StoreSurroundings } from './surroundings.ts';

type ShelfConfig = StoreConfig['shelf'];

const MAX_KEY_FILE_BYTES = 4 * KIB;
const BUCKET_CONNECTIONS = 32;
const BUCKET_DEADLINE_MS = 30 * SECOND_MS;

export interface OpenedShelf {
  readonly keeper: StoreKeeperPort;
  readonly record: ShelfRecord;
  /** Ed25519 seed of the store. */
  readonly seed: Uint8Array;
  /** What was found wrong with its copies. */
  readonly findings: FindingBook;
  close(): void;
}

export interface KeeperParts {
  readonly withOwners: (own: Owners, record: ShelfRecord) => Owners;
  readonly closings: ClosingBook;
  readonly storeKeys: ReadonlyMap<StoreId, Uint8Array>;
  /** For a bucket: a folder keeps them itself. */
  readonly findings: FindingBook;
}

/** Throws what opening that kind of shelf throws. */
export async function openShelf(
  config: Pick<StoreConfig, 'shelf' | 'store'>,
  { withOwners, storeKeys, findings, closings }: KeeperParts,
  surroundings: StoreSurroundings,
): Promise<OpenedShelf> {
  const { disk, native, clock, random } = surroundings;
  const { shelf } = config;
  if (shelf.kind === 'folder') {
    const record = readShelf(disk, shelf.path);
    const keeper = openFolderShelf({
      ...{ disk, native, clock, random, storeKeys, closings },
      folder: shelf.path,
      expected: record.identity,
      withOwners: (own) => withOwners(own, record),
    });
    const seed = readSeed(disk, shelf.path, record.identity);
    return { keeper, record, seed, findings: keeper.findings, close: () => undefined };
  }
  const { bucket, close } = openBucket(shelf, surroundings);
  const { record } = await readBucketRecord(bucket);
  const seed = readSeed(disk, shelf.path, record.identity);
  const keeper = await openBucketShelf({
    ...{ bucket, seed, native, storeKeys, findings, closings, clock, random },
    capacityBytes: config.store.capacityGib * GIB,
    expected: record.identity,
    withOwners: (own) => withOwners(own, record),
  });
  return { keeper, record, seed, findings, close };
}

export interface OpenedForReading {
  readonly shelf: ReadableShelf;
  close(): void;
}

/** The same shelf for a reader: nothing of the store's key is looked at. */
export async function openReadable(
  shelf: ReaderConfig['shelf'],
  surroundings: StoreSurroundings,
): Promise<OpenedForReading> {
  const { disk, native, clock, random } = surroundings;
  if (shelf.kind === 'folder') {
    const options = { disk, folder: shelf.path, native, clock, random };
    return { shelf: openShelfForReading(options), close: () => undefined };
  }
  const { bucket, close } = openBucket(shelf, surroundings);
  return { shelf: await openBucketForReading({ bucket, native }), close };
}

/** The bucket that a configuration names, which has been checked to name one. */
export function openBucket(
  shelf: ShelfConfig,
  { disk, clock, random }: StoreSurroundings,
): { readonly bucket: Bucket; close(): void } {
  const secret = (path: string | undefined): string => {
    const file = must(path, 'a bucket has keys');
    const bytes = readSmallFile(disk, file, MAX_KEY_FILE_BYTES);
    if (bytes !== undefined) return Buffer.from(bytes).toString('utf8').trim();
    throw new KuraError('missing', `${file}, a key of the bucket, is not there`);
  };
  const client = openOutsideClient({
    connections: BUCKET_CONNECTIONS,
    deadlineMs: BUCKET_DEADLINE_MS,
    clock,
  });
  const bucket = new Bucket({
    endpoint: must(shelf.endpoint, 'a bucket has an endpoint'),
    bucket: must(shelf.bucket, 'a bucket has a name'),
    region: shelf.region,
    accessKey: secret(shelf.accessKeyFile),
    secretKey: secret(shelf.secretKeyFile),
    ...{ client, clock, random },
  });
  return { bucket, close: () => client.close() };
}
