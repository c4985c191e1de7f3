// Who is no longer trusted: rows that say so, the set that every edge asks, and the signed list that stores and
// readers get. From the row to the last store it takes less than a minute (docs/design/enrolment.md).
import { assert, equalBytes, KuraError, type MemberId, type StoreId } from '@kura/base';
import { type CertificateName, formatName, parseName, type Role } from '@kura/certificates';
import { MAX_REVOCATIONS, signRevocations } from '@kura/contract';
import { batches } from '../db/batches.ts';
import type { GrantsTable, Rows } from '../db/tables.ts';

interface Withdrawal {
  readonly why: string;
  readonly nowMs: number;
}

/** Throws `not_found`. Resolves to its subject. */
export async function revokeCertificate(
  rows: Rows,
  serial: string,
  { why, nowMs }: Withdrawal,
): Promise<string> {
  const row = await rows
    .selectFrom('certificates')
    .select(['subject', 'revoked_ms'])
    .where('serial', '=', serial)
    .executeTakeFirst();
  if (row === undefined)
    throw new KuraError('not_found', `no certificate has the serial ${serial}`);
  if (row.revoked_ms === null) {
    await rows
      .updateTable('certificates')
      .set({ revoked_ms: nowMs, why })
      .where('serial', '=', serial)
      .execute();
  }
  return row.subject;
}

/** Every certificate that names this holder and has not been withdrawn yet. */
export async function revokeHolder(
  rows: Rows,
  name: CertificateName,
  withdrawal: Withdrawal,
): Promise<void> {
  await revokeSubject(rows, formatName(name), withdrawal);
}

/** As `revokeHolder`, by the URI of the holder. */
export async function revokeSubject(
  rows: Rows,
  subject: string,
  { why, nowMs }: Withdrawal,
): Promise<void> {
  await rows
    .updateTable('certificates')
    .set({ revoked_ms: nowMs, why })
    .where('subject', '=', subject)
    .where('revoked_ms', 'is', null)
    .execute();
}

/** A member's grants at every store, or those of one card's key. */
export async function revokeGrants(
  rows: Rows,
  memberId: MemberId,
  { nowMs, keyHash }: Pick<Withdrawal, 'nowMs'> & { readonly keyHash?: Uint8Array },
): Promise<void> {
  const living = rows
    .updateTable('grants')
    .set({ revoked_ms: nowMs })
    .where('member_id', '=', memberId)
    .where('revoked_ms', 'is', null);
  await (keyHash === undefined ? living : living.where('key_hash', '=', keyHash)).execute();
}

/** Serials that a certificate that has not ended is withdrawn by: what `judge` asks. */
export async function revokedSerials(rows: Rows, nowMs: number): Promise<ReadonlySet<string>> {
  const all = await rows
    .selectFrom('certificates')
    .select('serial')
    .where('revoked_ms', 'is not', null)
    .where('not_after_ms', '>', nowMs)
    .orderBy('serial')
    .execute();
  return new Set(all.map(({ serial }) => serial));
}

/** Stores that these certificates were of. */
export async function storesOf(
  rows: Rows,
  serials: ReadonlySet<string>,
): Promise<readonly StoreId[]> {
  const stores: StoreId[] = [];
  for (const some of batches([...serials])) {
    const found = await rows
      .selectFrom('certificates')
      .select('subject')
      .where('serial', 'in', some)
      .where('role', '=', 'store')
      .execute();
    for (const { subject } of found) {
      const name = parseName(subject);
      if (name.role === 'store') stores.push(name.store);
    }
  }
  return stores;
}

interface Revoked {
  readonly certificates: readonly string[];
  readonly grants: readonly number[];
  readonly pseudonyms: readonly MemberId[];
}

async function readRevoked(rows: Rows, nowMs: number, most: number): Promise<Revoked> {
  const certificates = [...(await revokedSerials(rows, nowMs))];
  const suspended = await suspendedPseudonyms(rows);
  const grants = await rows
    .selectFrom('grants')
    .select(['serial', 'pseudonym'])
    .where('revoked_ms', 'is not', null)
    .orderBy('serial')
    .execute();
  if (certificates.length + grants.length + suspended.length <= most) {
    return { certificates, grants: grants.map(({ serial }) => serial), pseudonyms: suspended };
  }
  const short = await shorten(rows, grants);
  return { ...short, certificates, pseudonyms: [...suspended, ...short.pseudonyms] };
}

