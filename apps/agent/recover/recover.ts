// After a total loss: fills empty tables with what the stores have. Needs the keys (from the recovery words) and
// at least one store. Nothing at the stores is changed, but that they heal by parity what cannot be read.
import type { PackId, SessionId, SnapshotId } from '@kura/base';
import type { HomeDescription, PackRow, SnapshotHead, StoreKeeperPort } from '@kura/contract';
import { EnvelopeCache, isLocked, type NetworkNote } from '@kura/format';
import type { OwnContext } from '../context.ts';
import { accept, lookBack } from '../heads/look-back.ts';
import { Lease } from '../lease.ts';
import { isLoss } from '../read/losses.ts';
import { openReading, type Reading } from '../read/reading.ts';
import { type FoundRecord, headOf } from '../snapshots/head-of.ts';
import { type ReadSnapshot, readSnapshotRecords } from '../snapshots/snapshot-store.ts';
import { withinSession } from '../within-session.ts';
import { type FoundCopy, findPacks } from './find-packs.ts';
import { healAll } from './heal.ts';
import { HealingUsage } from './healing-usage.ts';

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
  adoptFounding(founding: {
    readonly copies: number;
    readonly home: HomeDescription;
  }): Promise<void>;
  adoptSnapshot(session: SessionId, head: SnapshotHead, uses: readonly PackId[]): Promise<unknown>;
}

export interface RecoverPorts extends OwnContext {
  readonly shelves: ReadonlyMap<string, StoreKeeperPort>;
  readonly adopting: AdoptingCoordinator;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface RecoverSummary {
  readonly packs: number;
  readonly snapshots: number;
  /** Snapshots of which a folder or a chunk is in no pack that could be read. */
  readonly incomplete: number;
  /** Packs whose list of chunks is damaged in every copy, beyond what parity heals. */
  readonly packsUnreadable: number;
  /** Copies that are damaged beyond healing, or another member's. */
  readonly passedOver: number;
  /** Snapshots that others name and no store has: forgotten before, or lost. */
  readonly absent: number;
  /** Of the newest snapshot that says it; then the tables say it, too. */
  readonly founding: NetworkNote | undefined;
}

export async function recover(ports: RecoverPorts): Promise<RecoverSummary> {
  return await withinSession(ports.coordinator, 'repair', async (session) => {
    const lease = new Lease({ coordinator: ports.coordinator, session, clock: ports.clock });
    const { packs, passedOver } = await collectPacks(ports, lease);
    await ports.adopting.adoptPacks(session, packs);
    const { reading, unreadable } = await openHealed(ports, packs);
    try {
      const records = await findRecords({ ports, reading, unreadable, lease });
      const founding = await adoptFounding(records, ports);
      const incomplete = await adoptSnapshots(records, { ports, session, reading });
      const packsUnreadable = unreadable.size;
      const absent = await acceptHistory(reading, ports);
      const counts = { packs: packs.length, snapshots: records.length, incomplete, absent };
      return { ...counts, packsUnreadable, passedOver, founding };
    } finally {
      reading.close();
    }
  });
}

/** No order to forget survives a total loss: what is found is the history from now on (docs/design/heads.md). */
async function acceptHistory({ snapshots }: Reading, ports: RecoverPorts): Promise<number> {
  const look = await lookBack(snapshots, ports);
  await accept(look, ports);
  const there = new Set(look.shown.heads.map(({ snapshotId }) => snapshotId));
  return look.findings.filter(({ snapshotId }) => !there.has(snapshotId)).length;
}

interface FoundPack {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly copies: FoundCopy[];
}

async function collectPacks(
  ports: RecoverPorts,
  lease: Lease,
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
      await lease.renewIfDue();
    }
  }
  return { packs: [...packs.values()], passedOver };
}

interface OpenRecovery {
  readonly reading: Reading;
  readonly unreadable: ReadonlyMap<PackId, unknown>;
}

