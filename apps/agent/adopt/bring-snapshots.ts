// Snapshots of an embedded network, oldest first, committed to the one that takes over as after any backup: it gives a
// receipt of its own for each. Which packs a snapshot needs is read from its folders, for a prune may have moved them.
import { KuraError, type PackId, type SessionId } from '@kura/base';
import { openForgetOrder, type SnapshotRow } from '@kura/contract';
import { Usage } from '../prune/usage.ts';
import { openReading, type Reading } from '../read/reading.ts';
import { type FoundRecord, headOf } from '../snapshots/head-of.ts';
import { readSnapshotRecords } from '../snapshots/snapshot-store.ts';
import type { OldNetwork, TakingCoordinator } from './old-network.ts';

export interface BringSnapshots {
  readonly old: OldNetwork;
  readonly taking: TakingCoordinator;
  readonly session: SessionId;
}

/** Resolves to how many were not there before. Orders to forget come along: who misses a head finds why. */
export async function bringSnapshots(bring: BringSnapshots): Promise<number> {
  const brought = await bringHeads(bring);
  await bringOrders(bring);
  return brought;
}

const ORDERS_PAGE = 200;

/** But those of heads that stand again: somebody has taken back what was forgotten. */
async function bringOrders({ old, taking }: BringSnapshots): Promise<void> {
  const rows = await old.coordinator.snapshots();
  const standing = new Set(rows.map(({ snapshotId }) => snapshotId));
  for (let after = 0; ; ) {
    const page = await old.coordinator.forgetOrders(after, ORDERS_PAGE);
    for (const { number, order } of page) {
      after = number;
      const { snapshots } = openForgetOrder(order, old.keys);
      if (!snapshots.some((id) => standing.has(id))) await taking.forgetSnapshots(order);
    }
    if (page.length < ORDERS_PAGE) return;
  }
}

async function bringHeads({ old, taking, session }: BringSnapshots): Promise<number> {
  const there = new Set((await taking.snapshots()).map(({ snapshotId }) => snapshotId));
  const rows = await old.coordinator.snapshots();
  const fresh = rows.filter(({ snapshotId }) => !there.has(snapshotId));
  if (fresh.length === 0) return 0;
  const reading = await openReading(old, { purpose: 'read' });
  try {
    for (const row of fresh.toSorted((a, b) => a.timeMs - b.timeMs)) {
      const record = await recordOf(row, reading, old);
      const uses = await usesOf(record, reading);
      await taking.commitSnapshot(session, headOf(record, uses, old.random), uses);
    }
    return fresh.length;
  } finally {
    reading.close();
  }
}

async function recordOf(
  { snapshotId, packId }: SnapshotRow,
  { catalogue, opener }: Reading,
  { keys, native }: OldNetwork,
): Promise<FoundRecord> {
  const pack = catalogue.byId(packId);
  if (pack === undefined) throw notThere(snapshotId);
  const reader = opener.open(pack.row);
  try {
    const records = await readSnapshotRecords(reader, { keys, bulk: native.bulk });
    const record = records.find((one) => one.snapshotId === snapshotId);
    if (record === undefined) throw notThere(snapshotId);
    return { ...record, packId };
  } finally {
    reader.close();
  }
}

function notThere(snapshotId: string): KuraError {
  return new KuraError('corrupt', `the record of snapshot ${snapshotId} is not in its pack`, {
    guidance: 'See what is hurt: kura check',
  });
}

async function usesOf(record: FoundRecord, reading: Reading): Promise<readonly PackId[]> {
  const usage = new Usage(reading);
  await usage.addSnapshot(record.snapshot);
  const uses = new Set(
    [...usage.packs].map((number) => reading.catalogue.byNumber(number).row.packId),
  );
  return [...uses.add(record.packId)];
}
