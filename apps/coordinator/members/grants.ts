// What a member's card may read with when nobody else is there: a grant per store that cards can read, bound to
// the card's key, good until it is revoked.
import type { MemberId, StoreId } from '@kura/base';
import { signGrant } from '@kura/contract';
import type { Rows } from '../db/tables.ts';
import type { StoreKeys } from '../gateway/copy-keys.ts';

export interface Granting {
  /** Ed25519 seed of the coordinator. */
  readonly coordinatorSeed: Uint8Array;
  /** Of this member, at every store. */
  readonly keys: ReadonlyMap<StoreId, Pick<StoreKeys, 'pseudonym'>>;
  readonly nowMs: number;
}

/** One for each store that can be read with a card; new ones for stores that came since. None without a card. */
export async function grantsOf(
  rows: Rows,
  memberId: MemberId,
  granting: Granting,
): Promise<readonly Uint8Array[]> {
  return [...(await grantsByStore(rows, memberId, granting)).values()];
}

export async function grantsByStore(
  rows: Rows,
  memberId: MemberId,
  { coordinatorSeed, keys, nowMs }: Granting,
): Promise<ReadonlyMap<StoreId, Uint8Array>> {
  const signed = new Map<StoreId, Uint8Array>();
  const keyHash = await cardKeyHashOf(rows, memberId);
  if (keyHash === undefined) return signed;
  const stores = await rows
    .selectFrom('stores')
    .select('store_id')
    .where('kind', '=', 'readable')
    .where('state', 'in', ['active', 'unreachable', 'draining'])
    .execute();
  for (const { store_id: storeId } of stores) {
    const pseudonym = keys.get(storeId)?.pseudonym;
    // A store that came since the keys were read has a grant the next time.
    if (pseudonym === undefined) continue;
    const row = await grantRow(rows, { memberId, storeId, keyHash, pseudonym, nowMs });
    if (row === undefined) continue;
    const { serial, issued_ms: issuedMs } = row;
    const fields = { serial, storeId, pseudonym, keyHash, issuedMs };
    signed.set(storeId, signGrant(fields, coordinatorSeed));
  }
  return signed;
}

async function cardKeyHashOf(rows: Rows, memberId: MemberId): Promise<Uint8Array | undefined> {
  const row = await rows
    .selectFrom('members')
    .select('card_key_hash')
    .where('member_id', '=', memberId)
    .executeTakeFirst();
  return row?.card_key_hash ?? undefined;
}

interface GrantFields {
  readonly memberId: MemberId;
  readonly storeId: StoreId;
  readonly keyHash: Uint8Array;
  readonly pseudonym: MemberId;
  readonly nowMs: number;
}

/** The row that there is, or a new one; undefined if it was revoked: a key is not granted again. */
async function grantRow(
  rows: Rows,
  { memberId, storeId, keyHash, pseudonym, nowMs }: GrantFields,
): Promise<{ readonly serial: number; readonly issued_ms: number } | undefined> {
  const known = await rows
    .selectFrom('grants')
    .select(['serial', 'issued_ms', 'revoked_ms'])
    .where('member_id', '=', memberId)
    .where('store_id', '=', storeId)
    .where('key_hash', '=', keyHash)
    .executeTakeFirst();
  if (known !== undefined) return known.revoked_ms === null ? known : undefined;
  const { last } = await rows
    .selectFrom('grants')
    .select((all) => all.fn.max('serial').as('last'))
    .executeTakeFirstOrThrow();
  const serial = (last ?? 0) + 1;
  await rows
    .insertInto('grants')
    .values({
      serial,
      member_id: memberId,
      store_id: storeId,
      key_hash: keyHash,
      pseudonym,
      issued_ms: nowMs,
      revoked_ms: null,
    })
    .execute();
  return { serial, issued_ms: nowMs };
}
