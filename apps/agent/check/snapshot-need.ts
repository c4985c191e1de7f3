// Whether a snapshot needs one of the packs that are gone. Folders that cannot be read because of it count.
import { KuraError, type PackId } from '@kura/base';
import type { SnapshotRow } from '@kura/contract';
import { Usage } from '../prune/usage.ts';
import type { Reading } from '../read/reading.ts';

export async function usageOfOne(
  reading: Reading,
  row: SnapshotRow,
  gone: ReadonlySet<PackId>,
): Promise<boolean> {
  const usage = new Usage(reading);
  try {
    const stored = (await reading.snapshots.list()).find(({ id }) => id === row.snapshotId);
    if (stored === undefined) return true;
    await usage.addSnapshot(stored.snapshot);
  } catch (error) {
    if (error instanceof KuraError) return true;
    throw error;
  }
  if (usage.missingChunks > 0) return true;
  return [...usage.packs].some((number) => gone.has(reading.catalogue.byNumber(number).row.packId));
}
