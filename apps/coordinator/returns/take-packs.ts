// A gateway takes packs back from a member's card: what the card says is asked of the stores first, without a
// transaction, and then written in one.
import type { MemberId, PackId, SessionId, StoreId } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { transact } from '@kura/database';
import { eachPack } from '../custody/read-packs.ts';
import type { MemberRows } from '../db/tables.ts';
import type { CopyKeys } from '../gateway/copy-keys.ts';
import type { Network } from '../network.ts';
import { renewSession } from '../sessions/sessions.ts';
import { readStores } from '../stores/stores.ts';
import {
  type AskedStore,
  CopyConfirmer,
  type ReturnedPack,
  type UnconfirmedCopy,
} from './confirm-copies.ts';
import { dropGone, takePacks } from './returned-packs.ts';

export interface ReturningParts {
  readonly network: Network;
  readonly keys: CopyKeys;
  readonly storeAt: (storeId: StoreId) => AskedStore | undefined;
}

export interface Returned {
  readonly sessionId: SessionId;
  readonly packs: readonly ReturnedPack[];
  /** Of rows that the card does not list. */
  readonly unlisted: readonly PackId[];
}

export interface Taken {
  /** Packs that have their row now, and copies of them that were confirmed. */
  readonly packs: number;
  readonly copies: number;
  readonly dropped: number;
  readonly unconfirmed: readonly UnconfirmedCopy[];
}

/** Throws `interrupted` without a living session, and what a pack is refused for. */
export async function takeReturned(
  { network, keys, storeAt }: ReturningParts,
  memberId: MemberId,
  { sessionId, packs, unlisted }: Returned,
): Promise<Taken> {
  const { database, charter, clock } = network;
  const change = <T>(work: (of: MemberRows) => Promise<T>): Promise<T> =>
    transact(database, async (rows) => {
      await renewSession({ rows, memberId, nowMs: clock.nowMs() }, sessionId);
      return work({ rows, memberId });
    });
  const { known, rows } = await change(async (of) => ({
    known: await readStores(of.rows),
    rows: await rowsOf(of, [...packs.map(({ packId }) => packId), ...unlisted]),
  }));
  const isKnown = (storeId: StoreId): boolean => known.has(storeId);
  const confirmer = new CopyConfirmer({ memberId, keys, storeAt, isKnown });
  const { confirmed, unconfirmed } = await confirmer.confirm(packs);
  const there = new Set(confirmed.map(({ packId }) => packId));
  const doubtful = rows.map((row) => strayOf(row, packs, there)).filter(hasCopies);
  const gone = await confirmer.missing(doubtful);
  return change(async (of) => {
    const nowMs = clock.nowMs();
    const taken = await takePacks(of, confirmed, { packLeaves: charter.shape.packLeaves, nowMs });
    const dropped = await dropGone(of, gone, nowMs);
    const copies = confirmed.reduce((sum, pack) => sum + pack.copies.length, 0);
    return { packs: taken.length, copies, dropped, unconfirmed };
  });
}

async function rowsOf(of: MemberRows, ids: readonly PackId[]): Promise<readonly PackRow[]> {
  const rows: PackRow[] = [];
  for await (const page of eachPack(of, ids)) rows.push(...page);
  return rows;
}

/**
 * The row with those of its copies that the card does not know: they were moved away or removed since. Of a listed
 * pack of which no store has confirmed a copy, none: then nothing says that its copies are elsewhere.
 */
function strayOf(
  row: PackRow,
  packs: readonly ReturnedPack[],
  confirmed: ReadonlySet<PackId>,
): PackRow {
  const listed = packs.find(({ packId }) => packId === row.packId);
  if (listed === undefined) return row;
  if (!confirmed.has(row.packId)) return { ...row, copies: [] };
  const elsewhere = new Set(listed.copies.map(({ storeId }) => storeId));
  return { ...row, copies: row.copies.filter(({ storeId }) => !elsewhere.has(storeId)) };
}

function hasCopies({ copies }: PackRow): boolean {
  return copies.length > 0;
}
