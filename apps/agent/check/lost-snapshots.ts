// Which snapshots cannot be restored whole, whatever comes back: a folder or a chunk of theirs was in a pack that
// is gone, or is in no pack at all (after a recovery from stores that do not hold everything). What merely
// cannot be reached now proves nothing.
import { KuraError, type PackId, type SnapshotId } from '@kura/base';
import type { SnapshotRow } from '@kura/contract';
import { Usage } from '../prune/usage.ts';
import { isLoss } from '../read/losses.ts';
import type { Reading } from '../read/reading.ts';

export interface LostSnapshotsOptions {
  /** Opened after the heads were read, so that it knows every pack of theirs. */
  readonly reading: Reading;
  readonly heads: readonly SnapshotRow[];
  /** Packs without a copy that is intact or may be. */
  readonly gone: ReadonlySet<PackId>;
  /** Some chunks may be in a pack whose directory cannot be reached now. */
  readonly isPartlyAway: boolean;
}

type Verdict = 'whole' | 'lost' | 'unknown';

export async function lostSnapshots(options: LostSnapshotsOptions): Promise<readonly SnapshotId[]> {
  const { heads, reading } = options;
  // Most of the time nothing is lost, and then folders that snapshots share are read once for all of them.
  const shared = new Usage(reading);
  let isWhole = true;
  for (const head of heads) {
    isWhole = isWhole && (await verdictOn(head, shared, options)) === 'whole';
  }
  if (isWhole) return [];
  const lost: SnapshotId[] = [];
  for (const head of heads) {
    const verdict = await verdictOn(head, new Usage(reading), options);
    if (verdict === 'lost') lost.push(head.snapshotId);
  }
  return lost;
}

/** On what `usage` has seen up to the end of this snapshot. */
async function verdictOn(
  head: SnapshotRow,
  usage: Usage,
  { reading, gone, isPartlyAway }: LostSnapshotsOptions,
): Promise<Verdict> {
  if (gone.has(head.packId)) return 'lost';
  let isRead = true;
  try {
    await usage.addSnapshot((await reading.snapshots.read(head)).snapshot);
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    if (isLoss(error) && !isPartlyAway) return 'lost';
    isRead = false;
  }
  const needsGone = [...usage.packs].some((number) =>
    gone.has(reading.catalogue.byNumber(number).row.packId),
  );
  if (needsGone) return 'lost';
  if (usage.missingChunks > 0) return isPartlyAway ? 'unknown' : 'lost';
  return isRead ? 'whole' : 'unknown';
}
