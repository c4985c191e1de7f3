// Which kind of backup is made and what it is compared with. Marks are not kept anywhere: they follow from the
// chain of snapshots, so that a lost cache loses none. A full or incremental backup clears the marks of what
// it saves; a copy or a differential leaves them. So an incremental compares with the last that cleared, a
// differential with the last full, and a full or a copy with nothing: they read everything.
import type { BackupKind } from '@kura/format';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';

export interface ChosenKind {
  readonly kind: BackupKind;
  readonly base: StoredSnapshot | undefined;
}

const CLEARS_MARKS: ReadonlySet<BackupKind> = new Set<BackupKind>(['full', 'incremental']);

/** `series`: snapshots of the same host and paths, oldest first. Without a full one, any kind but a copy
 * becomes a full. */
export function chooseKind(
  wanted: BackupKind | 'auto',
  series: readonly StoredSnapshot[],
): ChosenKind {
  if (wanted === 'copy' || wanted === 'full') return { kind: wanted, base: undefined };
  const lastFull = series.findLast((stored) => stored.snapshot.kind === 'full');
  if (lastFull === undefined) return { kind: 'full', base: undefined };
  if (wanted === 'differential') return { kind: wanted, base: lastFull };
  const base = series.findLast((stored) => CLEARS_MARKS.has(stored.snapshot.kind));
  return { kind: 'incremental', base };
}
