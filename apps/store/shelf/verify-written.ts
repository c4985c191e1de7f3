// The last look before a signature: length and two random leaves of a copy, past the page cache,
// against what was hashed when it came in. Finds disks and drivers that say yes and keep
// something else.
import { type CopyId, equalBytes, KuraError } from '@kura/base';
import { scrub } from '../scrub/scrub.ts';
import type { ShelfContext } from './context.ts';
import { tryTo } from './durable-write.ts';
import { HASH_BYTES, leafPosition, type ShelfGeometry } from './layout.ts';
import { openCopy } from './open-copy.ts';
import type { Workspace } from './workspace.ts';

const LEAVES_READ_BACK = 2;

export interface WrittenCopy {
  readonly copyId: CopyId;
  readonly geometry: ShelfGeometry;
  /** Its leaf hashes are those of this copy. */
  readonly workspace: Workspace;
}

/** Throws `io` after the store has examined the copy and set it aside if it cannot be healed. */
export async function verifyWritten(context: ShelfContext, written: WrittenCopy): Promise<void> {
  if (isAsWritten(context, written)) return;
  await scrub(context, written.copyId);
  throw new KuraError('io', `the disk did not keep copy ${written.copyId} as it was written`, {
    guidance: 'The disk may be failing; check it before you use this store again.',
  });
}

function isAsWritten(context: ShelfContext, { copyId, geometry, workspace }: WrittenCopy): boolean {
  const { file, geometry: found } = openCopy(context, copyId, { direct: true });
  try {
    if (found.leafCount !== geometry.leafCount || file.sizeBytes() !== geometry.fileBytes) {
      return false;
    }
    const hash = new Uint8Array(HASH_BYTES);
    const first = context.random.below(geometry.leafCount);
    const step = 1 + context.random.below(geometry.leafCount - 1);
    for (let index = 0; index < LEAVES_READ_BACK; index++) {
      const leaf = (first + index * step) % geometry.leafCount;
      const got = file.read(workspace.leaf, leafPosition(geometry.leafBytes, leaf));
      const wanted = workspace.leafHashes.subarray(leaf * HASH_BYTES, (leaf + 1) * HASH_BYTES);
      context.bulk.sha256(workspace.leaf, hash);
      if (got !== geometry.leafBytes || !equalBytes(hash, wanted)) return false;
    }
    return true;
  } finally {
    tryTo(() => file.close());
  }
}
