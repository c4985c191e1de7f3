// The head of a snapshot that exists, for tables that do not know it yet: what its signed record says, and the
// packs that it needs now.
import type { PackId, Random } from '@kura/base';
import type { SnapshotHead } from '@kura/contract';
import { packSetRootOf } from '../backup/pack-set.ts';
import type { ReadSnapshot } from './snapshot-store.ts';

const LEAF_SALT_BYTES = 32;

export interface FoundRecord extends ReadSnapshot {
  readonly packId: PackId;
}

export function headOf(record: FoundRecord, uses: readonly PackId[], random: Random): SnapshotHead {
  return {
    snapshotId: record.snapshotId,
    packId: record.packId,
    predecessor: record.snapshot.predecessor,
    deviceKey: record.deviceKey,
    timeMs: record.snapshot.timeMs,
    packSetRoot: packSetRootOf(uses),
    packCount: uses.length,
    leafSalt: random.bytes(LEAF_SALT_BYTES),
  };
}
