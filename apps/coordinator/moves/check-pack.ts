// Before a copy may go, every other one is read in full by its store, which signs for what it read. The signatures
// go into the rows of the copies; one that is at fault ends the retirement, and the planner sees one copy less.
import { equalBytes, HOUR_MS, KuraError } from '@kura/base';
import type { CopyState, StoreAcknowledgement } from '@kura/contract';
import { verifyAcknowledgement } from '@kura/contract';
import { setCopyState } from '../custody/copies.ts';
import type { MovePacksTable } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import type { Lease } from '../leases/leases.ts';
import { mustKnow, readStores } from '../stores/stores.ts';
import type { CarryPorts } from './carry-pack.ts';
import { noteDecisions } from './decisions.ts';
import { type HeldRow, heldRows } from './judge-surplus.ts';
import { changePackRow, closeMove, countPack, dropPackRow, insertPackRows } from './move-rows.ts';
import { waitAfter } from './waits.ts';

export type CheckPorts = Pick<CarryPorts, 'acknowledge' | 'nowMs' | 'onFailure'>;

/** What a store says of a copy after it has read all of it. */
export type Reading =
  | { readonly state: 'held'; readonly acknowledgement: StoreAcknowledgement }
  | { readonly state: Exclude<CopyState, 'held'> };

/** Throws what says nothing about the copy: the store does not answer. */
export async function readInFull(
  { store_id: storeId, copy_id: copyId, root }: Pick<HeldRow, 'store_id' | 'copy_id' | 'root'>,
  { acknowledge }: Pick<CheckPorts, 'acknowledge'>,
): Promise<Reading> {
  try {
    const acknowledgement = await acknowledge(storeId, { copyId });
    const isSame = equalBytes(acknowledgement.root, root) && acknowledgement.copyId === copyId;
    return isSame ? { state: 'held', acknowledgement } : { state: 'damaged' };
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    if (error.code === 'missing') return { state: 'lost' };
    if (error.code === 'corrupt') return { state: 'damaged' };
    throw error;
  }
}

/** Throws `interrupted` if the lease went to another; what else goes wrong is a row. */
export async function checkPack(
  lease: Lease,
  row: MovePacksTable,
  { rows, ports }: { readonly rows: Rows; readonly ports: CheckPorts },
): Promise<void> {
  const { member_id: memberId, pack_id: packId, store_id: leaving } = row;
  const others = (await heldRows(rows, memberId, packId)).filter(
    (copy) => copy.store_id !== leaving,
  );
  const read: { readonly copy: HeldRow; readonly reading: Reading }[] = [];
  for (const copy of others) {
    try {
      read.push({ copy, reading: await readInFull(copy, ports) });
    } catch (error) {
      if (!(error instanceof KuraError)) throw error;
      ports.onFailure(copy.store_id, error);
      const nextMs = ports.nowMs() + waitAfter(row.tries);
      const columns = { tries: row.tries + 1, next_ms: nextMs, why: error.message };
      await lease.transact((rows) => changePackRow(rows, row, columns));
      return;
    }
  }
  await lease.transact((rows) => noteReadings(rows, row, { read, nowMs: ports.nowMs() }));
}

interface Readings {
  readonly read: readonly { readonly copy: HeldRow; readonly reading: Reading }[];
  readonly nowMs: number;
}

async function noteReadings(
  rows: Rows,
  row: MovePacksTable,
  { read, nowMs }: Readings,
): Promise<void> {
  const of = { rows, memberId: row.member_id };
  let isWhole = true;
  for (const { copy, reading } of read) {
    const at = { packId: row.pack_id, storeId: copy.store_id };
    if (reading.state === 'held') {
      await noteReadInFull(rows, row, reading.acknowledgement);
      continue;
    }
    isWhole = false;
    await setCopyState(of, at, reading.state);
  }
  if (isWhole) return changePackRow(rows, row, { step: 'sign', tries: 0, next_ms: nowMs, why: '' });
  await dropPackRow(rows, row);
  await insertPackRows(rows, [{ ...row, step: 'settle', next_ms: nowMs + HOUR_MS }]);
  await countPack(rows, row.move_id, { isDone: false, bytes: row.size_bytes });
  const reason = 'a copy that was to stay is at fault: this one stays, and another is made';
  const about = { memberId: row.member_id, moveId: row.move_id, storeId: row.store_id };
  await noteDecisions(rows, [{ what: 'keep', reason, ...about }], nowMs);
  await closeMove(rows, row.move_id, nowMs);
}

/** Only what the store itself has signed. Throws `refused`. */
export async function noteReadInFull(
  rows: Rows,
  { member_id: memberId, pack_id: packId }: Pick<MovePacksTable, 'member_id' | 'pack_id'>,
  acknowledgement: StoreAcknowledgement,
): Promise<void> {
  const { storeId, timeMs, signature } = acknowledgement;
  const { publicKey } = mustKnow(await readStores(rows), storeId).identity;
  verifyAcknowledgement(acknowledgement, publicKey);
  await rows
    .updateTable('copies')
    .set({ acknowledged_ms: timeMs, signature })
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('store_id', '=', storeId)
    .execute();
}
