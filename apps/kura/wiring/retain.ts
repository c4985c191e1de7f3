// What retention needs besides the snapshots: the network's delay, and when the log took what was replaced.
import { MAX_CLOCK_DIFFERENCE_MS } from '@kura/agent/retention/log-time.ts';
import { KuraError, type SnapshotId } from '@kura/base';
import { parseReceiptBody } from '@kura/log';
import type { SnapshotView } from '../commands/views.ts';
import type { RetentionView } from '../removals/port.ts';
import type { OwnHome } from './open.ts';
import type { Session } from './session.ts';

export async function retention(
  session: Session,
  snapshots: readonly SnapshotView[],
): Promise<RetentionView> {
  const home = await session.own();
  const originals = new Map<SnapshotId, number>();
  for (const { id, original, timeMs, loggedMs = timeMs } of snapshots) {
    if (original === undefined || loggedMs - timeMs <= MAX_CLOCK_DIFFERENCE_MS) continue;
    const takenMs = await takenAt(home, original);
    if (takenMs !== undefined) originals.set(id, takenMs);
  }
  return { delayMs: home.network.removalDelayMs, originals };
}

/** Undefined without a receipt that can be read: then the snapshot has no time, and is kept. */
async function takenAt({ coordinator }: OwnHome, id: SnapshotId): Promise<number | undefined> {
  const receipt = await coordinator.receipt(id);
  if (receipt === undefined) return undefined;
  try {
    return parseReceiptBody(receipt.body).timeMs;
  } catch (error) {
    if (error instanceof KuraError) return undefined;
    throw error;
  }
}
