// What else an operator sees: stores, certificates, sessions of members (when and how they ended, not what they
// were about), and who holds which background work.
import type { CertificateView, OperatorStoreView } from '@kura/contract/wire/endpoints/operator.ts';
import type { Rows } from '../db/tables.ts';
import { viewHold } from '../stores/holds.ts';

export async function viewStores(rows: Rows, nowMs: number): Promise<readonly OperatorStoreView[]> {
  const all = await rows.selectFrom('stores').selectAll().orderBy('number').execute();
  return all.map((row) => ({
    identity: {
      storeId: row.store_id,
      publicKey: row.public_key,
      suite: row.suite,
      place: { city: row.city, lat: row.lat, lon: row.lon, powerArea: row.power_area },
      inventoryEpoch: row.inventory_epoch,
    },
    state: row.state,
    kind: row.kind,
    location: row.location,
    readerAddress: row.reader_address ?? undefined,
    freeBytes: row.free_bytes,
    capacityBytes: row.capacity_bytes ?? undefined,
    lineMbit: row.line_mbit ?? undefined,
    rank: row.rank,
    operator: row.operator ?? undefined,
    minimumLevel: row.minimum_level,
    hold: viewHold(row, nowMs),
  }));
}

/** In the order of their serials. */
export async function viewCertificates(
  rows: Rows,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly CertificateView[]> {
  let query = rows.selectFrom('certificates').selectAll().orderBy('serial').limit(limit);
  if (after !== undefined) query = query.where('serial', '>', after);
  const all = await query.execute();
  return all.map(({ serial, role, subject, issued_ms, not_after_ms, revoked_ms, why }) => ({
    serial,
    role,
    subject,
    issuedMs: issued_ms,
    notAfterMs: not_after_ms,
    revokedMs: revoked_ms ?? undefined,
    why: why ?? undefined,
  }));
}

/** The newest first, of all members. */
export async function viewSessions(rows: Rows, limit: number) {
  const all = await rows
    .selectFrom('journal')
    .select(['member_id', 'kind', 'began_ms', 'ended_ms', 'outcome'])
    .orderBy('began_ms', 'desc')
    .limit(limit)
    .execute();
  return all.map(({ member_id, kind, began_ms, ended_ms, outcome }) => ({
    memberId: member_id,
    kind,
    beganMs: began_ms,
    endedMs: ended_ms ?? undefined,
    outcome,
  }));
}

export async function viewLeases(rows: Rows) {
  const all = await rows.selectFrom('leases').selectAll().orderBy('name').execute();
  return all.map(({ name, holder, epoch, until_ms }) => ({
    name,
    holder,
    epoch,
    untilMs: until_ms,
  }));
}
