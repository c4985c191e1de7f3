// One copy, from begin to switch: read where it is, checked leaf by leaf, written in the target's own cipher, read back
// in full by the target, and only then a row that counts. Each step may be the last of this process; the one
// that goes on finds what it needs in the tables.
import {
  assert,
  equalBytes,
  KuraError,
  type MemberId,
  must,
  SECOND_MS,
  type StoreId,
} from '@kura/base';
import type { PackRow, StoreAcknowledgement, StoredCopy } from '@kura/contract';
import { addCopy } from '../custody/copies.ts';
import { noteMovedCopy } from '../custody/moved-copies.ts';
import { heldCopies, readPack } from '../custody/read-packs.ts';
import type { MovePacksTable, MovesTable } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import { isSourceFault } from '../gateway/replicate.ts';
import { noteFailure } from '../gateway/scores.ts';
import type { Lease } from '../leases/leases.ts';
import { assertSpread } from '../placement/spread.ts';
import { readStores } from '../stores/stores.ts';
import { noteDecisions } from './decisions.ts';
import { changePackRow, closeMove, countPack, dropPackRow } from './move-rows.ts';
import { waitAfter } from './waits.ts';

export interface CarryRequest {
  readonly memberId: MemberId;
  readonly pack: PackRow;
  /** Asked first; the other copies stand in for what it cannot give. */
  readonly from: StoreId;
  readonly to: StoreId;
  readonly reason: string;
  readonly sizeBytes: number;
}

export interface CarryPorts {
  /** Reads from the copies there are, checks every leaf, writes a copy at `to`. */
  readonly carry: (request: CarryRequest) => Promise<StoredCopy>;
  /** The store reads the whole copy back, and signs for what it read. */
  readonly acknowledge: (
    storeId: StoreId,
    copy: { readonly copyId: StoredCopy['acknowledgement']['copyId'] },
  ) => Promise<StoreAcknowledgement>;
  readonly nowMs: () => number;
  /** Told of what failed, for a log. */
  readonly onFailure: (storeId: StoreId, error: unknown) => void;
}

export interface PackToCarry {
  readonly move: MovesTable;
  readonly row: MovePacksTable;
  readonly pack: PackRow;
  readonly from: StoreId;
}

/** A target that fails twice in a row is given up for this pack. */
const MAX_TARGET_TRIES = 2;
const TARGET_WAIT_MS = 30 * SECOND_MS;

/** Throws `interrupted` if the lease went to another; what else goes wrong is a row. */
export async function carryPack(lease: Lease, what: PackToCarry, ports: CarryPorts): Promise<void> {
  const { move, row, pack, from } = what;
  const to = row.store_id;
  const nowMs = ports.nowMs();
  const isWanted = await lease.transact((rows) => begin(rows, what, nowMs));
  if (!isWanted) return;
  let copy: StoredCopy;
  try {
    const { member_id: memberId, size_bytes: sizeBytes } = row;
    copy = await ports.carry({ memberId, pack, from, to, reason: move.reason, sizeBytes });
    copy = await verified(copy, to, ports);
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    ports.onFailure(isSourceFault(error) ? from : to, error);
    await lease.transact((rows) => failPack(rows, what, { error, nowMs: ports.nowMs() }));
    return;
  }
  await lease.transact((rows) => switchOver(rows, what, { copy, nowMs: ports.nowMs() }));
}

/** Before any byte is written: from here on the target may hold bytes without a row. */
async function begin(rows: Rows, { move, row }: PackToCarry, nowMs: number): Promise<boolean> {
  const pack = await readPack({ rows, memberId: row.member_id }, row.pack_id);
  if (pack === undefined || pack.state === 'destroying') {
    await leaveAlone(rows, row, nowMs);
    return false;
  }
  if (heldCopies(pack).some((copy) => copy.storeId === row.store_id)) {
    await countPack(rows, row.move_id, { isDone: true, bytes: row.size_bytes });
    await leaveAlone(rows, row, nowMs);
    return false;
  }
  await changePackRow(rows, row, { step: 'carry' });
  if (move.state === 'planned') {
    await rows
      .updateTable('moves')
      .set({ state: 'running', started_ms: nowMs })
      .where('move_id', '=', move.move_id)
      .where('state', '=', 'planned')
      .execute();
  }
  return true;
}

