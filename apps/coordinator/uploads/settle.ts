// What becomes of uploads: the device has checked them and names them, and they become packs; or nobody asks
// for them any more, and what was stored is garbage at the stores.
import { type DeviceId, KuraError, type PackId, type SessionId } from '@kura/base';
import type { PackRecord } from '@kura/contract';
import { knownPacks } from '../custody/known-packs.ts';
import { recordPacks, type Strength } from '../custody/record-packs.ts';
import { batches } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';
import { countClaimed } from '../members/usage.ts';
import { readRecord } from './record-text.ts';

/**
 * Rows of these packs; what was recorded before is fine. Throws `refused` for a pack that no gateway has stored
 * for this member.
 */
export async function recordUploads(
  of: MemberRows,
  packs: readonly PackId[],
  options: { readonly strength: Strength; readonly nowMs: number; readonly session: SessionId },
): Promise<void> {
  for (const batch of batches([...new Set(packs)])) {
    const stored = await storedUploads(of, batch);
    const records = stored.map(({ record }) => record);
    const savedBy = new Map(stored.map(({ record, deviceId }) => [record.packId, deviceId]));
    const found = new Set(records.map((record) => record.packId));
    await refuseUnknown(
      of,
      batch.filter((packId) => !found.has(packId)),
    );
    await recordPacks(of, records, { ...options, savedBy });
    await forgetUploads(of, records);
  }
}

async function storedUploads(
  { rows, memberId }: MemberRows,
  packs: readonly PackId[],
): Promise<readonly { readonly record: PackRecord; readonly deviceId: DeviceId }[]> {
  const found = await rows
    .selectFrom('uploads')
    .select(['record', 'device_id'])
    .where('member_id', '=', memberId)
    .where('pack_id', 'in', packs)
    .where('state', '=', 'stored')
    .execute();
  return found.flatMap(({ record, device_id: deviceId }) =>
    record === null ? [] : [{ record: readRecord(record), deviceId }],
  );
}

async function refuseUnknown(of: MemberRows, packs: readonly PackId[]): Promise<void> {
  const known = await knownPacks(of, packs);
  const unknown = packs.find((packId) => !known.has(packId));
  if (unknown === undefined) return;
  throw new KuraError('refused', `pack ${unknown} was not stored by a gateway for this member`, {
    guidance: 'Send it again.',
    context: { reason: 'upload', packId: unknown },
  });
}

async function forgetUploads(of: MemberRows, records: readonly PackRecord[]): Promise<void> {
  if (records.length === 0) return;
  await of.rows
    .deleteFrom('uploads')
    .where('member_id', '=', of.memberId)
    .where(
      'pack_id',
      'in',
      records.map((record) => record.packId),
    )
    .execute();
  await countClaimed(of, -records.reduce((sum, record) => sum + record.leafCount, 0));
}
