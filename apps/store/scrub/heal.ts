// Heals a copy on a disk: the rebuilt file is written beside the damaged one and takes its name only
// when every leaf matches its hash and the root agrees (docs/design/ordering.md, Heal).
import { asKuraError, type CopyId, KuraError } from '@kura/base';
import type { ShelfContext } from '../shelf/context.ts';
import { DurableFile, tryTo } from '../shelf/durable-write.ts';
import { copyPath } from '../shelf/layout.ts';
import { openCopy } from '../shelf/open-copy.ts';
import type { LeafTable } from '../shelf/table.ts';
import { type Inspection, inspect, isIntact } from './inspect.ts';
import { rebuildCopy } from './rebuild.ts';

/** True if the file under the name is whole again (or gone); false if parity cannot do it. */
export async function heal(
  context: ShelfContext,
  copyId: CopyId,
  { table }: Inspection,
): Promise<boolean> {
  const healed = writeHealed(context, copyId, table);
  if (healed === undefined) return false;
  try {
    await healed.seal();
    if (!isIntact(inspect(context, copyId, healed.temporaryPath))) {
      // Not the copy's fault: it is left as it is, to be healed on a better day.
      throw new KuraError('io', `the disk did not keep the healed copy ${copyId}`, {
        guidance: 'The disk may be failing; check it before you use this store again.',
      });
    }
    const path = copyPath(context.paths, copyId);
    // A copy that was removed in the meantime stays removed.
    if (!context.exists(path)) {
      healed.discard();
      return true;
    }
    await healed.replace(path, (folder) => context.syncFolder(folder));
    return true;
  } catch (error) {
    healed.discard();
    throw asKuraError(error, `copy ${copyId} could not be healed`);
  }
}

/** The whole copy, rebuilt and checked, in a new file; undefined if it is beyond its parity. */
function writeHealed(
  context: ShelfContext,
  copyId: CopyId,
  table: LeafTable,
): DurableFile | undefined {
  const copy = openCopy(context, copyId, { direct: true });
  let healed: DurableFile | undefined;
  try {
    const medium = (): DurableFile => {
      healed ??= new DurableFile(context.place, { direct: true });
      return healed;
    };
    if (rebuildCopy(context, { copy, table, medium })) return healed;
    healed?.discard();
    return undefined;
  } finally {
    tryTo(() => copy.file.close());
  }
}
