// Checks outer bytes against what was recorded when the copy was acknowledged. Whoever reads a
// copy does this before decrypting: the outer cipher itself notices nothing.
import { assert, equalBytes } from '@kura/base';
import { HASH_BYTES, treeHead } from '@kura/log/hash.ts';
import type { Bulk } from '@kura/native';

export interface LeafCheck {
  readonly bulk: Bulk;
  /** One SHA-256 per leaf of the whole copy, concatenated. */
  readonly leafHashes: Uint8Array;
  /** Also checks the table itself; leave it out if `checkLeafTable` has said yes already. */
  readonly root?: Uint8Array;
  readonly firstLeaf: number;
  readonly bytes: Uint8Array;
  readonly leafBytes: number;
}

/** The numbers of the leaves that are not what was recorded; empty if all are. */
export function verifyLeaves(check: LeafCheck): number[] {
  const { bulk, leafHashes, firstLeaf, bytes, leafBytes } = check;
  assert(bytes.length % leafBytes === 0, 'whole leaves are verified');
  const tableHolds = check.root === undefined || checkLeafTable(leafHashes, check.root);
  const bad: number[] = [];
  const hashes = new Uint8Array((bytes.length / leafBytes) * HASH_BYTES);
  bulk.sha256Each(bytes, leafBytes, hashes);
  for (let at = 0; at < hashes.length; at += HASH_BYTES) {
    const leaf = firstLeaf + at / HASH_BYTES;
    const wanted = leafHashes.subarray(leaf * HASH_BYTES, (leaf + 1) * HASH_BYTES);
    if (!tableHolds || !equalBytes(hashes.subarray(at, at + HASH_BYTES), wanted)) bad.push(leaf);
  }
  return bad;
}

/** True if these are the leaf hashes under `root`. */
export function checkLeafTable(leafHashes: Uint8Array, root: Uint8Array): boolean {
  if (leafHashes.length === 0 || leafHashes.length % HASH_BYTES !== 0) return false;
  return equalBytes(treeHead(leafHashes), root);
}
