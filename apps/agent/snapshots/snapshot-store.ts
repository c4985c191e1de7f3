// The snapshots of this member: heads from the coordinator, signed records from packs. A record counts only
// if the device that signed it is certified by the owner and its hash is the id that the head names.
import { KuraError, type SnapshotId } from '@kura/base';
import type { CoordinatorPort, SnapshotRow } from '@kura/contract';
import { chunkIdOf, decodeSnapshot, type PackReader, type Snapshot } from '@kura/format';
import type { ReaderKeys } from '@kura/member-seal';
import type { Bulk } from '@kura/native';
import { type PackOpener, unknownPack } from '../read/pack-opener.ts';

export interface StoredSnapshot {
  readonly id: SnapshotId;
  readonly row: SnapshotRow;
  readonly snapshot: Snapshot;
}

export interface SnapshotStoreOptions {
  readonly coordinator: CoordinatorPort;
  readonly opener: PackOpener;
  readonly keys: ReaderKeys;
  readonly bulk: Bulk;
}

export class SnapshotStore {
  readonly #options: SnapshotStoreOptions;
  readonly #known = new Map<SnapshotId, StoredSnapshot>();

  constructor(options: SnapshotStoreOptions) {
    this.#options = options;
  }

  /** Oldest first; of all heads, or of these. Throws if the record of one of them cannot be read. */
  async list(heads?: readonly SnapshotRow[]): Promise<readonly StoredSnapshot[]> {
    const rows = heads ?? (await this.#options.coordinator.snapshots());
    const stored: StoredSnapshot[] = [];
    for (const row of rows) stored.push(await this.read(row));
    return stored.sort((a, b) => a.snapshot.timeMs - b.snapshot.timeMs);
  }

  /** Oldest first, without those whose record cannot be read now: each of them is told. */
  async listReadable(
    onUnreadable: (row: SnapshotRow, error: KuraError) => void,
  ): Promise<readonly StoredSnapshot[]> {
    const stored: StoredSnapshot[] = [];
    for (const row of await this.#options.coordinator.snapshots()) {
      try {
        stored.push(await this.read(row));
      } catch (error) {
        if (!(error instanceof KuraError)) throw error;
        onUnreadable(row, error);
      }
    }
    return stored.sort((a, b) => a.snapshot.timeMs - b.snapshot.timeMs);
  }

  /** Undefined if there is none of this id. Records of others are not looked at: they may be hurt. */
  async find(id: SnapshotId): Promise<StoredSnapshot | undefined> {
    const rows = await this.#options.coordinator.snapshots();
    const row = rows.find((known) => known.snapshotId === id);
    return row === undefined ? undefined : this.read(row);
  }

  async read(row: SnapshotRow): Promise<StoredSnapshot> {
    const known = this.#known.get(row.snapshotId);
    if (known !== undefined) return known;
    const { coordinator, opener } = this.#options;
    const pack = await coordinator.pack(row.packId);
    if (pack === undefined) throw unknownPack(row.packId);
    const reader = opener.open(pack);
    try {
      const records = await readSnapshotRecords(reader, this.#options);
      const found = records.find((record) => record.snapshotId === row.snapshotId);
      if (found === undefined) {
        throw new KuraError(
          'corrupt',
          `pack ${row.packId} does not hold snapshot ${row.snapshotId}`,
        );
      }
      const stored = { id: row.snapshotId, row, snapshot: found.snapshot };
      this.#known.set(row.snapshotId, stored);
      return stored;
    } finally {
      reader.close();
    }
  }
}

export interface ReadSnapshot {
  readonly snapshotId: SnapshotId;
  readonly snapshot: Snapshot;
  readonly deviceKey: Uint8Array;
}

/** All snapshot records in one pack, verified. */
export async function readSnapshotRecords(
  reader: PackReader,
  tools: { readonly keys: ReaderKeys; readonly bulk: Bulk },
): Promise<ReadSnapshot[]> {
  const { frames } = await reader.directory();
  const records: ReadSnapshot[] = [];
  for (const frame of frames) {
    if (frame.kind !== 'snapshot') continue;
    const plain = (await reader.readFrame(frame)).slice();
    let at = 0;
    for (const chunk of frame.chunks) {
      const record = plain.subarray(at, at + chunk.length);
      at += chunk.length;
      const id = chunkIdOf(tools.bulk, tools.keys.chunkIdKeys, 'snapshot', record);
      if (Buffer.compare(id, chunk.id) !== 0) {
        throw new KuraError('corrupt', 'a snapshot record is not what its pack says');
      }
      records.push(decodeSnapshot({ record, ownerKey: tools.keys.ownerKey }));
    }
  }
  return records;
}
