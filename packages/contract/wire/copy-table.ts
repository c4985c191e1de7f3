// The leaf table of a copy as it travels: `u32 leafCount ‖ 32 root ‖ leafCount × 32`. Raw, because a reader in
// another language needs no more than this line.
import { ByteReader, ByteWriter, type CopyId } from '@kura/base';
import { treeHead } from '@kura/log/hash.ts';
import type { CopyStat } from '../store-port.ts';
import { MAX_PACK_LEAVES } from './shapes.ts';

const HASH_BYTES = 32;
export const MAX_COPY_TABLE_BYTES = 4 + HASH_BYTES + MAX_PACK_LEAVES * HASH_BYTES;

export function encodeCopyTable({ leafCount, root, leafHashes }: CopyStat): Uint8Array {
  const writer = new ByteWriter(MAX_COPY_TABLE_BYTES, 4 + HASH_BYTES + leafHashes.length);
  writer.u32(leafCount);
  writer.raw(root);
  writer.raw(leafHashes);
  return writer.bytes();
}

/** Throws `corrupt` unless the hashes are as many as leaves and lead to the root. */
export function decodeCopyTable(copyId: CopyId, bytes: Uint8Array): CopyStat {
  const reader = new ByteReader(bytes, 'leaf table');
  const leafCount = reader.u32();
  if (leafCount < 1 || leafCount > MAX_PACK_LEAVES) reader.fail('no copy has so many leaves');
  const root = reader.raw(HASH_BYTES).slice();
  const leafHashes = reader.raw(leafCount * HASH_BYTES).slice();
  reader.end();
  if (Buffer.compare(treeHead(leafHashes), root) !== 0) reader.fail('it does not lead to its root');
  return { copyId, leafCount, root, leafHashes };
}
