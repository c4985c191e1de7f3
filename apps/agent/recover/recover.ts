// After a total loss: fills empty tables with what the stores have. Needs the keys (from the recovery words) and
// at least one store. Nothing at the stores is changed.
import { type ErrorCode, KuraError, type PackId, type SessionId } from '@kura/base';
import type { SnapshotHead, StoreKeeperPort } from '@kura/contract';
import { EnvelopeCache } from '@kura/format';
import { packSetRootOf } from '../backup/pack-set.ts';
import type { AgentContext } from '../context.ts';
import { Usage } from '../prune/usage.ts';
import { openReading, type Reading } from '../read/reading.ts';
import { type ReadSnapshot, readSnapshotRecords } from '../snapshots/snapshot-store.ts';
import { type FoundCopy, findPacks } from './find-packs.ts';

/** The coordinator's doors for a recovery, beside its port. */
export interface AdoptingCoordinator {
  adoptPacks(
    session: SessionId,
    packs: readonly {
      readonly packId: PackId;
      readonly leafCount: number;
      readonly copies: readonly FoundCopy[];
    }[],
  ): Promise<void>;
  adoptSnapshot(session: SessionId, head: SnapshotHead, uses: readonly PackId[]): Promise<unknown>;
}

export interface RecoverPorts extends AgentContext {
  readonly shelves: ReadonlyMap<string, StoreKeeperPort>;
  readonly adopting: AdoptingCoordinator;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface RecoverSummary {
  readonly packs: number;
  readonly snapshots: number;
  /** Snapshots of which a folder or a chunk is at none of these stores. */
  readonly incomplete: number;
  readonly packsMissing: number;
  /** Copies that are damaged or another member's. */
  readonly passedOver: number;
}

export async function recover(ports: RecoverPorts): Promise<RecoverSummary> {
  const session = await ports.coordinator.beginSession('repair');
  try {
    const { packs, passedOver } = await collectPacks(ports);
    await ports.adopting.adoptPacks(session, packs);
    const reading = await openReading(ports, {
      purpose: 'read',
      ...(ports.onProgress === undefined ? {} : { onRebuilt: ports.onProgress }),
    });
    try {
      const adopted = await adoptSnapshots(ports, { session, reading });
      return { packs: packs.length, passedOver, ...adopted };
    } finally {
      reading.close();
    }
  } finally {
    await ports.coordinator.endSession(session);
  }
}

interface FoundPack {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly copies: FoundCopy[];
}

async function collectPacks(
  ports: RecoverPorts,
): Promise<{ packs: readonly FoundPack[]; passedOver: number }> {
  const { keys, native, shape, copyKeys } = ports;
  const packs = new Map<PackId, FoundPack>();
  const envelopes = new EnvelopeCache();
  let passedOver = 0;
  for (const store of ports.shelves.values()) {
    const copyKey = copyKeys.get(store.identity.storeId);
    if (copyKey === undefined) continue;
    const onPassedOver = (): void => {
      passedOver++;
    };
    const options = { store, copyKey, keys, native, shape, envelopes, onPassedOver };
    for await (const copy of findPacks(options)) {
      const { packId, leafCount } = copy;
      const known = packs.get(packId) ?? { packId, leafCount, copies: [] };
      known.copies.push(copy);
      packs.set(packId, known);
    }
  }
  return { packs: [...packs.values()], passedOver };
}

const LOST: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['missing', 'corrupt', 'data_lost']);

interface FoundRecord extends ReadSnapshot {
  readonly packId: PackId;
}

async function adoptSnapshots(
  ports: RecoverPorts,
  open: { readonly session: SessionId; readonly reading: Reading },
): Promise<Pick<RecoverSummary, 'snapshots' | 'incomplete' | 'packsMissing'>> {
  const records = await findRecords(ports, open.reading);
  let incomplete = 0;
  let packsMissing = 0;
  for (const record of records) {
    const usage = new Usage(open.reading);
    try {
      await usage.addSnapshot(record.snapshot);
    } catch (error) {
      // A folder that no store has: the snapshot is told as incomplete, and what is there can be restored. A
      // store that went away meanwhile is another matter: the recovery ends, and can be begun again.
      if (!(error instanceof KuraError && LOST.has(error.code))) throw error;
      usage.missingChunks++;
    }
    if (usage.missingChunks > 0) incomplete++;
    packsMissing += usage.missingChunks > 0 ? 1 : 0;
    const numbers = [...usage.packs];
    const uses = new Set(
      numbers.map((number) => open.reading.catalogue.byNumber(number).row.packId),
    );
    uses.add(record.packId);
    await ports.adopting.adoptSnapshot(open.session, headOf(record, [...uses], ports), [...uses]);
  }
  return { snapshots: records.length, incomplete, packsMissing };
}

/** Oldest first, so that the log tells the same story again. */
async function findRecords(ports: RecoverPorts, reading: Reading): Promise<readonly FoundRecord[]> {
  const { keys, native } = ports;
  const records = new Map<string, FoundRecord>();
  for (const { row } of reading.catalogue.entries()) {
    const reader = reading.opener.open(row);
    try {
      for (const record of await readSnapshotRecords(reader, { keys, bulk: native.bulk })) {
        records.set(record.snapshotId, { ...record, packId: row.packId });
      }
    } finally {
      reader.close();
    }
  }
  return [...records.values()].sort((a, b) => a.snapshot.timeMs - b.snapshot.timeMs);
}

function headOf(record: FoundRecord, uses: readonly PackId[], ports: RecoverPorts): SnapshotHead {
  return {
    snapshotId: record.snapshotId,
    packId: record.packId,
    predecessor: record.snapshot.predecessor,
    deviceKey: record.deviceKey,
    timeMs: record.snapshot.timeMs,
    packSetRoot: packSetRootOf(uses),
    packCount: uses.length,
    leafSalt: ports.random.bytes(32),
  };
}