/** There is nothing to do for this pack. */
export async function leaveAlone(rows: Rows, row: MovePacksTable, nowMs: number): Promise<void> {
  await dropPackRow(rows, row);
  await closeMove(rows, row.move_id, nowMs);
}

async function verified(copy: StoredCopy, to: StoreId, ports: CarryPorts): Promise<StoredCopy> {
  const { acknowledgement: written } = copy;
  const acknowledgement = await ports.acknowledge(to, written);
  if (equalBytes(acknowledgement.root, written.root)) return { ...copy, acknowledgement };
  throw new KuraError('corrupt', `store ${to} reads back other bytes than it was sent`);
}

interface Switching {
  readonly copy: StoredCopy;
  readonly nowMs: number;
}

/** The copy counts from here on, and devices learn of it by the pack's tick. */
async function switchOver(
  rows: Rows,
  { row, pack }: PackToCarry,
  { copy, nowMs }: Switching,
): Promise<void> {
  const { member_id: memberId, pack_id: packId, move_id: moveId } = row;
  const of = { rows, memberId };
  const before = await readPack(of, packId);
  if (before === undefined || before.state === 'destroying') {
    return leaveAlone(rows, row, nowMs);
  }
  await addCopy(of, packId, copy);
  const after = heldCopies(must(await readPack(of, packId), 'the pack is there'));
  assert(
    after.length > 0 && pack.leafCount === before.leafCount,
    'a further copy of the same pack',
  );
  // One copy more than before, and none twice: below the network's number it may still be.
  assertSpread(after, [...(await readStores(rows)).values()], 1);
  await rows
    .updateTable('packs')
    .set({ moved_ms: nowMs })
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .execute();
  const { copyId, root } = copy.acknowledgement;
  await noteMovedCopy(rows, {
    ...{ member_id: memberId, move_id: moveId, pack_id: packId },
    ...{ store_id: row.store_id, copy_id: copyId, root },
  });
  await changePackRow(rows, row, { step: 'settle', tries: 0, next_ms: nowMs, why: '' });
  await countPack(rows, moveId, { isDone: true, bytes: row.size_bytes });
  await closeMove(rows, moveId, nowMs);
}

interface Failing {
  readonly error: KuraError;
  readonly nowMs: number;
}

export async function failPack(
  rows: Rows,
  what: PackToCarry,
  { error, nowMs }: Failing,
): Promise<void> {
  const { row } = what;
  const tries = row.tries + 1;
  const why = error.message;
  if (isSourceFault(error)) {
    return changePackRow(rows, row, { tries, next_ms: nowMs + waitAfter(row.tries), why });
  }
  const isFinal = error.isPermanent || error.code === 'no_space';
  if (!isFinal && tries < MAX_TARGET_TRIES) {
    return changePackRow(rows, row, { tries, next_ms: nowMs + TARGET_WAIT_MS, why });
  }
  await noteFailure(rows, row.store_id, nowMs);
  return giveUpTarget(rows, what, { error, nowMs });
}

/** The pack is planned anew: with the target ranked down, another one is found. */
async function giveUpTarget(rows: Rows, { row }: PackToCarry, { error, nowMs }: Failing) {
  await dropPackRow(rows, row);
  await countPack(rows, row.move_id, { isDone: false, bytes: row.size_bytes });
  const decision = {
    what: 'fail',
    reason: `another target is needed: ${error.message}`,
    ...{ memberId: row.member_id, moveId: row.move_id, storeId: row.store_id },
  };
  await noteDecisions(rows, [decision], nowMs);
  await closeMove(rows, row.move_id, nowMs);
}
