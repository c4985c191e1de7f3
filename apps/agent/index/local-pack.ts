// The form of a pack that is kept at home: its sealed leaves, then one SHA-256 per leaf. A cache that nothing
// syncs: a power cut may leave any bytes in it, so whoever reads leaves compares them with their hashes, and
// asks the stores if they differ. The hashes say nothing about who wrote them; the seal does that.
import { type Disk, equalBytes, type NetworkShape } from '@kura/base';
import type { Bulk } from '@kura/native';

export const LEAF_HASH_BYTES = 32;

export interface LocalPackPlace {
  readonly disk: Disk;
  /** Where packs lie at home, each under its id. */
  readonly folder: string;
  readonly shape: NetworkShape;
  readonly bulk: Bulk;
}

export interface LocalLeaves {
  readonly packId: string;
  /** Of the pack. */
  readonly leafCount: number;
  readonly firstLeaf: number;
}

export function hashLeaves({ shape, bulk }: LocalPackPlace, leaves: Uint8Array): Uint8Array {
  const hashes = new Uint8Array((leaves.length / shape.leafBytes) * LEAF_HASH_BYTES);
  bulk.sha256Each(leaves, shape.leafBytes, hashes);
  return hashes;
}

/** Fills `into` with whole leaves; false if the pack is not here, or not as it was written. */
export function readLocalLeaves(
  place: LocalPackPlace,
  { packId, leafCount, firstLeaf }: LocalLeaves,
  into: Uint8Array,
): boolean {
  const { disk, folder, shape } = place;
  const path = `${folder}/${packId}`;
  try {
    const wanted = leafCount * (shape.leafBytes + LEAF_HASH_BYTES);
    if (disk.stat(path)?.sizeBytes !== wanted) return false;
    const file = disk.openRead(path);
    try {
      if (file.read(into, firstLeaf * shape.leafBytes) !== into.length) return false;
      const hashes = new Uint8Array((into.length / shape.leafBytes) * LEAF_HASH_BYTES);
      const hashesAt = leafCount * shape.leafBytes + firstLeaf * LEAF_HASH_BYTES;
      if (file.read(hashes, hashesAt) !== hashes.length) return false;
      return equalBytes(hashes, hashLeaves(place, into));
    } finally {
      file.close();
    }
  } catch {
    // A cache that cannot be read is a cache that is not there: the stores have every leaf.
    return false;
  }
}
