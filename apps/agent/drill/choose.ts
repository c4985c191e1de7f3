// Which snapshots a drill takes: those that were never proved restorable, the newest first, then those whose proof is
// the oldest. So whoever drills on a schedule proves everything in turn, and what was saved last at once.
import type { SnapshotId } from '@kura/base';

export interface Drillable {
  readonly id: SnapshotId;
  /** Place in the log. */
  readonly leafIndex: number;
  /** Undefined: never. */
  readonly provedMs: number | undefined;
}

export function chooseForDrill<T extends Drillable>(
  all: readonly T[],
  count: number,
): readonly T[] {
  const inTurn = all.toSorted(
    (a, b) =>
      (a.provedMs ?? Number.NEGATIVE_INFINITY) - (b.provedMs ?? Number.NEGATIVE_INFINITY) ||
      b.leafIndex - a.leafIndex,
  );
  return inTurn.slice(0, count);
}
