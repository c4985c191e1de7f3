// A device found something wrong with a copy: an observation like any other, which says nothing for sure. What a
// device says changes no row of custody.
import { HOUR_MS, KuraError, type PackId, type StoreId } from '@kura/base';
import { readPack } from '../custody/read-packs.ts';
import type { MemberRows } from '../db/tables.ts';
import { findOpen, openIncident } from './open-incident.ts';

/** Incidents of one member that are open; more would be a device that makes work. */
const MAX_OPEN = 1000;

export interface FaultReport {
  readonly packId: PackId;
  readonly storeId: StoreId;
  /** For people. */
  readonly why: string;
}

/** Throws `not_found` for a copy that is not this member's, `busy` for too many that are looked at already. */
export async function reportFault(
  of: MemberRows,
  { packId, storeId, why }: FaultReport,
  nowMs: number,
): Promise<void> {
  const pack = await readPack(of, packId);
  const copy = pack?.copies.find((one) => one.storeId === storeId);
  if (copy === undefined) {
    throw new KuraError('not_found', `no copy of pack ${packId} is known on store ${storeId}`);
  }
  const { copyId } = copy;
  if ((await findOpen(of, { storeId, copyId })) !== undefined) return;
  const { open } = await of.rows
    .selectFrom('incidents')
    .select((all) => all.fn.countAll<number>().as('open'))
    .where('member_id', '=', of.memberId)
    .where('state', '=', 'open')
    .executeTakeFirstOrThrow();
  if (Number(open) >= MAX_OPEN) {
    throw new KuraError('busy', `${MAX_OPEN} incidents of this member are looked at already`, {
      guidance: 'Report again later.',
      context: { retryMs: HOUR_MS },
    });
  }
  const seen = { class: 'unknown', source: 'device', leaves: [], timeMs: nowMs } as const;
  const id = await openIncident(of, { storeId, packId, copyId, ...seen });
  await of.rows
    .updateTable('incidents')
    .set({ reason: `a device reports: ${why}` })
    .where('incident_id', '=', id)
    .execute();
}
