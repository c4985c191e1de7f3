// A device found something wrong with a copy: the store reads it again, and what is gone or damaged is made anew from
// the others, there if it can be; if not, the planner sees one copy less. What the device said is only the occasion.
import { KuraError, type Random } from '@kura/base';
import { setCopyState } from '../custody/copies.ts';
import { readPack } from '../custody/read-packs.ts';
import type { FaultsTable } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import type { Lease } from '../leases/leases.ts';
import { readLevel } from '../members/contract.ts';
import { readCharter } from '../open.ts';
import type { CarryPorts } from './carry-pack.ts';
import { noteReadInFull, type Reading, readInFull } from './check-pack.ts';
import { noteDecisions } from './decisions.ts';
import { insertPackRows } from './move-rows.ts';
import { waitAfter } from './waits.ts';
import { ownMove } from './write-plan.ts';

/** Of one round. */
const MAX_FAULTS = 10;

export interface LookPorts extends Pick<CarryPorts, 'acknowledge' | 'nowMs' | 'onFailure'> {
  readonly rows: () => Rows;
  readonly random: Random;
}

export async function lookAtFaults(lease: Lease, ports: LookPorts): Promise<void> {
  const due = await ports
    .rows()
    .selectFrom('faults')
    .selectAll()
    .where('next_ms', '<=', ports.nowMs())
    .orderBy('next_ms')
    .limit(MAX_FAULTS)
    .execute();
  for (const fault of due) await lookAt(lease, fault, ports);
}

async function lookAt(lease: Lease, fault: FaultsTable, ports: LookPorts): Promise<void> {
  const { member_id: memberId, pack_id: packId, store_id: storeId } = fault;
  const pack = await readPack({ rows: ports.rows(), memberId }, packId);
  const copy = pack?.copies.find((one) => one.storeId === storeId);
  if (pack === undefined || pack.state === 'destroying' || copy === undefined) {
    return lease.transact((rows) => forget(rows, fault));
  }
  let reading: Reading;
  try {
    const row = { store_id: storeId, copy_id: copy.copyId, root: copy.root };
    reading = await readInFull(row, ports);
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    ports.onFailure(storeId, error);
    return lease.transact((rows) => putOff(rows, fault, ports.nowMs()));
  }
  await lease.transact((rows) => judge(rows, { fault, reading, leafCount: pack.leafCount, ports }));
}

interface Judging {
  readonly fault: FaultsTable;
  readonly reading: Reading;
  readonly leafCount: number;
  readonly ports: LookPorts;
}

async function judge(rows: Rows, { fault, reading, leafCount, ports }: Judging): Promise<void> {
  const { member_id: memberId, pack_id: packId, store_id: storeId } = fault;
  const nowMs = ports.nowMs();
  await setCopyState({ rows, memberId }, { packId, storeId }, reading.state);
  await forget(rows, fault);
  if (reading.state === 'held') return noteReadInFull(rows, fault, reading.acknowledgement);
  const { shape } = await readCharter(rows);
  const sizeBytes = leafCount * shape.leafBytes;
  const level = await readLevel({ rows, memberId }, nowMs);
  const reason = `the copy is ${reading.state}: made anew after a fault was reported (${fault.why})`;
  const move = ownMove(
    { member_id: memberId, kind: 'add', cause: 'fault', level, packs: 1, bytes: sizeBytes, reason },
    { nowMs, random: ports.random, at: { to_store: storeId, leave_store: storeId } },
  );
  await rows.insertInto('moves').values(move).execute();
  const step = 'wait' as const;
  const pack = { pack_id: packId, store_id: storeId, move_id: move.move_id, size_bytes: sizeBytes };
  await insertPackRows(rows, [
    { member_id: memberId, ...pack, step, tries: 0, next_ms: nowMs, why: '', warrant_id: null },
  ]);
  const about = { memberId, moveId: move.move_id, storeId };
  await noteDecisions(rows, [{ what: 'add', reason, ...about }], nowMs);
}

async function forget(rows: Rows, { fault_id: id }: FaultsTable): Promise<void> {
  await rows.deleteFrom('faults').where('fault_id', '=', id).execute();
}

async function putOff(
  rows: Rows,
  { fault_id: id, tries }: FaultsTable,
  nowMs: number,
): Promise<void> {
  await rows
    .updateTable('faults')
    .set({ tries: tries + 1, next_ms: nowMs + waitAfter(tries) })
    .where('fault_id', '=', id)
    .execute();
}
