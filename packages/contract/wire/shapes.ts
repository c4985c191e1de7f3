// Shapes of what several endpoints carry: ids, acknowledgements, leaf tables, identities.
import {
  copyId,
  MAX_COPIES,
  MAX_STORES,
  memberId,
  packId,
  sessionId,
  snapshotId,
  storeId,
} from '@kura/base';
import { bytes, hexId, list, real, record, text, timeMs, whole } from './shape.ts';

export const packIdShape = hexId(packId, { hexLength: 64 });
export const copyIdShape = hexId(copyId, { hexLength: 64 });
export const snapshotIdShape = hexId(snapshotId, { hexLength: 64 });
export const storeIdShape = hexId(storeId, { hexLength: 32 });
export const memberIdShape = hexId(memberId, { hexLength: 32 });
export const sessionIdShape = hexId(sessionId, { hexLength: 32 });

const HASH_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Of any shape of network: the most leaves that a pack may have. */
export const MAX_PACK_LEAVES = 4096;
/** Leaves are at most 1 MiB, packs of a standard network 16 MiB. */
export const MAX_PACK_BYTES = 16 * 1024 * 1024;

export const hash = bytes({ min: HASH_BYTES, max: HASH_BYTES });
export const publicKey = bytes({ min: HASH_BYTES, max: HASH_BYTES });
export const signature = bytes({ min: SIGNATURE_BYTES, max: SIGNATURE_BYTES });
export const leafCount = whole({ min: 1, max: MAX_PACK_LEAVES });
export const leafHashes = bytes({ min: HASH_BYTES, max: MAX_PACK_LEAVES * HASH_BYTES });
const reason = text({ maxLength: 1024 });

export const acknowledgement = record({
  storeId: storeIdShape,
  copyId: copyIdShape,
  leafCount,
  root: hash,
  timeMs,
  signature,
});

/** What a store answers to a whole copy: signed, with the leaf table that leads to the root. */
export const acknowledgedCopy = record({ acknowledgement, leafHashes });

export const storedCopy = record({ acknowledgement, reason, leafHashes });

export const packRecord = record({
  packId: packIdShape,
  leafCount,
  copies: list(storedCopy, { maxItems: MAX_COPIES }),
  failures: list(record({ storeId: storeIdShape, why: reason }), { maxItems: MAX_STORES }),
});

export const storeIdentity = record({
  storeId: storeIdShape,
  publicKey,
  suite: text({ maxLength: 64 }),
  place: record({
    city: text({ maxLength: 128 }),
    lat: real({ min: -90, max: 90 }),
    lon: real({ min: -180, max: 180 }),
    powerArea: text({ maxLength: 128 }),
  }),
  inventoryEpoch: whole({ min: 1, max: Number.MAX_SAFE_INTEGER }),
});
