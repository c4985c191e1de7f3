// For tests: a snapshot with something in every field, whose figures are all different.
import { byteString, type ChunkId, type DeviceId, snapshotId } from '@kura/base';
import type { Snapshot, SnapshotStatistics } from './types.ts';

export const SAMPLE_STATISTICS: SnapshotStatistics = {
  filesNew: 1,
  filesChanged: 2,
  filesUnmodified: 3,
  dirsNew: 4,
  dirsChanged: 5,
  dirsUnmodified: 6,
  dataAdded: 7,
  dataAddedPacked: 8,
  totalFilesProcessed: 9,
  totalBytesProcessed: 10,
  durationMs: 11,
};

export function sampleSnapshot(device: DeviceId, change: Partial<Snapshot> = {}): Snapshot {
  return {
    version: 1,
    timeMs: 1_790_000_000_000,
    hostname: 'kumo',
    username: 'hana',
    paths: [byteString('/home/hana/写真')],
    tags: ['daily'],
    kind: 'incremental',
    base: snapshotId('11'.repeat(32)),
    predecessor: snapshotId('22'.repeat(32)),
    original: undefined,
    device,
    root: { id: new Uint8Array(32).fill(9) as ChunkId, length: 1234 },
    statistics: SAMPLE_STATISTICS,
    skipped: [byteString('/home/hana/locked')],
    ...change,
  };
}
