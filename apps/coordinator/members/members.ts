// Members: who they are, since when, by which keys the network knows them, and the home, from which stores keep
// away. What they may do is their contract's affair (`contract.ts`).
import { isDeepStrictEqual } from 'node:util';
import { DAY_MS, KuraError, type MemberId } from '@kura/base';
import type { HomeDescription } from '@kura/contract';
import { nextTick } from '../db/batches.ts';
import type { MemberRows, MemberState, MembersTable, Rows } from '../db/tables.ts';
import { setContract } from './contract.ts';
import { isLevel } from './level.ts';

/** Public halves: nothing here opens anything. */
export interface MemberPublicKeys {
  /** Ed25519: certifies devices, signs warrants. */
  readonly ownerKey: Uint8Array;
  /** X25519. */
  readonly noticeKey: Uint8Array;
  readonly cardKeyHash: Uint8Array;
}

export interface Registration {
  readonly memberId: MemberId;
  readonly home: HomeDescription;
  readonly planId: string;
  /** Counts under a plan without levels only. */
  readonly ownLevel: number;
  /** Absent in an embedded network, whose stores know the owner's key themselves. */
  readonly keys?: MemberPublicKeys;
  readonly mailAddress?: string | undefined;
  readonly paidUntilMs?: number | undefined;
  readonly nowMs: number;
}

/** Member, contract and an empty account of what they have. Throws `already_exists`, `usage`. */
export async function registerMember(rows: Rows, registration: Registration): Promise<void> {
  const { memberId, home, planId, keys, nowMs } = registration;
  const of = { rows, memberId };
  if (await isMember(of)) {
    throw new KuraError('already_exists', 'a member with this id has joined before', {
      guidance: 'Log in with the account: kura join --account NAME --known-card DIR',
    });
  }
  await rows
    .insertInto('members')
    .values({
      member_id: memberId,
      state: 'active',
      state_since_ms: nowMs,
      ticks: 0,
      member_since_ms: nowMs,
      own_level: checkedLevel(registration.ownLevel),
      owner_key: keys?.ownerKey ?? null,
      notice_key: keys?.noticeKey ?? null,
      card_key_hash: keys?.cardKeyHash ?? null,
      mail_address: registration.mailAddress ?? null,
      ...homeColumns(home),
    })
    .execute();
  const none = { leaves: 0, claimed_leaves: 0, packs: 0, snapshots: 0 };
  await rows
    .insertInto('usage')
    .values({ member_id: memberId, ...none })
    .execute();
  const { paidUntilMs } = registration;
  await setContract(of, { fromMs: nowMs, toMs: undefined, paidUntilMs, planId });
}

async function isMember({ rows, memberId }: MemberRows): Promise<boolean> {
  const row = await rows
    .selectFrom('members')
    .select('member_id')
    .where('member_id', '=', memberId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Throws `not_found`. */
export async function readMember({ rows, memberId }: MemberRows): Promise<MembersTable> {
  const row = await rows
    .selectFrom('members')
    .selectAll()
    .where('member_id', '=', memberId)
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new KuraError('not_found', `member ${memberId} is not known here`);
}

/** Ed25519; undefined where the tables know none: in an embedded network whoever writes them is the owner. */
export async function readOwnerKey({
  rows,
  memberId,
}: MemberRows): Promise<Uint8Array | undefined> {
  const row = await rows
    .selectFrom('members')
    .select('owner_key')
    .where('member_id', '=', memberId)
    .executeTakeFirst();
  return row?.owner_key ?? undefined;
}

export async function readHome(of: MemberRows): Promise<HomeDescription> {
  return homeIn(await readMember(of));
}

export function homeIn(row: MembersTable): HomeDescription {
  return {
    name: row.home_name,
    lat: row.home_lat,
    lon: row.home_lon,
    powerArea: row.home_power_area,
  };
}

/** Throws `not_found`. A member that was closed stays so. */
export async function setMemberState(
  of: MemberRows,
  state: MemberState,
  nowMs: number,
): Promise<void> {
  const before = (await readMember(of)).state;
  if (before === state) return;
  if (before === 'closed') {
    throw new KuraError('refused', 'a membership that was closed cannot be opened again', {
      guidance: 'Invite the member anew.',
    });
  }
  await of.rows
    .updateTable('members')
    .set({ state, state_since_ms: nowMs })
    .where('member_id', '=', of.memberId)
    .execute();
}

/** The member's counter goes on, by which whoever plans moves sees that something has changed. */
export async function setHome(of: MemberRows, home: HomeDescription, nowMs: number): Promise<void> {
  const { rows, memberId } = of;
  await rows
    .updateTable('members')
    .set((all) => ({
      ...homeColumns(home),
      ...{ home_since_ms: nowMs, home_before_ms: all.ref('home_since_ms') },
    }))
    .where('member_id', '=', memberId)
    .execute();
  await nextTick(of);
}

/** Of a home and of a device's place, which copies follow: more, and packs go back and forth for nothing. */
export const MAX_PLACES_A_DAY = 2;

/** Throws `busy` after too many changes within a day: `changedMs` are the last two, null where there was none. */
export function refuseRestless(
  what: string,
  changedMs: readonly (number | null)[],
  nowMs: number,
): void {
  const lately = changedMs.filter((atMs) => atMs !== null && Math.abs(nowMs - atMs) < DAY_MS);
  if (lately.length < MAX_PLACES_A_DAY) return;
  throw new KuraError('busy', `${what} changes at most ${MAX_PLACES_A_DAY} times a day`, {
    guidance: 'Try again tomorrow.',
    context: { retryMs: DAY_MS },
  });
}

/** As `setHome`, in a service. The same home again is no move; throws `busy` for one that moves too often. */
export async function changeHome(
  of: MemberRows,
  home: HomeDescription,
  nowMs: number,
): Promise<void> {
  if (isDeepStrictEqual(await readHome(of), home)) return;
  const row = await readMember(of);
  refuseRestless('a home', [row.home_since_ms, row.home_before_ms], nowMs);
  await setHome(of, home, nowMs);
}

function checkedLevel(level: number): number {
  if (isLevel(level)) return level;
  throw new KuraError('usage', `${level} is not a level`, { guidance: 'A level is 1, 2 or 3.' });
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
