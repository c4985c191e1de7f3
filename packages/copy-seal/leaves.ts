// Checks outer bytes against what was recorded when the copy was acknowledged. Whoever reads a
// copy does this before decrypting: the outer cipher itself notices nothing.
import { assert, equalBytes } from '@kura/base';
import { HASH_BYTES, treeHead } from '@kura/log';
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
  const hash = new Uint8Array(HASH_BYTES);
  for (let index = 0; index * leafBytes < bytes.length; index++) {
    const leaf = firstLeaf + index;
    const wanted = leafHashes.subarray(leaf * HASH_BYTES, (leaf + 1) * HASH_BYTES);
    bulk.sha256(bytes.subarray(index * leafBytes, (index + 1) * leafBytes), hash);
    if (!tableHolds || !equalBytes(hash, wanted)) bad.push(leaf);
  }
  return bad;
}

/** True if these are the leaf hashes under `root`. */
export function checkLeafTable(leafHashes: Uint8Array, root: Uint8Array): boolean {
  if (leafHashes.length === 0 || leafHashes.length % HASH_BYTES !== 0) return false;
  return equalBytes(treeHead(leafHashes), root);
}
