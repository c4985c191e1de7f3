// A closing as its member and an operator see it: how far it is, and which store has known the notice for how long.
import type { MemberId } from '@kura/base';
import type { ClosingView, ConsentView } from '@kura/contract/wire/endpoints/closings.ts';
import type { ClosingsTable } from '../db/closing-tables.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import { readConsent } from './consents.ts';

/** The newest first. */
export async function viewClosings(
  rows: Rows,
  { only, limit }: { readonly only?: MemberId; readonly limit: number },
): Promise<readonly ClosingView[]> {
  let query = rows.selectFrom('closings').selectAll().orderBy('given_ms', 'desc').limit(limit);
  if (only !== undefined) query = query.where('member_id', '=', only);
  const views: ClosingView[] = [];
  for (const row of await query.execute()) views.push(await viewOne(rows, row));
  return views;
}

async function viewOne(rows: Rows, row: ClosingsTable): Promise<ClosingView> {
  const { member_id: memberId, ended_ms: endedMs } = row;
  const told = await rows
    .selectFrom('closing_stores')
    .select(['store_id as storeId', 'held_ms as heldMs', 'ready_ms as readyMs'])
    .where('member_id', '=', memberId)
    .where('notice', 'is not', null)
    .orderBy('store_id')
    .execute();
  return {
    ...{ memberId, closingId: row.closing_id, state: row.state, days: row.days },
    ...{ givenMs: row.given_ms, endsMs: row.ends_ms, endedMs: endedMs ?? undefined },
    why: row.why ?? undefined,
    stores:
      endedMs === null
        ? told.map(({ readyMs, ...store }) => ({ ...store, isReady: readyMs !== null }))
        : [],
  };
}

export async function viewConsent(of: MemberRows): Promise<ConsentView | undefined> {
  const kept = await readConsent(of);
  return kept && { days: kept.days, signedMs: kept.signedMs };
}
