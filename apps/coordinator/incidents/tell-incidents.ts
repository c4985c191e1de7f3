// Row A13: what was judged is told to its member: one message for all incidents of one store and one verdict, so
// that a burnt store is one message and not one for each copy.
import { HOUR_MS, type MemberId, must, type StoreId } from '@kura/base';
import { ACCUSATIONS, inPlainWords, type VerdictKind } from '@kura/contract/evidence/index.ts';
import type { Rows } from '../db/tables.ts';
import { tell } from '../inbox/inbox.ts';
import { mustKnow, readStores } from '../stores/stores.ts';

/** Of decay at one store a member is told so often; accusations are told at once. */
export const TELL_EVERY_MS = HOUR_MS;
/** Messages of one round. */
const MAX_TOLD = 100;

/** Resolves to how many messages were written. */
export async function tellIncidents(rows: Rows, nowMs: number): Promise<number> {
  const due = await rows
    .selectFrom('incidents')
    .select(['member_id', 'store_id', 'verdict'])
    .select((all) => all.fn.countAll<number>().as('copies'))
    .select((all) => all.fn.min('incident_id').as('first'))
    .where('state', '=', 'judged')
    .where('told_ms', 'is', null)
    .where('store_id', 'is not', null)
    .groupBy(['member_id', 'store_id', 'verdict'])
    .limit(MAX_TOLD)
    .execute();
  let told = 0;
  for (const group of due) {
    const verdict = must(group.verdict, 'what is judged has a verdict');
    const storeId = must(group.store_id, 'asked for');
    const about = { memberId: group.member_id, storeId, verdict };
    if (!ACCUSATIONS.includes(verdict) && (await wasTold(rows, about, nowMs))) continue;
    await tellGroup(rows, { ...about, copies: Number(group.copies), first: group.first }, nowMs);
    told++;
  }
  return told;
}

interface About {
  readonly memberId: MemberId;
  readonly storeId: StoreId;
  readonly verdict: VerdictKind;
}

async function wasTold(rows: Rows, { memberId, storeId, verdict }: About, nowMs: number) {
  const row = await rows
    .selectFrom('incidents')
    .select('incident_id')
    .where('member_id', '=', memberId)
    .where('store_id', '=', storeId)
    .where('verdict', '=', verdict)
    .where('told_ms', '>', nowMs - TELL_EVERY_MS)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

async function tellGroup(
  rows: Rows,
  { memberId, storeId, verdict, copies, first }: About & { copies: number; first: string },
  nowMs: number,
): Promise<void> {
  const { city } = mustKnow(await readStores(rows), storeId).identity.place;
  const told = { verdict, copies, city };
  const body = {
    message: inPlainWords(told, 'en'),
    message_ja: inPlainWords(told, 'ja'),
    ...{ verdict, copies, store: storeId, city },
    incident: first,
    see: `kura incidents show ${first.slice(0, 8)}`,
  };
  await tell({ rows, memberId }, { kind: 'incident', body, nowMs });
  await rows
    .updateTable('incidents')
    .set({ told_ms: nowMs })
    .where('member_id', '=', memberId)
    .where('store_id', '=', storeId)
    .where('verdict', '=', verdict)
    .where('state', '=', 'judged')
    .where('told_ms', 'is', null)
    .execute();
}
