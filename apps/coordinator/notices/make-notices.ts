// Row A16: after copies have moved, the member's card learns where everything lies: one notice for all that moved
// since the last, as rows that wait for a gateway. In a network of one's own there is no card, and nothing is
// made.
import {
  type MemberId,
  MINUTE_MS,
  must,
  type NetworkShape,
  type PackId,
  type StoreId,
  toHex,
} from '@kura/base';
import type { CardStore } from '@kura/contract/wire/card-store.ts';
import { noticeName, signLetter } from '@kura/copy-seal';
import { eachPack, heldCopies } from '../custody/read-packs.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import type { CopyKeys, StoreKeys } from '../gateway/copy-keys.ts';
import { readLevel } from '../members/contract.ts';
import { grantsByStore } from '../members/grants.ts';
import { readMember } from '../members/members.ts';
import { mustKnow, readStores } from '../stores/stores.ts';
import { fitNotice, type PackNow } from './notice-text.ts';

/** Moves of one evening are one notice, not a hundred. */
export const AGAIN_MS = 10 * MINUTE_MS;
const MAX_MEMBERS = 20;
const MAX_PACKS = 10_000;

export interface NoticeKeys {
  readonly keys: CopyKeys;
  readonly coordinatorSeed: Uint8Array;
  /** By which notices of a member are named. */
  readonly noticeKeyOf: (member: MemberId) => Uint8Array;
}

export interface NoticeMaking extends NoticeKeys {
  readonly shape: NetworkShape;
  readonly nowMs: number;
}

/** Members who are to be told something, with the stores where they have copies. */
export async function membersToTell(
  rows: Rows,
): Promise<ReadonlyMap<MemberId, readonly StoreId[]>> {
  const members = await rows
    .selectFrom('moved_copies')
    .select('member_id')
    .distinct()
    .where('is_logged', '=', 1)
    .limit(MAX_MEMBERS)
    .execute();
  const all = new Map<MemberId, readonly StoreId[]>();
  for (const { member_id: memberId } of members) {
    const held = await rows
      .selectFrom('copies')
      .select('store_id')
      .distinct()
      .where('member_id', '=', memberId)
      .execute();
    all.set(
      memberId,
      held.map(({ store_id: storeId }) => storeId),
    );
  }
  return all;
}

/** Of one member, in one transaction; `keys` are asked before it, the tables have one connection. */
export async function makeNotice(
  of: MemberRows,
  keys: ReadonlyMap<StoreId, StoreKeys>,
  making: NoticeMaking,
): Promise<void> {
  const { rows, memberId } = of;
  const { nowMs, shape, coordinatorSeed } = making;
  const { ticks: tick } = await readMember(of);
  const last = await lastNotice(of);
  if (last !== undefined && nowMs - last.made_ms < AGAIN_MS) return;
  const moved = await movedIds(of);
  if (moved.length === 0) return;
  if (nowMs - (await waitingSince(of)) < AGAIN_MS && (await isMoving(of, nowMs))) return;
  const packs = await packsNow(of, moved);
  const stores = await cardStores(of, keys, making);
  const number = (last?.number ?? 0) + 1;
  const level = await readLevel(of, nowMs);
  const known = new Set(stores.map(({ identity }) => identity.storeId));
  const readable = packs.map(({ copies, ...pack }) => ({
    ...pack,
    copies: copies.filter(({ storeId }) => known.has(storeId)),
  }));
  const parts = { memberId, number, madeMs: nowMs, tick, level, stores, packs: readable };
  const { text, told } = fitNotice(parts, shape);
  await rows
    .insertInto('notices')
    .values({
      ...{ member_id: memberId, number, body: text, state: 'waiting' },
      ...{ made_ms: nowMs, next_ms: nowMs, tries: 0, record: null },
      signature: toHex(signLetter('notice', text, coordinatorSeed)),
      pack_id: noticeName(making.noticeKeyOf(memberId), number),
    })
    .execute();
  // What stands no more needs no telling; what did not fit is told the next time.
  const upTo = told === packs.length ? moved.at(-1) : packs[told - 1]?.packId;
  await forgetTold(of, must(upTo, 'a pack has moved'));
}

/** `upTo`: in the order of ids. */
async function forgetTold({ rows, memberId }: MemberRows, upTo: PackId): Promise<void> {
  await rows
    .deleteFrom('moved_copies')
    .where('member_id', '=', memberId)
    .where('is_logged', '=', 1)
    .where('pack_id', '<=', upTo)
    .execute();
}

