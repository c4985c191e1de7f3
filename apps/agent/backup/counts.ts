// What a backup counts on its way, and the statistics that the snapshot and the summary have of it.
import type { SnapshotStatistics } from '@kura/format';

export interface BackupCounts {
  filesNew: number;
  filesChanged: number;
  filesUnmodified: number;
  dirsNew: number;
  dirsChanged: number;
  dirsUnmodified: number;
  /** Plaintext bytes that were not stored before. */
  bytesAdded: number;
  filesProcessed: number;
  bytesProcessed: number;
}

export function noCounts(): BackupCounts {
  return {
    filesNew: 0,
    filesChanged: 0,
    filesUnmodified: 0,
    dirsNew: 0,
    dirsChanged: 0,
    dirsUnmodified: 0,
    bytesAdded: 0,
    filesProcessed: 0,
    bytesProcessed: 0,
  };
}

export interface WholeBackup {
  /** What the new packs take in one copy, before parity. */
  readonly bytesPacked: number;
  readonly durationMs: number;
}

export function statisticsOf(
  counts: BackupCounts,
  { bytesPacked, durationMs }: WholeBackup,
): SnapshotStatistics {
  return {
    filesNew: counts.filesNew,
    filesChanged: counts.filesChanged,
    filesUnmodified: counts.filesUnmodified,
    dirsNew: counts.dirsNew,
    dirsChanged: counts.dirsChanged,
    dirsUnmodified: counts.dirsUnmodified,
    dataAdded: counts.bytesAdded,
    dataAddedPacked: bytesPacked,
    totalFilesProcessed: counts.filesProcessed,
    totalBytesProcessed: counts.bytesProcessed,
    durationMs: Math.round(durationMs),
  };
}
