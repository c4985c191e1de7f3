// Tables with so many packs in them, as a year of backups would have left them: made by inserting rows, since nothing
// here is about how they came there.
import {
  copyId,
  type PackId,
  packId,
  systemRandom as random,
  type SnapshotId,
  snapshotId,
  toHex,
} from '@kura/base';
import type { NamedCopy } from '@kura/coordinator/custody/copies-named.ts';
import { batches } from '@kura/coordinator/db/batches.ts';
import type { CopiesTable, PacksTable, Rows } from '@kura/coordinator/db/tables.ts';
import { storeAt, type TestNetwork } from '@kura/coordinator/fixtures.ts';
import { transact } from '@kura/database';

const LEAVES = 4;
const COPIES = 2;
/** Packs of one backup: the rows of one tick. */
const PACKS_PER_TICK = 20;
/** As many in small tables as in large ones: what grows is the number of packs. */
const SNAPSHOTS = 50;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

export interface Filled {
  readonly packs: readonly PackId[];
  readonly copies: readonly NamedCopy[];
}

export async function fillTables(network: TestNetwork, count: number): Promise<Filled> {
  const { memberId } = network.coordinator;
  const packs: PacksTable[] = [];
  const copies: CopiesTable[] = [];
  const ticks = Math.ceil(count / PACKS_PER_TICK);
  const nowMs = network.clock.nowMs();
  for (let at = 0; at < count; at++) {
    const id = packId(toHex(random.bytes(KEY_BYTES)));
    packs.push({
      ...{ member_id: memberId, pack_id: id, leaf_count: LEAVES, state: 'standing' },
      ...{ marked_at: null, marked_ms: null, recorded_ms: nowMs, moved_ms: null, retired_ms: null },
      ...{ device_id: null, session_id: null, changed_at: 1 + Math.floor(at / PACKS_PER_TICK) },
    });
    for (let number = 0; number < COPIES; number++) {
      const { identity } = storeAt(network, (at + number) % network.stores.length);
      copies.push({
        ...{ member_id: memberId, pack_id: id, store_id: identity.storeId, state: 'held' },
        copy_id: copyId(toHex(random.bytes(KEY_BYTES))),
        ...{ root: random.bytes(KEY_BYTES), reason: 'lowest risk', acknowledged_ms: nowMs },
        ...{ signature: random.bytes(SIGNATURE_BYTES), added_ms: null },
      });
    }
  }
  const filled = {
    packs: packs.map((row) => row.pack_id),
    copies: copies.map((row) => ({ copyId: row.copy_id, storeId: row.store_id })),
  };
  // In the order of their keys: filled in another one, tables of this size take minutes.
  for (const all of [packs, copies]) all.sort((a, b) => (a.pack_id < b.pack_id ? -1 : 1));
  await transact(network.database, async (rows) => {
    for (const batch of batches(packs)) await rows.insertInto('packs').values(batch).execute();
    for (const batch of batches(copies)) await rows.insertInto('copies').values(batch).execute();
    await rows.updateTable('members').set({ ticks }).where('member_id', '=', memberId).execute();
    const usage = { packs: count, leaves: count * LEAVES, snapshots: SNAPSHOTS };
    await rows.updateTable('usage').set(usage).where('member_id', '=', memberId).execute();
    await insertSnapshots(rows, network, packs);
  });
  return filled;
}

async function insertSnapshots(
  rows: Rows,
  { coordinator, clock }: TestNetwork,
  packs: readonly PacksTable[],
): Promise<void> {
  for (let at = 0; at < SNAPSHOTS; at++) {
    const id: SnapshotId = snapshotId(toHex(random.bytes(KEY_BYTES)));
    const pack = packs[at % packs.length]?.pack_id;
    if (pack === undefined) return;
    await rows
      .insertInto('snapshots')
      .values({
        ...{ member_id: coordinator.memberId, snapshot_id: id, pack_id: pack, predecessor: null },
        ...{ time_ms: clock.nowMs(), leaf_index: 1_000_000 + at, committed_at: -1 - at },
      })
      .execute();
  }
}
