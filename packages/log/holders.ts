// A store as a receipt names it: who it is, where it stands, and one root over all copies that it holds.
import { hash } from 'node:crypto';
import { concatBytes, fromHex, type StoreId } from '@kura/base';
import { BodyFields } from './body-fields.ts';
import type { JsonValue } from './canonical-json.ts';
import { HASH_BYTES, treeHead } from './hash.ts';

/** What one store holds of a snapshot, or of the packs of a move. */
export interface ReceiptStore {
  readonly storeId: StoreId;
  /** The key its acknowledgements verify under, hex. */
  readonly publicKey: string;
  /** City id or "lat,lon". */
  readonly city: string;
  readonly suite: string;
  readonly copies: number;
  /** `copySetRoot` of these copies, hex. */
  readonly root: string;
}

/** One hash for all copies that a store holds of a snapshot, in whatever order they are given. */
export function copySetRoot(
  copies: readonly { readonly copyId: string; readonly root: Uint8Array }[],
): Uint8Array {
  const sorted = copies.toSorted((a, b) => (a.copyId < b.copyId ? -1 : 1));
  const entries = new Uint8Array(sorted.length * HASH_BYTES);
  for (const [index, { copyId, root }] of sorted.entries()) {
    entries.set(hash('sha256', concatBytes(fromHex(copyId), root), 'buffer'), index * HASH_BYTES);
  }
  return treeHead(entries);
}

const NAMES = ['storeId', 'publicKey', 'city', 'suite', 'copies', 'root'] as const;

/** Throws `refused` unless all are stores, each once, ascending by id. */
export function parseHolders(values: readonly JsonValue[], noun: string): ReceiptStore[] {
  let before = '';
  return values.map((value) => {
    const fields = new BodyFields(value, { noun, names: NAMES });
    const store: ReceiptStore = {
      storeId: fields.hex('storeId', 16) as StoreId,
      publicKey: fields.hex('publicKey', 32),
      city: fields.text('city'),
      suite: fields.text('suite'),
      copies: fields.count('copies'),
      root: fields.hex('root', 32),
    };
    if (store.storeId <= before) fields.refuse('its stores are out of order');
    before = store.storeId;
    return store;
  });
}
