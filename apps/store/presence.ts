// Is the store there, and is it the one we mean? A folder that was unmounted, emptied or
// exchanged must never pass for a store that merely lacks a copy, and nothing here ever creates
// what is missing.
import {
  type Disk,
  equalBytes,
  fromHex,
  KuraError,
  type NetworkShape,
  type StoreId,
} from '@kura/base';
import { ed25519PublicKey, type StoreIdentity } from '@kura/contract';
import { decodeRecord, MAX_RECORD_BYTES, type ShelfRecord } from './identity.ts';
import { shelfPaths } from './shelf/layout.ts';
import { readSmallFile } from './small-file.ts';

const SEED_BYTES = 32;
const RECONNECT = 'Connect or mount the disk it lies on, or take the store for lost.';

/**
 * The record of the store in `folder`. `unreachable` if there is none, `corrupt` if it is
 * damaged.
 */
export function readShelf(disk: Disk, folder: string): ShelfRecord {
  const paths = shelfPaths(folder);
  const bytes = readSmallFile(disk, paths.record, MAX_RECORD_BYTES);
  if (bytes !== undefined) return decodeRecord(bytes);
  const exists = isThere(disk, folder);
  throw new KuraError(
    'unreachable',
    exists
      ? `there is no store in ${folder} any more`
      : `the store's folder ${folder} is not there`,
    { guidance: RECONNECT },
  );
}

function isThere(disk: Disk, path: string): boolean {
  try {
    return disk.stat(path) !== undefined;
  } catch {
    return false; // a folder that cannot even be looked at is not there for us
  }
}

/** What a caller must know to recognise a store. */
export type ExpectedStore = Pick<StoreIdentity, 'storeId' | 'publicKey' | 'inventoryEpoch'>;

/** Throws `refused` if another store, or another age of this one, stands in its place. */
export function checkIdentity(found: StoreIdentity, expected: ExpectedStore): void {
  const refuse = (why: string): never => {
    throw new KuraError('refused', `store ${expected.storeId} is not what stands there: ${why}`, {
      guidance: 'Treat its copies as lost, or put the right disk back.',
      context: { expected: expected.storeId, found: found.storeId },
    });
  };
  if (found.storeId !== expected.storeId) refuse('it is another store');
  if (!equalBytes(found.publicKey, expected.publicKey)) refuse('it has another key');
  if (found.inventoryEpoch < expected.inventoryEpoch) refuse('its inventory is an older one');
  if (found.inventoryEpoch > expected.inventoryEpoch) refuse('it was founded anew');
}

/** Throws `refused` unless the store in `where` was founded for this shape of network. */
export function checkShape(found: NetworkShape, wanted: NetworkShape, where: string): void {
  const isSame =
    found.leafBytes === wanted.leafBytes &&
    found.windowLeaves === wanted.windowLeaves &&
    found.packLeaves.join() === wanted.packLeaves.join();
  if (isSame) return;
  throw new KuraError('refused', `the store in ${where} was founded for another network`, {
    guidance: 'A shelf holds copies of one shape of network only.',
  });
}

/**
 * The store's signing seed. `refused` if it is not the half of the public key that everyone
 * knows.
 */
export function readSeed(disk: Disk, folder: string, identity: StoreIdentity): Uint8Array {
  const bytes = readSmallFile(disk, shelfPaths(folder).key, MAX_RECORD_BYTES);
  const refuse = (why: string): never => {
    throw new KuraError('refused', `store ${identity.storeId} cannot sign: ${why}`, {
      guidance: 'Its copies can be read; put identity.key back to store new ones.',
    });
  };
  if (bytes === undefined) return refuse('its key is not there');
  const text = Buffer.from(bytes).toString('latin1').trim();
  if (!/^[0-9a-f]{64}$/.test(text)) return refuse('its key is damaged');
  const seed = fromHex(text);
  if (seed.length !== SEED_BYTES || !equalBytes(ed25519PublicKey(seed), identity.publicKey)) {
    return refuse('its key is another one');
  }
  return seed;
}

export type StoreKeys = ReadonlyMap<StoreId, Uint8Array>;