/** Numbers up to this one are taken, by notices of before a rebuild: the next one is a higher one. */
export async function noteNoticesUpTo(
  of: MemberRows,
  {
    number,
    nameKey,
    nowMs,
  }: { readonly number: number; readonly nameKey: Uint8Array; readonly nowMs: number },
): Promise<void> {
  if (number <= (await newestNotice(of))) return;
  await of.rows
    .insertInto('notices')
    .values({
      ...{ member_id: of.memberId, number, body: '', signature: '', state: 'stored' },
      ...{ pack_id: noticeName(nameKey, number), record: null },
      ...{ made_ms: nowMs, next_ms: nowMs, tries: 0 },
    })
    .execute();
}

/** Its number; 0 before the first. */
export async function newestNotice(of: MemberRows): Promise<number> {
  return (await lastNotice(of))?.number ?? 0;
}

async function lastNotice({ rows, memberId }: MemberRows) {
  return rows
    .selectFrom('notices')
    .select(['number', 'made_ms'])
    .where('member_id', '=', memberId)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
}

async function movedIds({ rows, memberId }: MemberRows): Promise<readonly PackId[]> {
  const found = await rows
    .selectFrom('moved_copies')
    .select('pack_id')
    .distinct()
    .where('member_id', '=', memberId)
    .where('is_logged', '=', 1)
    .orderBy('pack_id')
    .limit(MAX_PACKS)
    .execute();
  return found.map(({ pack_id: packId }) => packId);
}

/** When the first move ended that the member's card has not been told of. */
async function waitingSince({ rows, memberId }: MemberRows): Promise<number> {
  const { since } = await rows
    .selectFrom('moves')
    .select((all) => all.fn.min<number | string | null>('ended_ms').as('since'))
    .where('move_id', 'in', (all) =>
      all
        .selectFrom('moved_copies')
        .select('move_id')
        .where('member_id', '=', memberId)
        .where('is_logged', '=', 1),
    )
    .executeTakeFirstOrThrow();
  return Number(since);
}

/** A notice in the middle of it would be stale at once, and the next one is ten minutes away. */
async function isMoving({ rows, memberId }: MemberRows, nowMs: number): Promise<boolean> {
  const onItsWay = await rows
    .selectFrom('move_packs')
    .select('pack_id')
    .where('member_id', '=', memberId)
    .where((all) => all.or([all('step', '<>', 'settle'), all('next_ms', '<=', nowMs)]))
    .limit(1)
    .executeTakeFirst();
  if (onItsWay !== undefined) return true;
  const unlogged = await rows
    .selectFrom('moved_copies')
    .select('pack_id')
    .where('member_id', '=', memberId)
    .where('is_logged', '=', 0)
    .limit(1)
    .executeTakeFirst();
  return unlogged !== undefined;
}

/** As they lie now, whatever has happened to them since their move. */
async function packsNow(of: MemberRows, ids: readonly PackId[]): Promise<readonly PackNow[]> {
  const packs: PackNow[] = [];
  for await (const rows of eachPack(of, ids)) {
    for (const row of rows) {
      if (row.state === 'destroying') continue;
      const { packId, leafCount } = row;
      packs.push({ packId, leafCount, copies: heldCopies(row) });
    }
  }
  return packs.sort((a, b) => (a.packId < b.packId ? -1 : 1));
}

/** Where this member has copies, as a card has to know it. */
async function cardStores(
  of: MemberRows,
  keys: ReadonlyMap<StoreId, StoreKeys>,
  { coordinatorSeed, nowMs }: NoticeMaking,
): Promise<readonly CardStore[]> {
  const { rows, memberId } = of;
  const stores = await readStores(rows);
  const grants = await grantsByStore(rows, memberId, { coordinatorSeed, keys, nowMs });
  const places = await rows
    .selectFrom('stores')
    .select(['store_id', 'kind', 'reader_address'])
    .execute();
  return places.flatMap(({ store_id: storeId, kind, reader_address: reader }): CardStore[] => {
    const own = keys.get(storeId);
    if (own === undefined) return [];
    const isReadable = kind === 'readable' && reader !== null;
    return [
      {
        identity: mustKnow(stores, storeId).identity,
        kind: isReadable ? 'readable' : 'strict',
        readers: isReadable ? [reader] : [],
        ...own,
        grant: grants.get(storeId),
      },
    ];
  });
}
