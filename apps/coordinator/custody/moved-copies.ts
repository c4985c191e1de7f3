// Copies that moves have added and given up, from their rows to the member: one event of the log for each move
// that has ended, and a message. The rows stay until the member's card has its notice (apps/coordinator/notices).
import { assert, type MemberId, must, PackIds, type Random, toHex } from '@kura/base';
import type { MovedSubject } from '@kura/log/events.ts';
import type { MovedCopiesTable } from '../db/custody-tables.ts';
import type { MoveCause, MovesTable } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import { tell } from '../inbox/inbox.ts';
import { readMember } from '../members/members.ts';
import { awaitedMembers } from '../returns/awaited.ts';
import { readStores } from '../stores/stores.ts';
import { packSetRoot } from './commit-snapshot.ts';
import { appendEvent } from './log-events.ts';
import type { LogSigner } from './log-key.ts';
import { receiptStores } from './receipt-stores.ts';

/** Moves of one transaction; each may be of thousands of packs. */
const MAX_MOVES = 20;
/** What was lost or hurt before; every other move is of copies that were whole. */
const REPAIRS: ReadonlySet<MoveCause> = new Set(['loss', 'fault']);

export interface Telling {
  readonly signer: LogSigner;
  readonly random: Random;
  readonly nowMs: number;
}

/** In the transaction of the copy's row; `root` is null when the copy goes. */
export async function noteMovedCopy(
  rows: Rows,
  copy: Omit<MovedCopiesTable, 'is_logged'>,
): Promise<void> {
  const columns = { ...copy, is_logged: 0 };
  await rows
    .insertInto('moved_copies')
    .values(columns)
    .onConflict((same) =>
      same.columns(['member_id', 'move_id', 'pack_id', 'store_id']).doUpdateSet(columns),
    )
    .execute();
}

/** Moves that have ended get their event and their message. Resolves to how many, of this one transaction. */
export async function tellMoves(rows: Rows, telling: Telling): Promise<number> {
  const ended = await rows
    .selectFrom('moves')
    .selectAll()
    .where('ended_ms', 'is not', null)
    .where('member_id', 'not in', awaitedMembers(rows))
    .where('move_id', 'in', (all) =>
      all.selectFrom('moved_copies').select('move_id').where('is_logged', '=', 0),
    )
    .orderBy('ended_ms')
    .orderBy('move_id')
    .limit(MAX_MOVES)
    .execute();
  for (const move of ended) await tellMove(rows, move, telling);
  return ended.length;
}

async function tellMove(rows: Rows, move: MovesTable, telling: Telling): Promise<void> {
  const { move_id: moveId, member_id: memberId, kind } = move;
  const copies = await rows
    .selectFrom('moved_copies')
    .selectAll()
    .where('move_id', '=', moveId)
    .where('is_logged', '=', 0)
    .orderBy('pack_id')
    .execute();
  // What a retirement takes away is told when its store has confirmed (docs/design/custody.md).
  if (kind === 'add') await appendMove(rows, { move, memberId, copies }, telling);
  const { notice_key: noticeKey } = await readMember({ rows, memberId });
  // Without a card there is nobody left to tell.
  if (noticeKey === null) {
    await rows.deleteFrom('moved_copies').where('move_id', '=', moveId).execute();
    return;
  }
  await rows
    .updateTable('moved_copies')
    .set({ is_logged: 1 })
    .where('move_id', '=', moveId)
    .execute();
}

interface EndedMove {
  readonly move: MovesTable;
  readonly memberId: MemberId;
  readonly copies: readonly MovedCopiesTable[];
}

async function appendMove(
  rows: Rows,
  { move, memberId, copies }: EndedMove,
  telling: Telling,
): Promise<void> {
  const subject = await subjectOf(rows, move, copies);
  const event = REPAIRS.has(move.cause) ? 'repaired' : 'moved';
  const of = { rows, memberId };
  const logged = await appendEvent(of, { event, subject, about: move.move_id }, telling);
  await tell(of, {
    kind: 'moved',
    nowMs: telling.nowMs,
    body: {
      event,
      number: logged.number,
      leafIndex: logged.leafIndex ?? null,
      packs: subject.packCount,
      to: subject.to.city,
      suite: subject.to.suite,
      from: subject.from,
      why: move.reason,
    },
  });
}

async function subjectOf(
  rows: Rows,
  { to_store: to, leave_store: from }: MovesTable,
  moved: readonly MovedCopiesTable[],
): Promise<MovedSubject> {
  const added = moved.flatMap(({ store_id: storeId, pack_id: packId, copy_id: copyId, root }) =>
    root === null ? [] : [{ storeId, packId, copyId, root }],
  );
  assert(
    added.every(({ storeId }) => storeId === to),
    'a move adds copies at its target only',
  );
  const [store] = receiptStores(
    new Map([[must(to, 'an addition has a target'), added]]),
    await readStores(rows),
  );
  const packs = must(PackIds.of(added.map(({ packId }) => packId)), 'each pack once');
  return {
    packCount: added.length,
    packSetRoot: toHex(packSetRoot(packs)),
    from,
    to: must(store, 'the target'),
  };
}
