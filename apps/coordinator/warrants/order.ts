// A member orders removal: the rows go now and their room is given back; the warrants that the owner signed wait
// here until their time has come, and a gateway hands them to their stores, which check them once more.

import { createHash } from 'node:crypto';
import {
  type CopyId,
  DAY_MS,
  KuraError,
  type MemberId,
  type PackId,
  type StoreId,
  toHex,
} from '@kura/base';
import {
  type DestroyPackWarrant,
  encodeWarrant,
  verifyWarrant,
  type Warrant,
} from '@kura/contract';
import { refuseForeignCopies } from '../custody/copies-named.ts';
import { batches } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';
import { readOwnerKey } from '../members/members.ts';
import { dropPacks } from '../prune/drop.ts';
import { setAside } from '../removal/set-aside.ts';
import { awaitedMembers } from '../returns/awaited.ts';
import { heldStores } from '../stores/holds.ts';

const ID_BYTES = 16;

export interface OrderOptions {
  readonly removalDelayMs: number;
  readonly nowMs: number;
}

/** Warrants signed a moment ago on a clock that is a little behind. */
const CLOCK_SLACK_MS = 10 * 60 * 1000;
/** Signed on a clock that is ahead: within a day nobody is harmed, in ten years bytes would lie for ten years. */
const MAX_AHEAD_MS = DAY_MS;

/**
 * Throws `refused` unless the owner signed every warrant, none is due before the delay has passed, and together
 * they name every copy of some condemned packs, and nothing else.
 */
export async function orderRemoval(
  of: MemberRows,
  warrants: readonly DestroyPackWarrant[],
  options: OrderOptions,
): Promise<readonly PackId[]> {
  const ownerKey = await ownerKeyOf(of);
  for (const warrant of warrants) judge(warrant, { ...options, ownerKey });
  const isNew = await unknownWarrants(of, warrants);
  if (isNew.length === 0) return [];
  const named = isNew.flatMap(({ storeId, copyIds }) =>
    copyIds.map((copyId) => ({ storeId, copyId })),
  );
  const packs = new Set((await refuseForeignCopies(of, named)).values());
  await refuseLeftCopies(of, [...packs], new Set(named.map(({ copyId }) => copyId)));
  const warranted: { warrantId: string; storeId: StoreId }[] = [];
  for (const warrant of isNew) {
    const { storeId, notBeforeMs } = warrant;
    warranted.push({ warrantId: await insertWarrant(of, { warrant, notBeforeMs }), storeId });
  }
  await setAside(of, {
    ...{ packs: [...packs], warrants: warranted, orderedMs: options.nowMs },
    dueMs: Math.max(...isNew.map((warrant) => warrant.notBeforeMs)),
  });
  await dropPacks(of, [...packs], options.nowMs);
  return [...packs];
}

function refuse(why: string): never {
  throw new KuraError('refused', `the order to remove is refused: ${why}`, {
    guidance: 'Run the prune again.',
    context: { reason: 'warrant' },
  });
}

/** Throws `refused` where nobody is known who could sign. */
export async function ownerKeyOf(of: MemberRows): Promise<Uint8Array> {
  return (await readOwnerKey(of)) ?? refuse('no owner is known for this member');
}

interface Judging extends OrderOptions {
  readonly ownerKey: Uint8Array;
}

function judge(warrant: DestroyPackWarrant, { ownerKey, removalDelayMs, nowMs }: Judging): void {
  const dueMs = warrant.notBeforeMs;
  if (dueMs < nowMs + removalDelayMs - CLOCK_SLACK_MS) {
    refuse('it would be carried out before the delay of the network has passed');
  }
  if (dueMs > nowMs + removalDelayMs + MAX_AHEAD_MS) {
    refuse('it would wait long after the delay of the network: the clock of the device is ahead');
  }
  const check = { storeId: warrant.storeId, signerKey: ownerKey, storeKeys: new Map() };
  // As at its time: what is judged here is the signature.
  verifyWarrant(warrant, { ...check, nowMs: dueMs });
}

function idOf(warrant: Warrant): string {
  const hash = createHash('sha256').update(encodeWarrant(warrant)).digest();
  return toHex(hash.subarray(0, ID_BYTES));
}

/** What was ordered already is not ordered twice: a call may be repeated. */
async function unknownWarrants(
  { rows }: MemberRows,
  warrants: readonly DestroyPackWarrant[],
): Promise<DestroyPackWarrant[]> {
  const ids = warrants.map(idOf);
  const known = new Set<string>();
  for (const batch of batches(ids)) {
    const found = await rows
      .selectFrom('warrants')
      .select('warrant_id')
      .where('warrant_id', 'in', batch)
      .execute();
    for (const row of found) known.add(row.warrant_id);
  }
  return warrants.filter((warrant) => !known.has(idOf(warrant)));
}

/** Rows of copies that nobody was told to remove would be forgotten bytes; where a store has left, there are none. */
async function refuseLeftCopies(
  { rows, memberId }: MemberRows,
  packs: readonly PackId[],
  named: ReadonlySet<CopyId>,
): Promise<void> {
  for (const batch of batches(packs)) {
    const copies = await rows
      .selectFrom('copies')
      .innerJoin('stores', 'stores.store_id', 'copies.store_id')
      .select('copies.copy_id')
      .where('copies.member_id', '=', memberId)
      .where('copies.pack_id', 'in', batch)
      .where('stores.state', '!=', 'retired')
      .execute();
    if (copies.some((row) => !named.has(row.copy_id))) refuse('it leaves copies of a pack behind');
  }
}

export interface NewWarrant {
  readonly warrant: Warrant;
  readonly notBeforeMs: number;
  /** Default: waiting. */
  readonly state?: 'early' | 'waiting';
}

/** Waits for its time, then for a gateway that reaches its store. Resolves to its id. */
export async function insertWarrant(
  { rows, memberId }: MemberRows,
  { warrant, notBeforeMs, state = 'waiting' }: NewWarrant,
): Promise<string> {
  const id = idOf(warrant);
  await rows
    .insertInto('warrants')
    .values({
      warrant_id: id,
      member_id: memberId,
      store_id: warrant.storeId,
      body: encodeWarrant(warrant),
      not_before_ms: notBeforeMs,
      state,
    })
    .execute();
  return id;
}

/** Warrants of this store that are due, oldest first; none while it is on hold. */
export async function dueWarrants(
  rows: MemberRows['rows'],
  {
    storeId,
    nowMs,
    limit,
  }: { readonly storeId: StoreId; readonly nowMs: number; readonly limit: number },
): Promise<
  readonly { readonly warrantId: string; readonly memberId: MemberId; readonly body: Uint8Array }[]
> {
  const due = await rows
    .selectFrom('warrants')
    .select(['warrant_id', 'member_id', 'body'])
    .where('store_id', '=', storeId)
    .where('state', '=', 'waiting')
    .where('not_before_ms', '<=', nowMs)
    .where('member_id', 'not in', awaitedMembers(rows))
    .where('store_id', 'not in', heldStores(rows))
    .orderBy('not_before_ms')
    .limit(limit)
    .execute();
  return due.map((row) => ({ warrantId: row.warrant_id, memberId: row.member_id, body: row.body }));
}

export async function noteObeyed(rows: MemberRows['rows'], warrantId: string): Promise<void> {
  await rows
    .updateTable('warrants')
    .set({ state: 'obeyed' })
    .where('warrant_id', '=', warrantId)
    .execute();
}
