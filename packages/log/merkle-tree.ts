// The tree of a log: it only grows, knows its head at every size it ever had, and proves that an entry is
// in it and that a later head continues an earlier one (RFC 6962). It keeps hashes only, never entries, and
// is rebuilt from stored entry hashes. In memory: 64 bytes per entry.
import { assert, equalBytes, must } from '@kura/base';
import { emptyHead, HASH_BYTES, hashEntry, hashNode } from './hash.ts';
import {
  consistencyRanges,
  type EntryRange,
  inclusionRanges,
  nodesOfRange,
} from './proof-ranges.ts';

/** Hashes of equal size in one growing block; a log of a million entries is not a million arrays. */
class HashList {
  #bytes = new Uint8Array(8 * HASH_BYTES);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push(hash: Uint8Array): void {
    const at = this.#count * HASH_BYTES;
    if (at === this.#bytes.length) {
      const grown = new Uint8Array(2 * at);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(hash, at);
    this.#count++;
  }

  at(index: number): Uint8Array {
    assert(index >= 0 && index < this.#count, 'a node that is not there');
    return this.#bytes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }

  all(): Uint8Array {
    return this.#bytes.slice(0, this.#count * HASH_BYTES);
  }
}

export class MerkleTree {
  /** levels[k]: the hashes of all complete subtrees of 2^k entries, from the left. */
  readonly #levels: HashList[] = [new HashList()];

  /** The tree whose entries had these hashes (`entryHashes` of it), 32 bytes each, concatenated. */
  static fromEntryHashes(hashes: Uint8Array): MerkleTree {
    assert(hashes.length % HASH_BYTES === 0, 'entry hashes are 32 bytes each');
    const tree = new MerkleTree();
    for (let at = 0; at < hashes.length; at += HASH_BYTES) {
      tree.appendHash(hashes.subarray(at, at + HASH_BYTES));
    }
    return tree;
  }

  get size(): number {
    return this.#level(0).count;
  }

  /** Adds an entry of any length; returns its index. */
  append(entry: Uint8Array): number {
    return this.appendHash(hashEntry(entry));
  }

  /** Adds an entry of which only the hash is known; returns its index. */
  appendHash(entryHash: Uint8Array): number {
    assert(entryHash.length === HASH_BYTES, 'an entry hash is 32 bytes');
    const index = this.size;
    this.#level(0).push(entryHash);
    for (let level = 0; this.#level(level).count % 2 === 0; level++) {
      const below = this.#level(level);
      const node = hashNode(below.at(below.count - 2), below.at(below.count - 1));
      if (level + 1 === this.#levels.length) this.#levels.push(new HashList());
      this.#level(level + 1).push(node);
    }
    return index;
  }

  entryHash(index: number): Uint8Array {
    return this.#level(0).at(index);
  }

  entryHashes(): Uint8Array {
    return this.#level(0).all();
  }

  /** The head when the tree had `size` entries; by default now. */
  head(size = this.size): Uint8Array {
    this.#checkSize(size);
    return size === 0 ? emptyHead() : this.#head({ from: 0, to: size });
  }

  /** From the entry's sibling up to the root's child. */
  inclusionProof(index: number, size = this.size): Uint8Array[] {
    this.#checkSize(size);
    return inclusionRanges(index, size).map((range) => this.#head(range));
  }

  /** That the tree of `to` entries begins with the tree of `from` entries. */
  consistencyProof(fromSize: number, toSize = this.size): Uint8Array[] {
    this.#checkSize(toSize);
    return consistencyRanges(fromSize, toSize).map((range) => this.#head(range));
  }

  #level(level: number): HashList {
    const list = this.#levels[level];
    assert(list !== undefined, 'a level that is not there');
    return list;
  }

  #checkSize(size: number): void {
    assert(Number.isSafeInteger(size) && size >= 0 && size <= this.size, 'a size never reached');
  }

  #head(range: EntryRange): Uint8Array {
    return foldNodes(nodesOfRange(range).map(({ level, index }) => this.#level(level).at(index)));
  }
}

/** The head over neighbouring complete subtrees, each at most as large as the one before it. */
export function foldNodes(hashes: readonly Uint8Array[]): Uint8Array {
  const right = must(hashes.at(-1), 'a head of at least one node');
  return hashes.slice(0, -1).reduceRight((head, left) => hashNode(left, head), right);
}

// ── Verification: needs no tree, only hashes ──────────────────────────────────────────────────────

export interface InclusionClaim {
  readonly entryHash: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly head: Uint8Array;
}

export interface ConsistencyClaim {
  readonly fromSize: number;
  readonly fromHead: Uint8Array;
  readonly toSize: number;
  readonly toHead: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isHash = (value: Uint8Array): boolean => value.length === HASH_BYTES;
const half = (value: number): number => Math.floor(value / 2);

/** RFC 9162, 2.1.3.2. Never throws: what is malformed is false. */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { entryHash, index, size, proof, head } = claim;
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  if (![entryHash, head, ...proof].every(isHash)) return false;
  let node = index;
  let last = size - 1;
  let hash = entryHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = hashNode(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      hash = hashNode(hash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && equalBytes(hash, head);
}

/** RFC 9162, 2.1.4.2, with the empty tree as everybody's beginning. Never throws. */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { fromSize, fromHead, toSize, toHead, proof } = claim;
  if (!isSize(fromSize) || !isSize(toSize) || fromSize > toSize) return false;
  if (![fromHead, toHead, ...proof].every(isHash)) return false;
  if (toSize === 0 && !equalBytes(toHead, emptyHead())) return false;
  if (fromSize === toSize) return proof.length === 0 && equalBytes(fromHead, toHead);
  if (fromSize === 0) return proof.length === 0 && equalBytes(fromHead, emptyHead());
  let node = fromSize - 1;
  let last = toSize - 1;
  while (node % 2 === 1) {
    node = half(node);
    last = half(last);
  }
  const [first, ...rest] = node === 0 ? [fromHead, ...proof] : proof;
  if (first === undefined) return false;
  let oldHash = first;
  let newHash = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldHash = hashNode(sibling, oldHash);
      newHash = hashNode(sibling, newHash);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      newHash = hashNode(newHash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && equalBytes(oldHash, fromHead) && equalBytes(newHash, toHead);
}
