// The act of retiring a copy: decided once more with what was read meanwhile, the row goes before the bytes, and a
// warrant carries the fresh signatures of the stores that keep the pack. The store checks all of it for itself.
import { HOUR_MS, type MemberId, type PackId } from '@kura/base';
import {
  decodeWarrant,
  type RetireCopyWarrant,
  type StoreAcknowledgement,
  signWarrant,
} from '@kura/contract';
import { dropCopy } from '../custody/copies.ts';
import { noteMovedCopy } from '../custody/moved-copies.ts';
import { readPack } from '../custody/read-packs.ts';
import type { MovePacksTable } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import { assertSpread } from '../placement/spread.ts';
import { readStores } from '../stores/stores.ts';
import { insertWarrant } from '../warrants/order.ts';
import { noteDecisions } from './decisions.ts';
import { heldRows, judgeSurplus, type Knowledge } from './judge-surplus.ts';
import { changePackRow, closeMove, countPack, dropPackRow, insertPackRows } from './move-rows.ts';

/** Of one transaction. */
const MAX_PACKS = 100;
/** Signatures are good for a day at the store: what is older when it is signed for may be refused on the way. */
const FRESH_MS = 2 * HOUR_MS;
/** A warrant that its store was not handed in this time is made anew. */
const REMAKE_MS = 20 * HOUR_MS;

export interface Signing {
  /** Ed25519 seed of the coordinator. */
  readonly coordinatorSeed: Uint8Array;
  readonly nowMs: number;
}

/** One batch of packs whose staying copies were read. Resolves to how many were looked at. */
export async function signRetirements(
  rows: Rows,
  knowledge: Knowledge,
  signing: Signing,
): Promise<number> {
  const due = await rows
    .selectFrom('move_packs')
    .selectAll()
    .where('step', '=', 'sign')
    .where('next_ms', '<=', signing.nowMs)
    .orderBy('next_ms')
    .limit(MAX_PACKS)
    .execute();
  for (const row of due) await signOne(rows, row, { ...knowledge, ...signing });
  return due.length;
}

async function signOne(rows: Rows, row: MovePacksTable, all: Knowledge & Signing): Promise<void> {
  const { member_id: memberId, pack_id: packId, store_id: storeId } = row;
  const held = await heldRows(rows, memberId, packId);
  const leaving = held.find((copy) => copy.store_id === storeId);
  const copyId = leaving?.copy_id ?? (await copyOfWarrant(rows, row.warrant_id));
  if (copyId === undefined) return giveUp(rows, row, all);
  if (leaving !== undefined) {
    const question = { memberId, packId, asIfRead: false, unwelcome: storeId };
    const { retire, reason } = await judgeSurplus(rows, all, question);
    if (retire !== storeId) return giveUp(rows, { ...row, why: reason }, all);
  }
  const others = held.filter((copy) => copy.store_id !== storeId);
  const acknowledgements = await freshSignatures(rows, { memberId, packId, others, all });
  const minimumCopies = all.outlook.copies;
  if (acknowledgements.length < minimumCopies) {
    return changePackRow(rows, row, { step: 'check', next_ms: all.nowMs });
  }
  if (leaving !== undefined) {
    await dropCopy({ rows, memberId }, { packId, storeId }, minimumCopies);
    await noteMovedCopy(rows, {
      ...{ member_id: memberId, move_id: row.move_id, pack_id: packId },
      ...{ store_id: storeId, copy_id: copyId, root: null },
    });
    assertSpread(
      others.map((copy) => ({ storeId: copy.store_id })),
      [...(await readStores(rows)).values()],
      minimumCopies,
    );
    await rows
      .updateTable('packs')
      .set({ retired_ms: all.nowMs, moved_ms: all.nowMs })
      .where('member_id', '=', memberId)
      .where('pack_id', '=', packId)
      .execute();
  }
  const warrant = signWarrant<RetireCopyWarrant>(
    {
      kind: 'retire-copy',
      ...{ storeId, copyId, minimumCopies },
      issuedMs: all.nowMs,
      others: acknowledgements,
    },
    all.coordinatorSeed,
  );
  const order = { warrant, notBeforeMs: all.nowMs };
  const warrantId = await insertWarrant({ rows, memberId }, order);
  await changePackRow(rows, row, {
    step: 'remove',
    next_ms: all.nowMs + REMAKE_MS,
    warrant_id: warrantId,
  });
}

/** The pack keeps the copy; whether one is too many is asked again. */
async function giveUp(rows: Rows, row: MovePacksTable, { nowMs }: Signing): Promise<void> {
  await dropPackRow(rows, row);
  await insertPackRows(rows, [{ ...row, step: 'settle', next_ms: nowMs + HOUR_MS }]);
  await countPack(rows, row.move_id, { isDone: false, bytes: row.size_bytes });
  const about = { memberId: row.member_id, moveId: row.move_id, storeId: row.store_id };
  await noteDecisions(rows, [{ what: 'keep', reason: row.why, ...about }], nowMs);
  await closeMove(rows, row.move_id, nowMs);
}

interface Question {
  readonly memberId: MemberId;
  readonly packId: PackId;
  readonly others: Awaited<ReturnType<typeof heldRows>>;
  readonly all: Knowledge & Signing;
}

/** Of stores that read their copy within the last two hours. */
async function freshSignatures(
  rows: Rows,
  { memberId, packId, others, all }: Question,
): Promise<readonly StoreAcknowledgement[]> {
  const pack = await readPack({ rows, memberId }, packId);
  if (pack === undefined) return [];
  return others.flatMap((copy): StoreAcknowledgement[] => {
    const { acknowledged_ms: timeMs, signature, store_id: storeId, copy_id: copyId, root } = copy;
    if (timeMs === null || signature === null) return [];
    if (Math.abs(all.nowMs - timeMs) > FRESH_MS) return [];
    return [{ storeId, copyId, leafCount: pack.leafCount, root, timeMs, signature }];
  });
}

async function copyOfWarrant(rows: Rows, warrantId: string | null) {
  if (warrantId === null) return undefined;
  const row = await rows
    .selectFrom('warrants')
    .select('body')
    .where('warrant_id', '=', warrantId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const warrant = decodeWarrant(row.body);
  return warrant.kind === 'retire-copy' ? warrant.copyId : undefined;
}

/** Packs whose store has confirmed are done, and asked once more; warrants that lay too long are made anew. */
export async function noteRemovals(rows: Rows, nowMs: number): Promise<number> {
  const obeyed = await ordered(rows, 'obeyed').execute();
  for (const row of obeyed) {
    await changePackRow(rows, row, { step: 'settle', next_ms: nowMs, warrant_id: null });
    await countPack(rows, row.move_id, { isDone: true, bytes: row.size_bytes });
    await closeMove(rows, row.move_id, nowMs);
  }
  const stale = await ordered(rows, 'waiting').where('next_ms', '<=', nowMs).execute();
  for (const row of stale) {
    await rows
      .updateTable('warrants')
      .set({ state: 'revoked' })
      .where('warrant_id', '=', row.warrant_id)
      .execute();
    await changePackRow(rows, row, { step: 'check', next_ms: nowMs });
  }
  return obeyed.length + stale.length;
}

/** Packs of which a store was told to remove a copy, by what became of the warrant. */
function ordered(rows: Rows, state: 'obeyed' | 'waiting') {
  return rows
    .selectFrom('move_packs')
    .innerJoin('warrants', 'warrants.warrant_id', 'move_packs.warrant_id')
    .selectAll('move_packs')
    .where('step', '=', 'remove')
    .where('warrants.state', '=', state)
    .limit(MAX_PACKS);
}