/** By which stores know members who may not read now: off the list again when they may. */
async function suspendedPseudonyms(rows: Rows): Promise<readonly MemberId[]> {
  const all = await rows
    .selectFrom('members')
    .innerJoin('grants', 'grants.member_id', 'members.member_id')
    .select('grants.pseudonym as pseudonym')
    .distinct()
    .where('members.state', '=', 'suspended')
    .where('grants.revoked_ms', 'is', null)
    .orderBy('grants.pseudonym')
    .execute();
  return all.map(({ pseudonym }) => pseudonym);
}

type RevokedGrant = Pick<GrantsTable, 'serial' | 'pseudonym'>;

/** Who has no living grant is named once, however many cards they had. */
async function shorten(
  rows: Rows,
  grants: readonly RevokedGrant[],
): Promise<Pick<Revoked, 'grants' | 'pseudonyms'>> {
  const all = await rows
    .selectFrom('grants')
    .select('pseudonym')
    .where('revoked_ms', 'is', null)
    .execute();
  const living = new Set(all.map(({ pseudonym }) => pseudonym));
  const [some, none] = [true, false].map((isLiving) =>
    grants.filter(({ pseudonym }) => living.has(pseudonym) === isLiving),
  );
  return {
    grants: (some ?? []).map(({ serial }) => serial),
    pseudonyms: [...new Set((none ?? []).map(({ pseudonym }) => pseudonym))],
  };
}

export interface SignedList {
  readonly number: number;
  readonly list: Uint8Array;
}

export async function lastList(rows: Rows): Promise<SignedList | undefined> {
  return rows
    .selectFrom('revocations')
    .select(['number', 'list'])
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Of these a store asks who they are; the certificates of others are for edges, which ask the tables. */
const STORE_CALLERS: ReadonlySet<Role> = new Set<Role>(['gateway', 'coordinator']);

/** What one list takes: first whoever calls stores, then cards, then certificates, the newest of each. */
async function fit(
  rows: Rows,
  { grants, pseudonyms, certificates }: Revoked,
  { most, nowMs }: { readonly most: number; readonly nowMs: number },
): Promise<Revoked> {
  const all = await rows
    .selectFrom('certificates')
    .select(['serial', 'role'])
    .where('revoked_ms', 'is not', null)
    .where('not_after_ms', '>', nowMs)
    .orderBy('revoked_ms', 'desc')
    .orderBy('serial')
    .execute();
  let left = most;
  const take = <T>(some: readonly T[]): readonly T[] => {
    const taken = some.slice(0, left);
    left -= taken.length;
    return taken;
  };
  const serials = (areCallers: boolean): readonly string[] =>
    all.filter(({ role }) => STORE_CALLERS.has(role) === areCallers).map(({ serial }) => serial);
  const callers = take(serials(true));
  const cards = { pseudonyms: take(pseudonyms), grants: take(grants.toReversed()) };
  assert(certificates.length === all.length, 'both look at one moment');
  return { ...cards, certificates: [...callers, ...take(serials(false))] };
}

function countOf({ certificates, grants, pseudonyms }: Revoked): number {
  return certificates.length + grants.length + pseudonyms.length;
}

export interface NewList extends SignedList {
  /** Entries that are revoked and did not fit: whoever runs the network has to know. */
  readonly leftOut: number;
}

/**
 * One step of the lease `revocations`: signs a new list if what it would say has changed. Resolves to the list
 * that holds now; undefined if nothing was ever revoked. `most`: entries of one list.
 */
export async function signNewList(
  rows: Rows,
  {
    seed,
    nowMs,
    most = MAX_REVOCATIONS,
  }: { readonly seed: Uint8Array; readonly nowMs: number; readonly most?: number },
): Promise<NewList | undefined> {
  const last = await rows
    .selectFrom('revocations')
    .selectAll()
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  const all = await readRevoked(rows, nowMs, most);
  const count = countOf(all);
  if (last === undefined && count === 0) return undefined;
  const revoked = count <= most ? all : await fit(rows, all, { most, nowMs });
  const leftOut = count - countOf(revoked);
  if (last !== undefined) {
    const { number, made_ms: madeMs } = last;
    // Signatures of one key over the same bytes are the same bytes.
    const same = signRevocations({ number, madeMs, ...revoked }, seed);
    if (equalBytes(same, last.list)) return { number, list: last.list, leftOut };
  }
  const number = (last?.number ?? 0) + 1;
  const list = signRevocations({ number, madeMs: nowMs, ...revoked }, seed);
  await rows.insertInto('revocations').values({ number, made_ms: nowMs, list }).execute();
  return { number, list, leftOut };
}
