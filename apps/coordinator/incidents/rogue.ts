// Row A15, outside a write: a store that is not who it should be counts a failure, and from a set count on it is
// rogue: no copy goes there any more, and every member that has one there is told, with evidence.
import { HOUR_MS, type StoreId } from '@kura/base';
import type { MemberRows, Rows } from '../db/tables.ts';
import { mustKnow, readStores, setStoreState } from '../stores/stores.ts';
import { WINDOW_MS } from './gather.ts';
import { nameIncident } from './incident-id.ts';
import { insertIncident } from './open-incident.ts';

/** One may be a renewal that came too late, two a restart; whoever fails more often is another one. */
export const ROGUE_AFTER = 3;
const MAX_WHY = 300;

export interface StoreFailure {
  readonly storeId: StoreId;
  readonly timeMs: number;
  readonly why: string;
}

/**
 * One failure an hour counts: who asks often does not make a store worse. Resolves to true if the store is rogue from
 * now on.
 */
export async function noteStoreFailure(
  rows: Rows,
  { storeId, timeMs, why }: StoreFailure,
  rogueAfter: number = ROGUE_AFTER,
): Promise<boolean> {
  const recent = await rows
    .selectFrom('store_failures')
    .select('time_ms')
    .where('store_id', '=', storeId)
    .where('time_ms', '>', timeMs - WINDOW_MS)
    .orderBy('time_ms', 'desc')
    .limit(rogueAfter)
    .execute();
  const last = recent[0]?.time_ms;
  if (last !== undefined && timeMs - last < HOUR_MS) return false;
  await rows
    .insertInto('store_failures')
    .values({ store_id: storeId, time_ms: timeMs, why: why.slice(0, MAX_WHY) })
    .onConflict((same) => same.doNothing())
    .execute();
  if (recent.length + 1 < rogueAfter) return false;
  const { state } = mustKnow(await readStores(rows), storeId);
  if (state === 'active' || state === 'unreachable') {
    await setStoreState(rows, storeId, { state: 'draining', nowMs: timeMs });
  }
  return (await openRogueIncidents(rows, storeId, timeMs)) > 0;
}

/** One for each member that has a copy there and has none that is open, or younger than the window. */
async function openRogueIncidents(rows: Rows, storeId: StoreId, nowMs: number): Promise<number> {
  const members = await rows
    .selectFrom('copies')
    .select('member_id')
    .where('store_id', '=', storeId)
    .where('signature', 'is not', null)
    .where('member_id', 'not in', (known) =>
      known
        .selectFrom('incidents')
        .select('incidents.member_id')
        .where('incidents.store_id', '=', storeId)
        .where('incidents.kind', '=', 'rogue')
        .where('incidents.opened_ms', '>', nowMs - WINDOW_MS),
    )
    .groupBy('member_id')
    .execute();
  for (const { member_id: memberId } of members)
    await openRogue({ rows, memberId }, storeId, nowMs);
  return members.length;
}

async function openRogue(of: MemberRows, storeId: StoreId, nowMs: number): Promise<void> {
  const copy = await of.rows
    .selectFrom('copies')
    .select(['pack_id', 'copy_id'])
    .where('member_id', '=', of.memberId)
    .where('store_id', '=', storeId)
    .where('signature', 'is not', null)
    .orderBy('pack_id')
    .limit(1)
    .executeTakeFirstOrThrow();
  const id = nameIncident([of.memberId, storeId, 'rogue', nowMs]);
  const about = { store_id: storeId, pack_id: copy.pack_id, copy_id: copy.copy_id };
  await insertIncident(of, { incident_id: id, kind: 'rogue', ...about, opened_ms: nowMs });
}
