// A leaf's bytes and its way to the root of its copy: with the root that the store acknowledged, anyone sees whether
// it is the leaf that was entrusted. How answer and leaves travel together is here as well.
import { ByteReader, concatBytes, equalBytes, KuraError } from '@kura/base';
import { hashEntry } from '@kura/log/hash.ts';
import { verifyInclusion } from '@kura/log/merkle-tree.ts';
import { MAX_LEAF_ANSWER_BYTES } from './leaf-answer.ts';
import { MAX_CHALLENGE_LEAVES, sha256 } from './leaf-challenge.ts';
import { HASH_BYTES } from './store-word.ts';

/** Hashes from a leaf of 4,096 to the root. */
export const MAX_PATH_HASHES = 12;
/** Of all leaves of one answer: 256 of the standard size. */
export const MAX_EVIDENCE_BYTES = 16 * 1024 * 1024;

export interface LeafEvidence {
  /** Number of the item in the answer. */
  readonly index: number;
  /** As it lies there; may be reused once whoever takes it is done. */
  readonly bytes: Uint8Array;
  /** Inclusion proof of the leaf's hash; empty if the store has no table left to make one from. */
  readonly path: readonly Uint8Array[];
}

export type TakeEvidence = (evidence: LeafEvidence) => Promise<void>;

/** The copy as it was acknowledged. */
export interface EntrustedCopy {
  readonly leafCount: number;
  readonly root: Uint8Array;
}

/** True if these bytes are leaf `leaf` of that copy. */
export function isEntrustedLeaf(
  { bytes, path }: Pick<LeafEvidence, 'bytes' | 'path'>,
  leaf: number,
  { leafCount, root }: EntrustedCopy,
): boolean {
  const entryHash = hashEntry(sha256(bytes));
  return verifyInclusion({ index: leaf, size: leafCount, entryHash, proof: path, head: root });
}

const MAX_PIECE_HEAD_BYTES = 1 + MAX_PATH_HASHES * HASH_BYTES;
/** An answer as it travels, with all that travels beside it. */
export const MAX_CARRIED_ANSWER_BYTES =
  4 + MAX_LEAF_ANSWER_BYTES + MAX_CHALLENGE_LEAVES * MAX_PIECE_HEAD_BYTES + MAX_EVIDENCE_BYTES;

/** `u32 n ‖ n bytes answer`; the leaves that were read follow in the order of the answer. */
export function carriedAnswer(signed: Uint8Array): Uint8Array {
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, signed.length, true);
  return concatBytes(head, signed);
}

/** `u8 n ‖ n × 32 path ‖ leaf`. */
export function carriedLeaf({ bytes, path }: Pick<LeafEvidence, 'bytes' | 'path'>): Uint8Array {
  return concatBytes(Uint8Array.of(path.length), ...path, bytes);
}

export interface CarriedAnswer {
  readonly signed: Uint8Array;
  /** The rest, to be read with `readCarriedLeaf`. */
  readonly leaves: ByteReader;
}

/** Throws `corrupt`. */
export function readCarriedAnswer(bytes: Uint8Array): CarriedAnswer {
  const leaves = new ByteReader(bytes, 'leaf answer');
  const length = leaves.u32();
  if (length > MAX_LEAF_ANSWER_BYTES) leaves.fail('it is too long');
  return { signed: leaves.raw(length), leaves };
}

/** The next leaf; its bytes are a view. Throws `corrupt` unless it is what the answer's hash says. */
export function readCarriedLeaf(
  leaves: ByteReader,
  { hash, leafBytes }: { readonly hash: Uint8Array; readonly leafBytes: number },
): Pick<LeafEvidence, 'bytes' | 'path'> {
  const count = leaves.u8();
  if (count > MAX_PATH_HASHES) leaves.fail('a path in it is too long');
  const path = Array.from({ length: count }, () => leaves.raw(HASH_BYTES).slice());
  const bytes = leaves.raw(leafBytes);
  if (equalBytes(sha256(bytes), hash)) return { bytes, path };
  throw new KuraError('corrupt', 'a leaf is not what the store signed for');
}
