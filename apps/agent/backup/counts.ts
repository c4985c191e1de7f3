// What a backup counts on its way; the summary and the snapshot's statistics are made of it.

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
