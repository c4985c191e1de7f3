// Signs once more for a copy that lies here: after all of it was read past the page cache, and healed if
// need be. For moves, where others must have vouched lately before a copy may go.
import { type CopyId, KuraError } from '@kura/base';
import { type StoreAcknowledgement, signAcknowledgement } from '@kura/contract';
import { scrub } from '../scrub/scrub.ts';
import type { ShelfContext } from './context.ts';
import { statCopy } from './stat.ts';

/** Throws `missing`, or `corrupt` if the copy is beyond healing. */
export async function acknowledge(
  context: ShelfContext,
  copyId: CopyId,
): Promise<StoreAcknowledgement> {
  context.checkPresent();
  context.checkTrusted();
  const seed = context.seed();
  const { state } = await scrub(context, copyId);
  if (state === 'damaged') throw new KuraError('corrupt', `copy ${copyId} is beyond healing`);
  const { leafCount, root } = statCopy(context, copyId);
  const { storeId } = context.record.identity;
  const timeMs = context.clock.nowMs();
  return signAcknowledgement({ storeId, copyId, leafCount, root, timeMs }, seed);
}
