// Whose bytes lie where a leaf should be? A misdirected write puts a leaf of one copy in the place of another's: its
// hash then stands in a table of this store. Only hashes are compared: a store has no key that could tell it.
import { setImmediate } from 'node:timers/promises';
import { type CopyId, KuraError } from '@kura/base';
import type { Finding } from '@kura/contract';
import { HASH_BYTES } from '../shelf/layout.ts';

export type ForeignLeaf = NonNullable<Finding['foreign']>;

/** Tables of a store: where they lie is its shelf's. */
export interface LeafTables {
  /** Every copy that is here, in any order. */
  copies(): AsyncIterable<CopyId>;
  /** Its leaf hashes, concatenated. Throws what reading a table throws. */
  leafHashesOf(copyId: CopyId): Promise<Uint8Array>;
}

/** As many as 1 TiB of large packs has; what lies in further ones is not looked for. */
const MAX_TABLES = 65_536;
/** So that who waits for the store is answered in between. */
const TABLES_AT_A_TIME = 16;

/** Of `wanted` (hashes in hexadecimal), those that a table names, and where. */
export async function findLeaves(
  tables: LeafTables,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ForeignLeaf>> {
  const found = new Map<string, ForeignLeaf>();
  if (wanted.size === 0) return found;
  let looked = 0;
  for await (const copyId of tables.copies()) {
    const hashes = await tablesHashes(tables, copyId);
    for (let leaf = 0; leaf * HASH_BYTES < hashes.length; leaf++) {
      const hash = hashes.toString('hex', leaf * HASH_BYTES, (leaf + 1) * HASH_BYTES);
      if (wanted.has(hash) && !found.has(hash)) found.set(hash, { copyId, leaf });
    }
    if (found.size === wanted.size || ++looked >= MAX_TABLES) break;
    if (looked % TABLES_AT_A_TIME === 0) await setImmediate();
  }
  return found;
}

/** Nothing of a copy that is damaged itself, or gone by now. */
async function tablesHashes(tables: LeafTables, copyId: CopyId): Promise<Buffer> {
  try {
    const hashes = await tables.leafHashesOf(copyId);
    return Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength);
  } catch (error) {
    if (error instanceof KuraError) return Buffer.alloc(0);
    throw error;
  }
}

/** The findings, with those marked whose bytes are of another leaf. */
export function markForeign(
  findings: readonly Finding[],
  {
    foundHashes,
    found,
  }: {
    readonly foundHashes: ReadonlyMap<number, string>;
    readonly found: ReadonlyMap<string, ForeignLeaf>;
  },
): readonly Finding[] {
  return findings.map((finding) => {
    const foreign = found.get(foundHashes.get(finding.leaf) ?? '');
    return finding.kind === 'wrong' && foreign !== undefined
      ? { ...finding, kind: 'foreign', foreign }
      : finding;
  });
}
