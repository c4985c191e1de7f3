// Members: the contract, from which the level follows, and the home, from which stores keep away.
import { KuraError, type MemberId } from '@kura/base';
import type { HomeDescription } from '@kura/contract';
import type { MembersTable, Rows } from '../db/tables.ts';
import { type Contract, isLevel } from './level.ts';

/** closed: it may still restore for a while; nothing of it may be stored. */
export type MemberState = 'active' | 'suspended' | 'closed';

export interface Member {
  readonly memberId: MemberId;
  readonly contract: Contract;
  readonly home: HomeDescription;
}

export async function registerMember(rows: Rows, member: Member): Promise<void> {
  await rows
    .insertInto('members')
    .values({
      member_id: member.memberId,
      state: 'active',
      ticks: 0,
      ...contractColumns(member.contract),
      ...homeColumns(member.home),
    })
    .execute();
  const none = { leaves: 0, claimed_leaves: 0, packs: 0, snapshots: 0 };
  await rows
    .insertInto('usage')
    .values({ member_id: member.memberId, ...none })
    .execute();
}

export async function readMember(rows: Rows, memberId: MemberId): Promise<Member> {
  const row = await rows
    .selectFrom('members')
    .selectAll()
    .where('member_id', '=', memberId)
    .executeTakeFirst();
  if (row === undefined) throw new KuraError('not_found', `member ${memberId} is not known here`);
  return {
    memberId,
    contract: {
      plan: row.plan,
      memberSinceMs: row.member_since_ms,
      ownLevel: row.own_level,
    },
    home: {
      name: row.home_name,
      lat: row.home_lat,
      lon: row.home_lon,
      powerArea: row.home_power_area,
    },
  };
}

export async function setContract(
  rows: Rows,
  memberId: MemberId,
  contract: Contract,
): Promise<void> {
  const columns = contractColumns(contract);
  await rows.updateTable('members').set(columns).where('member_id', '=', memberId).execute();
}

export async function setHome(
  rows: Rows,
  memberId: MemberId,
  home: HomeDescription,
): Promise<void> {
  const columns = homeColumns(home);
  await rows.updateTable('members').set(columns).where('member_id', '=', memberId).execute();
}

function contractColumns(
  contract: Contract,
): Pick<MembersTable, 'plan' | 'member_since_ms' | 'own_level'> {
  if (!isLevel(contract.ownLevel)) {
    throw new KuraError('usage', `${contract.ownLevel} is not a level`, {
      guidance: 'A level is 1, 2 or 3.',
    });
  }
  return {
    plan: contract.plan,
    member_since_ms: contract.memberSinceMs,
    own_level: contract.ownLevel,
  };
}

function homeColumns(
  home: HomeDescription,
): Pick<MembersTable, 'home_name' | 'home_lat' | 'home_lon' | 'home_power_area'> {
  return {
    home_name: home.name,
    home_lat: home.lat,
    home_lon: home.lon,
    home_power_area: home.powerArea,
  };
}
