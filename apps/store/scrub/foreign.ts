// Whose bytes lie where a leaf should be? A misdirected write puts a leaf of one copy in the place of another's: its
// hash then stands in a table of this store. Only hashes are compared: a store has no key that could tell it.
import { setImmediate } from 'node:timers/promises';
import { type Clock, type CopyId, fromHex, HOUR_MS, KuraError } from '@kura/base';
import type { Finding } from '@kura/contract';
import { HASH_BYTES } from '../shelf/layout.ts';
import { type LeafIndex, LeafIndexBuilder } from './leaf-index.ts';

export type ForeignLeaf = NonNullable<Finding['foreign']>;

/** Tables of a store: where they lie is its shelf's. */
export interface LeafTables {
  /** Every copy that is here, in any order. */
  copies(): AsyncIterable<CopyId>;
  /** Its leaf hashes, concatenated. Throws what reading a table throws. */
  leafHashesOf(copyId: CopyId): Promise<Uint8Array>;
}

/** A disk that fails has damage everywhere: all tables are read once an hour, not once per copy. */
const INDEX_LASTS_MS = HOUR_MS;
/** So that who waits for the store is answered in between. */
const TABLES_AT_A_TIME = 16;

export class ForeignLeaves {
  readonly #tables: LeafTables;
  readonly #clock: Clock;
  #index: LeafIndex | undefined;
  #builtMs = 0;

  constructor(tables: LeafTables, clock: Clock) {
    this.#tables = tables;
    this.#clock = clock;
  }

  /**
   * Of `wanted` (hashes in hexadecimal), those that a table names, and where. Copies that came since the index was
   * made are not found.
   */
  async find(wanted: ReadonlySet<string>): Promise<ReadonlyMap<string, ForeignLeaf>> {
    const found = new Map<string, ForeignLeaf>();
    if (wanted.size === 0) return found;
    const index = await this.#fresh();
    for (const hex of wanted) {
      const hash = fromHex(hex);
      for (const place of index.candidates(hash)) {
        if (await this.#isThere(place, hash)) {
          found.set(hex, place);
          break;
        }
      }
    }
    return found;
  }

  async #fresh(): Promise<LeafIndex> {
    const nowMs = this.#clock.elapsedMs();
    const isOld = nowMs - this.#builtMs >= INDEX_LASTS_MS;
    if (this.#index !== undefined && !isOld) return this.#index;
    const builder = new LeafIndexBuilder();
    let looked = 0;
    for await (const copyId of this.#tables.copies()) {
      if (!builder.add(copyId, await this.#hashesOf(copyId))) break;
      if (++looked % TABLES_AT_A_TIME === 0) await setImmediate();
    }
    this.#builtMs = nowMs;
    this.#index = builder.end();
    return this.#index;
  }

  async #isThere({ copyId, leaf }: ForeignLeaf, hash: Uint8Array): Promise<boolean> {
    const hashes = await this.#hashesOf(copyId);
    const there = hashes.subarray(leaf * HASH_BYTES, (leaf + 1) * HASH_BYTES);
    return Buffer.compare(there, hash) === 0;
  }

  /** Nothing of a copy that is damaged itself, or gone by now. */
  async #hashesOf(copyId: CopyId): Promise<Uint8Array> {
    try {
      return await this.#tables.leafHashesOf(copyId);
    } catch (error) {
      if (error instanceof KuraError) return new Uint8Array(0);
      throw error;
    }
  }
}

export interface FoundLeaves {
  /** By number of the leaf: the hash of what lies there. */
  readonly foundHashes: ReadonlyMap<number, string>;
  /** By hash: whose it is. */
  readonly found: ReadonlyMap<string, ForeignLeaf>;
}

/** The findings, with those marked whose bytes are of another leaf. */
export function markForeign(
  findings: readonly Finding[],
  { foundHashes, found }: FoundLeaves,
): readonly Finding[] {
  return findings.map((finding) => {
    const foreign = found.get(foundHashes.get(finding.leaf) ?? '');
    return finding.kind === 'wrong' && foreign !== undefined
      ? { ...finding, kind: 'foreign', foreign }
      : finding;
  });
}
