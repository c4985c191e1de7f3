// The hashes of RFC 6962: entries and inner nodes are told apart by their first byte, so that no node can
// pass as an entry. One definition serves the receipts log and the root of every copy.
import { hash } from 'node:crypto';
import { assert, equalBytes } from '@kura/base';

export const HASH_BYTES = 32;

const ENTRY_PREFIX = 0;
const NODE_PREFIX = 1;

function sha256(input: Uint8Array): Uint8Array {
  const digest = hash('sha256', input, 'buffer');
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.length);
}

/** H(0x00 ‖ entry). */
export function hashEntry(entry: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + entry.length);
  input[0] = ENTRY_PREFIX;
  input.set(entry, 1);
  return sha256(input);
}

/** H(0x01 ‖ left ‖ right). */
export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  assert(left.length === HASH_BYTES && right.length === HASH_BYTES, 'a node is 32 bytes');
  const input = new Uint8Array(1 + 2 * HASH_BYTES);
  input[0] = NODE_PREFIX;
  input.set(left, 1);
  input.set(right, 1 + HASH_BYTES);
  return sha256(input);
}

/** The head of the tree without entries: H of nothing. */
export function emptyHead(): Uint8Array {
  return sha256(new Uint8Array(0));
}

interface KnownHead {
  readonly entries: Uint8Array;
  readonly head: Uint8Array;
}

/**
 * Heads computed last, found by comparing all entries: store, gateway and agent each check the same table of
 * leaf hashes, and in an embedded network one process is all three. A comparison costs a thousandth of a head.
 */
const known: KnownHead[] = [];
const MAX_KNOWN = 4;
/** Smaller trees are made as fast as they are looked up; larger ones would hold memory. */
const KNOWN_ENTRIES_BYTES = { least: 512, most: 16_384 };

/**
 * RFC 6962 head over entries of 32 bytes each, concatenated (the leaf hashes of a copy, for example).
 * Pairing level by level, with an odd last node passed up, is the same tree as the RFC's recursion.
 */
export function treeHead(entries: Uint8Array): Uint8Array {
  assert(entries.length % HASH_BYTES === 0, 'entries are 32 bytes each');
  const { least, most } = KNOWN_ENTRIES_BYTES;
  if (entries.length < least || entries.length > most) return computeHead(entries);
  const found = known.find((one) => equalBytes(one.entries, entries));
  if (found !== undefined) return found.head.slice();
  const head = computeHead(entries);
  known.push({ entries: entries.slice(), head });
  if (known.length > MAX_KNOWN) known.shift();
  return head.slice();
}

function computeHead(entries: Uint8Array): Uint8Array {
  if (entries.length === 0) return emptyHead();
  const nodes = new Uint8Array(entries.length);
  const entryInput = new Uint8Array(1 + HASH_BYTES);
  entryInput[0] = ENTRY_PREFIX;
  for (let at = 0; at < entries.length; at += HASH_BYTES) {
    entryInput.set(entries.subarray(at, at + HASH_BYTES), 1);
    nodes.set(sha256(entryInput), at);
  }
  return pairUp(nodes);
}

/** Head over nodes of one level, at least one, that are hashes already: those of a tile, for example. */
export function nodesHead(nodes: Uint8Array): Uint8Array {
  assert(nodes.length > 0 && nodes.length % HASH_BYTES === 0, 'nodes are 32 bytes each');
  return pairUp(nodes.slice());
}

/** Overwrites `nodes`. */
function pairUp(nodes: Uint8Array): Uint8Array {
  const nodeInput = new Uint8Array(1 + 2 * HASH_BYTES);
  nodeInput[0] = NODE_PREFIX;
  for (let count = nodes.length / HASH_BYTES; count > 1; count = Math.ceil(count / 2)) {
    for (let pair = 0; pair < count; pair += 2) {
      const from = pair * HASH_BYTES;
      const to = from / 2;
      if (pair + 1 === count) {
        nodes.copyWithin(to, from, from + HASH_BYTES);
        continue;
      }
      nodeInput.set(nodes.subarray(from, from + 2 * HASH_BYTES), 1);
      nodes.set(sha256(nodeInput), to);
    }
  }
  return nodes.slice(0, HASH_BYTES);
}
