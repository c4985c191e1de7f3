// After an addition: is a copy too many by now? Nothing is removed here. Where one may go, a retirement is written
// down, and what would stay is to be read first; where not, the reason is kept, and it is asked again in an hour.
import { HOUR_MS, type MemberId, type Random, type StoreId } from '@kura/base';
import type { MovePacksTable, MovesTable } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import { LOWEST_LEVEL } from '../members/level.ts';
import { type Decision, noteDecisions } from './decisions.ts';
import { judgeSurplus, type Knowledge } from './judge-surplus.ts';
import { changePackRow, dropPackRow, insertPackRows } from './move-rows.ts';
import { ownMove } from './write-plan.ts';

/** Of one transaction. */
const MAX_PACKS = 200;
const AGAIN_MS = HOUR_MS;

type SettlingRow = MovePacksTable & Pick<MovesTable, 'cause' | 'leave_store'>;

interface Leaving {
  readonly memberId: MemberId;
  readonly storeId: StoreId;
  readonly reason: string;
  readonly packs: SettlingRow[];
}

/** One batch of packs that are due. Resolves to how many were looked at. */
export async function settle(
  rows: Rows,
  knowledge: Knowledge,
  { nowMs, random }: { readonly nowMs: number; readonly random: Random },
): Promise<number> {
  const due = await dueRows(rows, nowMs);
  const leaving = new Map<string, Leaving>();
  const kept = new Map<string, Decision>();
  const decided = new Set<string>();
  for (const row of due) {
    const { member_id: memberId, pack_id: packId } = row;
    const pack = `${memberId} ${packId}`;
    if (decided.has(pack)) continue;
    if (await isRetiring(rows, row)) {
      await changePackRow(rows, row, { next_ms: nowMs + AGAIN_MS });
      continue;
    }
    const unwelcome = row.cause === 'better' ? (row.leave_store ?? undefined) : undefined;
    const question = { memberId, packId, asIfRead: true, unwelcome };
    const { retire, reason, isSettled } = await judgeSurplus(rows, knowledge, question);
    if (retire !== undefined) {
      const key = `${memberId} ${retire} ${reason}`;
      const group = leaving.get(key) ?? { memberId, storeId: retire, reason, packs: [] };
      group.packs.push(row);
      leaving.set(key, group);
      // One at a time: when it is gone, it is asked whether another one is too many.
      decided.add(pack);
      await stopSettling(rows, row);
      continue;
    }
    if (isSettled) {
      await dropPackRow(rows, row);
      continue;
    }
    await changePackRow(rows, row, { next_ms: nowMs + AGAIN_MS, why: reason });
    if (reason !== row.why) {
      kept.set(`${memberId} ${reason}`, { what: 'keep', reason, memberId, moveId: row.move_id });
    }
  }
  await noteDecisions(rows, [...kept.values()], nowMs);
  for (const group of leaving.values()) {
    await writeRetirement(rows, group, { knowledge, nowMs, random });
  }
  return due.length;
}

async function dueRows(rows: Rows, nowMs: number): Promise<readonly SettlingRow[]> {
  return rows
    .selectFrom('move_packs')
    .innerJoin('moves', 'moves.move_id', 'move_packs.move_id')
    .selectAll('move_packs')
    .select(['moves.cause', 'moves.leave_store'])
    .where('step', '=', 'settle')
    .where('next_ms', '<=', nowMs)
    .orderBy('next_ms')
    .limit(MAX_PACKS)
    .execute();
}

async function isRetiring(rows: Rows, { member_id, pack_id }: SettlingRow): Promise<boolean> {
  const row = await rows
    .selectFrom('move_packs')
    .select('step')
    .where('member_id', '=', member_id)
    .where('pack_id', '=', pack_id)
    .where('step', 'in', ['check', 'sign', 'remove'])
    .executeTakeFirst();
  return row !== undefined;
}

async function stopSettling(rows: Rows, { member_id, pack_id }: SettlingRow): Promise<void> {
  await rows
    .deleteFrom('move_packs')
    .where('member_id', '=', member_id)
    .where('pack_id', '=', pack_id)
    .where('step', '=', 'settle')
    .execute();
}

interface Writing {
  readonly knowledge: Knowledge;
  readonly nowMs: number;
  readonly random: Random;
}

async function writeRetirement(
  rows: Rows,
  { memberId, storeId, reason, packs }: Leaving,
  { knowledge, nowMs, random }: Writing,
): Promise<void> {
  const { demands, members } = knowledge.outlook;
  const level = demands[members.indexOf(memberId)]?.level ?? LOWEST_LEVEL;
  const bytes = packs.reduce((sum, pack) => sum + pack.size_bytes, 0);
  const move = {
    ...ownMove(
      {
        member_id: memberId,
        kind: 'retire',
        cause: 'surplus',
        level,
        packs: packs.length,
        bytes,
        reason,
      },
      { nowMs, random, at: { leave_store: storeId } },
    ),
    ...{ state: 'running' as const, started_ms: nowMs },
  };
  const moveId = move.move_id;
  await rows.insertInto('moves').values(move).execute();
  await insertPackRows(
    rows,
    packs.map(({ cause: _, leave_store: __, ...pack }) => ({
      ...pack,
      ...{ store_id: storeId, move_id: moveId, step: 'check', tries: 0, next_ms: nowMs, why: '' },
    })),
  );
  const about = { memberId, moveId, storeId };
  await noteDecisions(
    rows,
    [{ what: 'retire', reason: `${packs.length} packs: ${reason}`, ...about }],
    nowMs,
  );
}
