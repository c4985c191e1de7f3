// One step of the lease `contracts`: a membership that was closed may still restore for a while; when that is over,
// devices and cards of the member open nothing any more.
import { revokeGrants, revokeHolder } from '../authority/revocations.ts';
import { OPEN_CLOSINGS } from '../db/closing-tables.ts';
import type { Rows } from '../db/tables.ts';
import { RESTORE_AFTER_END_MS } from './contract.ts';

/** More: one transaction would hold others up. */
const MAX_DEVICES_A_STEP = 100;
const WHY = 'the membership has ended';

/** Resolves to how many devices were withdrawn. */
export async function endMemberships(
  rows: Rows,
  { network, nowMs }: { readonly network: string; readonly nowMs: number },
): Promise<number> {
  const ended = await rows
    .selectFrom('members')
    .innerJoin('devices', 'devices.member_id', 'members.member_id')
    .select(['devices.member_id as member', 'devices.device_id as device'])
    .where('members.state', '=', 'closed')
    .where('members.state_since_ms', '<=', nowMs - RESTORE_AFTER_END_MS)
    .where('devices.revoked_ms', 'is', null)
    // Whoever was given notice takes it back with one of them.
    .where((all) =>
      all.not(
        all.exists(
          all
            .selectFrom('closings')
            .select('closings.closing_id')
            .whereRef('closings.member_id', '=', 'members.member_id')
            .where('closings.state', 'in', OPEN_CLOSINGS),
        ),
      ),
    )
    .limit(MAX_DEVICES_A_STEP)
    .execute();
  for (const { member, device } of ended) {
    await rows
      .updateTable('devices')
      .set({ revoked_ms: nowMs })
      .where('member_id', '=', member)
      .where('device_id', '=', device)
      .execute();
    await revokeHolder(rows, { role: 'device', network, member, device }, { why: WHY, nowMs });
    await revokeGrants(rows, member, { nowMs });
  }
  return ended.length;
}
