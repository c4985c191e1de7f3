// The end of a removal: stores are told, each confirms under its own key, and when the last one has, the log gets one
// event with all confirmations. From the first word to a store on nothing can be taken back.

import { hash } from 'node:crypto';
import { type MemberId, must, type Random, type StoreId, toHex } from '@kura/base';
import { openRemovalConfirmation } from '@kura/contract';
import type { DeletionConfirmed } from '@kura/log';
import { beginClosing, noteClosed } from '../closing/carried.ts';
import { noteEvent } from '../custody/log-events.ts';
import type { RemovalStoresTable, RemovalsTable } from '../db/removal-tables.ts';
import type { Rows } from '../db/tables.ts';
import { isHeld } from '../stores/holds.ts';
import { dropHeadsAside } from './forgotten.ts';
import { dropAside } from './revoke.ts';

/**
 * In a transaction before the store is told. False: the warrant was revoked meanwhile, or the store is on hold, and it
 * is not brought. Of a warrant that is no part of a removal (a copy too many is retired) there is nothing to begin.
 */
export async function beginCarrying(
  rows: Rows,
  warrantId: string,
  nowMs: number,
): Promise<boolean> {
  const warrant = await rows
    .selectFrom('warrants')
    .select(['state', 'store_id'])
    .where('warrant_id', '=', warrantId)
    .executeTakeFirst();
  if (warrant?.state !== 'waiting' || (await isHeld(rows, warrant.store_id))) return false;
  const told = await storeOf(rows, warrantId);
  if (told === undefined) return true;
  const of = { rows, memberId: told.member_id };
  const removal = await removalOf(rows, told);
  if (removal.state !== 'waiting') return true;
  const { closing_id: closingId } = removal;
  if (closingId !== null && !(await beginClosing(of, closingId, nowMs))) return false;
  await dropAside(of, told.removal_id);
  await dropHeadsAside(of, removal.ordered_at);
  await changeState(rows, told, { state: 'carrying' });
  return true;
}

export interface Confirming {
  readonly warrantId: string;
  /** As the store answered. */
  readonly confirmation: Uint8Array;
  readonly encodedWarrant: Uint8Array;
  readonly random: Random;
  readonly nowMs: number;
}

/** Throws `refused` if the store signed something else. Nothing to note of a warrant that is no part of a removal. */
export async function noteConfirmed(rows: Rows, confirming: Confirming): Promise<void> {
  const { warrantId, confirmation, encodedWarrant, nowMs } = confirming;
  const told = await storeOf(rows, warrantId);
  if (told === undefined) return;
  const storeKey = await keyOf(rows, told.store_id);
  openRemovalConfirmation(confirmation, { storeId: told.store_id, storeKey, encodedWarrant });
  await rows
    .updateTable('removal_stores')
    .set({ confirmed_ms: nowMs, confirmation })
    .where('warrant_id', '=', warrantId)
    .execute();
  await endIfAllConfirmed(rows, told, confirming);
}

/** Of a closing, the member hears of each store. */
async function endIfAllConfirmed(
  rows: Rows,
  told: RemovalStoresTable,
  { random, nowMs }: Confirming,
): Promise<void> {
  const stores = await rows
    .selectFrom('removal_stores')
    .select(['store_id', 'confirmation'])
    .where('member_id', '=', told.member_id)
    .where('removal_id', '=', told.removal_id)
    .orderBy('store_id')
    .execute();
  const confirmed = stores.flatMap(({ store_id: storeId, confirmation }) =>
    confirmation === null ? [] : [{ storeId, confirmation: sha256(confirmation) }],
  );
  const removal = await removalOf(rows, told);
  if (confirmed.length === stores.length && removal.state !== 'done') {
    await endRemoval(rows, told, { removal, confirmed, random, nowMs });
  }
  const { closing_id: closingId } = removal;
  if (closingId === null) return;
  const { member_id: memberId, store_id: storeId } = told;
  await noteClosed({ rows, memberId }, closingId, { storeId, nowMs });
}

interface EndedRemoval extends Pick<Confirming, 'random' | 'nowMs'> {
  readonly removal: RemovalsTable;
  readonly confirmed: readonly DeletionConfirmed[];
}

/** The log has it with what every store signed. */
async function endRemoval(
  rows: Rows,
  told: RemovalStoresTable,
  { removal, confirmed, random, nowMs }: EndedRemoval,
): Promise<void> {
  const { packs: packCount, pack_set_root: packSetRoot, removal_id: about } = removal;
  await noteEvent(
    { rows, memberId: told.member_id },
    { event: 'deleted', subject: { packCount, packSetRoot, stores: confirmed }, about },
    { random, nowMs },
  );
  await changeState(rows, told, { state: 'done', ended_ms: nowMs });
}

function sha256(bytes: Uint8Array): string {
  return toHex(new Uint8Array(hash('sha256', bytes, 'buffer')));
}

function storeOf(rows: Rows, warrantId: string): Promise<RemovalStoresTable | undefined> {
  return rows
    .selectFrom('removal_stores')
    .selectAll()
    .where('warrant_id', '=', warrantId)
    .executeTakeFirst();
}

interface RemovalKey {
  readonly member_id: MemberId;
  readonly removal_id: string;
}

async function removalOf(
  rows: Rows,
  { member_id, removal_id }: RemovalKey,
): Promise<RemovalsTable> {
  const row = await rows
    .selectFrom('removals')
    .selectAll()
    .where('member_id', '=', member_id)
    .where('removal_id', '=', removal_id)
    .executeTakeFirst();
  return must(row, 'a store is told of a removal that there is');
}

async function changeState(
  rows: Rows,
  { member_id, removal_id }: RemovalKey,
  change: { readonly state: 'carrying' | 'done'; readonly ended_ms?: number },
): Promise<void> {
  await rows
    .updateTable('removals')
    .set(change)
    .where('member_id', '=', member_id)
    .where('removal_id', '=', removal_id)
    .execute();
}

async function keyOf(rows: Rows, storeId: StoreId): Promise<Uint8Array> {
  const row = await rows
    .selectFrom('stores')
    .select('public_key')
    .where('store_id', '=', storeId)
    .executeTakeFirst();
  return must(row, 'a store that was told is of the network').public_key;
}