/** Packs that cannot be read are healed by their stores, once; the others keep their place in the index. */
async function openHealed(ports: RecoverPorts, packs: readonly FoundPack[]): Promise<OpenRecovery> {
  const first = await openOnce(ports);
  if (first.unreadable.size === 0) return first;
  first.reading.close();
  for (const pack of packs) {
    if (first.unreadable.has(pack.packId)) await healAll(pack.copies, ports.shelves);
  }
  const second = await openOnce(ports);
  // What is still not lost is away: the recovery ends, and can be begun again.
  for (const error of second.unreadable.values()) {
    if (isLoss(error)) continue;
    second.reading.close();
    throw error;
  }
  return second;
}

async function openOnce(ports: RecoverPorts): Promise<OpenRecovery> {
  const { onProgress } = ports;
  const unreadable = new Map<PackId, unknown>();
  const reading = await openReading(ports, {
    purpose: 'read',
    onUnreadable: (packId, error) => unreadable.set(packId, error),
    ...(onProgress === undefined ? {} : { onRebuilt: onProgress }),
  });
  return { reading, unreadable };
}

/** Oldest first, so that the log tells the same story again. */
async function findRecords(
  open: OpenRecovery & { readonly ports: RecoverPorts; readonly lease: Lease },
): Promise<readonly FoundRecord[]> {
  const { reading, unreadable, ports, lease } = open;
  const records = new Map<SnapshotId, FoundRecord>();
  for (const { row } of reading.catalogue.entries()) {
    if (unreadable.has(row.packId)) continue;
    for (const record of await recordsIn(row, reading, ports)) {
      records.set(record.snapshotId, { ...record, packId: row.packId });
    }
    await lease.renewIfDue();
  }
  return [...records.values()].sort((a, b) => a.snapshot.timeMs - b.snapshot.timeMs);
}

/** None if the record is lost: then nobody knows that there was a snapshot. */
async function recordsIn(
  row: PackRow,
  reading: Reading,
  ports: RecoverPorts,
): Promise<readonly ReadSnapshot[]> {
  const { keys, native } = ports;
  const read = async (): Promise<readonly ReadSnapshot[]> => {
    const reader = reading.opener.open(row);
    try {
      return await readSnapshotRecords(reader, { keys, bulk: native.bulk });
    } finally {
      reader.close();
    }
  };
  try {
    return await read();
  } catch (error) {
    // The record of a locked snapshot lies outside of its lock.
    if (isLocked(error)) return [];
    if (!isLoss(error)) throw error;
    await healAll(row.copies, ports.shelves);
  }
  try {
    return await read();
  } catch (error) {
    if (!isLoss(error)) throw error;
    return [];
  }
}

/** As many copies as were wanted, if there are stores for them. */
async function adoptFounding(
  records: readonly FoundRecord[],
  { adopting, network }: RecoverPorts,
): Promise<NetworkNote | undefined> {
  const founding = records.findLast(({ snapshot }) => snapshot.network)?.snapshot.network;
  if (founding === undefined) return undefined;
  const { home, copies } = founding;
  await adopting.adoptFounding({ home, copies: Math.min(copies, network.stores.length) });
  return founding;
}

/** Returns how many of them are incomplete. */
async function adoptSnapshots(
  records: readonly FoundRecord[],
  open: {
    readonly ports: RecoverPorts;
    readonly session: SessionId;
    readonly reading: Reading;
  },
): Promise<number> {
  const { ports, session, reading } = open;
  let incomplete = 0;
  const usages = new HealingUsage({ reading, shelves: ports.shelves });
  for (const record of records) {
    const usage = await usages.of(record.snapshot);
    if (usage.missingChunks > 0) incomplete++;
    const numbers = [...usage.packs];
    const uses = new Set(numbers.map((number) => reading.catalogue.byNumber(number).row.packId));
    uses.add(record.packId);
    await ports.adopting.adoptSnapshot(session, headOf(record, [...uses], ports.random), [...uses]);
  }
  return incomplete;
}
