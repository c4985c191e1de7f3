// Members as an operator sees them: state, contract and how much they have; never what.
import { KuraError, type MemberId } from '@kura/base';
import type { MemberView } from '@kura/contract/wire/endpoints/operator.ts';
import type { Rows } from '../db/tables.ts';
import { readContract } from '../members/contract.ts';
import { levelOf } from '../members/level.ts';

interface MemberPage {
  readonly after?: MemberId | undefined;
  readonly only?: MemberId;
  readonly limit: number;
  readonly leafBytes: number;
  readonly nowMs: number;
}

/** In the order of their ids. */
export async function viewMembers(rows: Rows, page: MemberPage): Promise<readonly MemberView[]> {
  const { after, only, limit } = page;
  let query = rows
    .selectFrom('members')
    .innerJoin('usage', 'usage.member_id', 'members.member_id')
    .leftJoin('accounts', 'accounts.member_id', 'members.member_id')
    .select([
      'members.member_id as memberId',
      'members.state as state',
      'members.member_since_ms as joinedMs',
      'members.own_level as ownLevel',
      'accounts.name as account',
      'usage.packs as packs',
      'usage.leaves as leaves',
      'usage.snapshots as snapshots',
    ])
    .orderBy('members.member_id')
    .limit(limit);
  if (after !== undefined) query = query.where('members.member_id', '>', after);
  if (only !== undefined) query = query.where('members.member_id', '=', only);
  const found = await query.execute();
  const views: MemberView[] = [];
  for (const { memberId, ownLevel, leaves, account, ...row } of found) {
    const contract = await readContract({ rows, memberId }, page.nowMs);
    const steps = contract?.plan.levels;
    const standing = { steps, memberSinceMs: row.joinedMs, ownLevel };
    views.push({
      ...row,
      memberId,
      account: account ?? '',
      level: levelOf(standing, page.nowMs),
      bytes: leaves * page.leafBytes,
      contract: contract && {
        planId: contract.plan.planId,
        fromMs: contract.fromMs,
        toMs: contract.toMs,
        paidUntilMs: contract.paidUntilMs,
      },
    });
  }
  return views;
}

/** Throws `not_found`. */
export async function viewMember(
  rows: Rows,
  page: Omit<MemberPage, 'limit' | 'after'> & { readonly only: MemberId },
): Promise<MemberView> {
  const [member] = await viewMembers(rows, { ...page, limit: 1 });
  if (member !== undefined) return member;
  throw new KuraError('not_found', `member ${page.only} is not known here`, {
    guidance: 'See: kura operator members list',
  });
}
