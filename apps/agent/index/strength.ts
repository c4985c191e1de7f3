// Which copies count towards the strength of a pack when it is to be used again (docs/design/ordering.md,
// "Which copies count"). It says nothing about what can be reached now: that is what a backup reports.
import type { StoreId } from '@kura/base';
import type { NetworkDescription, PackRow } from '@kura/contract';

const DAY_MS = 24 * 60 * 60 * 1000;
/**
 * How long a store that is away counts as holding what it held. Shorter, and a disk that is off over a weekend makes
 * a backup send everything anew; longer, and snapshots lean on copies that nobody has seen for weeks.
 */
export const AWAY_COUNTS_MS = 7 * DAY_MS;

export interface Strength {
  readonly minimumCopies: number;
  /** Stores that have been away for too long. */
  readonly longAway: ReadonlySet<StoreId>;
}

export function strengthOf(
  { copies, stores }: Pick<NetworkDescription, 'copies' | 'stores'>,
  nowMs: number,
): Strength {
  const longAway = stores.filter(
    ({ awaySinceMs }) => awaySinceMs !== undefined && nowMs - awaySinceMs > AWAY_COUNTS_MS,
  );
  return {
    minimumCopies: copies,
    longAway: new Set(longAway.map(({ identity }) => identity.storeId)),
  };
}

export function isStrong(row: PackRow, { minimumCopies, longAway }: Strength): boolean {
  if (row.state === 'destroying') return false;
  const counting = row.copies.filter(
    ({ state, storeId }) => state === 'held' && !longAway.has(storeId),
  );
  return counting.length >= minimumCopies;
}
