// Founds a shelf in a folder: draws the store's identity and writes its record last, so that a
// folder is a store only when everything it needs is durable. Never founds over anything that may
// be one already.
import { dirname } from 'node:path';
import {
  asKuraError,
  type Clock,
  type Disk,
  KuraError,
  type MemberId,
  type NetworkShape,
  type Random,
  storeId,
  toHex,
  utf8,
} from '@kura/base';
import { ed25519PublicKey, type StoreIdentity, type StorePlace } from '@kura/contract';
import { decodeRecord, encodeRecord, type ShelfRecord } from './identity.ts';
import { syncFolder, type WritePlace, writeDurably } from './shelf/durable-write.ts';
import { FAN_OUT, fanOutName, type ShelfPaths, shelfPaths } from './shelf/layout.ts';
import { systemProcesses } from './shelf/sweep.ts';

const SEED_BYTES = 32;
const STORE_ID_BYTES = 16;

/** What a store is from its first moment on, whatever its shelf is made of. */
export interface NewStore {
  readonly place: StorePlace;
  /** The cipher that copies here are under. */
  readonly suite: string;
  readonly shape: NetworkShape;
  readonly ownerKeys: ReadonlyMap<MemberId, Uint8Array>;
  readonly coordinatorKey: Uint8Array;
  readonly random: Random;
  /** Greater than before when a known store begins again with nothing. */
  readonly inventoryEpoch?: number;
}

export interface FoundShelfOptions extends NewStore {
  readonly disk: Disk;
  readonly folder: string;
  readonly clock: Clock;
  readonly processId?: number;
}

/** Draws a store's identity and its key. Throws `usage` for what could not be read back. */
export function drawStore(store: NewStore): {
  readonly record: ShelfRecord;
  readonly seed: Uint8Array;
} {
  const { random } = store;
  const seed = random.bytes(SEED_BYTES);
  const record = checkedRecord({
    identity: {
      storeId: storeId(toHex(random.bytes(STORE_ID_BYTES))),
      publicKey: ed25519PublicKey(seed),
      suite: store.suite,
      place: store.place,
      inventoryEpoch: store.inventoryEpoch ?? 1,
    },
    shape: store.shape,
    owners: store.ownerKeys,
    coordinatorKey: store.coordinatorKey,
  });
  return { record, seed };
}

/** Throws `already_exists` if the folder is a store, or may be what is left of one. */
export async function foundShelf(options: FoundShelfOptions): Promise<StoreIdentity> {
  const { disk, folder, random } = options;
  const paths = shelfPaths(folder);
  const { record, seed } = drawStore(options);
  try {
    refuseTaken(disk, paths);
    const processId = options.processId ?? systemProcesses.id;
    const place: WritePlace = { disk, incoming: paths.incoming, processId, random };
    await makeFolders(disk, paths);
    // Left by a founding that never ended: nobody has seen that key.
    if (disk.stat(paths.key) !== undefined) disk.unlink(paths.key);
    await writeDurably(place, { path: paths.key, bytes: utf8(`${toHex(seed)}\n`) });
    await writeDurably(place, { path: paths.record, bytes: encodeRecord(record) });
  } catch (error) {
    throw asKuraError(error, `no store could be founded in ${folder}`);
  }
  return record.identity;
}

/** What cannot be read back must not be written. */
function checkedRecord(record: ShelfRecord): ShelfRecord {
  try {
    return decodeRecord(encodeRecord(record));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new KuraError('usage', `no store can be founded so: ${why}`, { cause: error });
  }
}

function refuseTaken(disk: Disk, paths: ShelfPaths): void {
  const refuse = (what: string): never => {
    throw new KuraError('already_exists', `${paths.folder} ${what}`, {
      guidance: 'Choose an empty folder, or use the store that is there.',
    });
  };
  if (disk.stat(paths.record) !== undefined) refuse('is a store already');
  if (disk.stat(paths.copies) === undefined) return;
  for (const { name } of disk.list(paths.copies)) {
    if (disk.list(`${paths.copies}/${name}`).length > 0) refuse('holds copies of a store');
  }
}

/** Every new folder is made durable in its parent, from the outermost one inwards. */
async function makeFolders(disk: Disk, paths: ShelfPaths): Promise<void> {
  const outer: string[] = [];
  for (let path = paths.folder; disk.stat(path) === undefined; path = dirname(path)) {
    outer.unshift(dirname(path));
  }
  for (const path of [paths.folder, paths.incoming, paths.quarantine, paths.copies]) {
    disk.makeFolder(path);
  }
  for (let byte = 0; byte < FAN_OUT; byte++) {
    disk.makeFolder(`${paths.copies}/${fanOutName(byte)}`);
  }
  for (const path of [...outer, paths.copies, paths.folder]) await syncFolder(disk, path);
}
