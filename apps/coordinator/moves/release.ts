// What waits above the cap of one feed's word goes on by itself when a second source says the same, and otherwise a
// share each hour: a feed that lies can move only so much, and one that is right is not ignored.
import { HOUR_MS } from '@kura/base';
import { batches } from '../db/batches.ts';
import type { MovesTable } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import type { HazardEvent } from '../hazards/events/hazard-event.ts';
import { confirmedStores } from '../hazards/moves/confirm.ts';
import type { World } from '../hazards/planner/world.ts';
import { riskParameters } from '../hazards/risk/parameters.ts';
import { noteDecisions } from './decisions.ts';
import { unconfirmedBytes } from './move-rows.ts';
import type { Outlook } from './outlook.ts';

export interface Releasing {
  readonly outlook: Outlook;
  readonly world: World;
  readonly events: readonly HazardEvent[];
  readonly newId: () => string;
}

export async function releaseWaiting(rows: Rows, releasing: Releasing): Promise<void> {
  const { outlook, world, events } = releasing;
  const waiting = await rows
    .selectFrom('moves')
    .selectAll()
    .where('state', '=', 'approval')
    .orderBy('level', 'desc')
    .orderBy('made_ms')
    .orderBy('move_id')
    .execute();
  if (waiting.length === 0) return;
  const isSure = confirmedStores(world, events);
  const { hourlyCap } = riskParameters().decisions;
  let spentBytes = await unconfirmedBytes(rows, outlook.atMs - HOUR_MS);
  for (const move of waiting) {
    const leave = move.leave_store === null ? -1 : outlook.storeIds.indexOf(move.leave_store);
    if (leave !== -1 && isSure(leave)) {
      await release(rows, move, { atMs: outlook.atMs, isConfirmed: true });
      continue;
    }
    // One pack an hour goes in the smallest network, too.
    const capBytes = Math.max(hourlyCap * outlook.totalBytes, move.bytes / move.packs);
    const leftBytes = capBytes - spentBytes;
    spentBytes += await releaseShare(rows, move, { ...releasing, leftBytes });
  }
}

async function release(
  rows: Rows,
  { move_id: moveId, member_id: memberId }: MovesTable,
  { atMs, isConfirmed }: { readonly atMs: number; readonly isConfirmed: boolean },
): Promise<void> {
  await rows
    .updateTable('moves')
    .set({ state: 'planned', is_confirmed: isConfirmed ? 1 : 0, made_ms: atMs })
    .where('move_id', '=', moveId)
    .execute();
  const reason = isConfirmed ? 'not only one feed says so any more' : 'within the cap of this hour';
  await noteDecisions(rows, [{ what: 'release', reason, memberId, moveId }], atMs);
}

/** Resolves to the bytes that may go now: some packs become a move of their own. */
async function releaseShare(
  rows: Rows,
  move: MovesTable,
  { outlook, leftBytes, newId }: Releasing & { readonly leftBytes: number },
): Promise<number> {
  const { atMs } = outlook;
  if (move.bytes <= leftBytes) {
    await release(rows, move, { atMs, isConfirmed: false });
    return move.bytes;
  }
  const packBytes = move.bytes / move.packs;
  const count = Math.floor(leftBytes / packBytes);
  if (count <= 0) return 0;
  const some = await rows
    .selectFrom('move_packs')
    .select(['pack_id', 'size_bytes'])
    .where('move_id', '=', move.move_id)
    .where('step', '=', 'wait')
    .orderBy('pack_id')
    .limit(count)
    .execute();
  const bytes = some.reduce((sum, pack) => sum + pack.size_bytes, 0);
  const part = { ...move, move_id: newId(), packs: some.length, bytes };
  await rows.insertInto('moves').values(part).execute();
  for (const batch of batches(some.map((pack) => pack.pack_id))) {
    await rows
      .updateTable('move_packs')
      .set({ move_id: part.move_id })
      .where('move_id', '=', move.move_id)
      .where('pack_id', 'in', batch)
      .execute();
  }
  await rows
    .updateTable('moves')
    .set({ packs: move.packs - some.length, bytes: move.bytes - bytes })
    .where('move_id', '=', move.move_id)
    .execute();
  await release(rows, part, { atMs, isConfirmed: false });
  return bytes;
}
