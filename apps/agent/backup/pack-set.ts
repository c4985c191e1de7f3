// The set of packs that a snapshot needs, as its receipt names it: a Merkle root over their sorted ids.
import { fromHex, type PackId } from '@kura/base';
import { treeHead } from '@kura/log';

export function packSetRootOf(packs: readonly PackId[]): Uint8Array {
  const sorted = [...packs].sort();
  const entries = new Uint8Array(sorted.length * 32);
  for (const [index, packId] of sorted.entries()) entries.set(fromHex(packId), index * 32);
  return treeHead(entries);
}
