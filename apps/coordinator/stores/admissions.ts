// Which stores know a member, under which name, and by whose word: one row per store and member, made when the
// member is about to save, or when copies are to be moved. A gateway hands the signed admission over before the first
// copy goes there.
import { KuraError, type MemberId, type StoreId } from '@kura/base';
import { signAdmission } from '@kura/contract';
import { batches } from '../db/batches.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import { pseudonymOf } from '../gateway/member-keys.ts';
import { readOwnerKey } from '../members/members.ts';

export interface AdmittingKeys {
  /** Ed25519 seed. */
  readonly coordinatorSeed: Uint8Array;
  readonly gatewaySecret: Uint8Array;
}

/** Rows for all stores that take copies now and do not know the member yet. */
export async function admitEverywhere(
  rows: Rows,
  memberId: MemberId,
  { keys, nowMs }: { readonly keys: AdmittingKeys; readonly nowMs: number },
): Promise<void> {
  const stores = await rows
    .selectFrom('stores')
    .leftJoin('store_members', (join) =>
      join
        .onRef('store_members.store_id', '=', 'stores.store_id')
        .on('store_members.member_id', '=', memberId),
    )
    .select('stores.store_id as storeId')
    .where('stores.state', 'in', ['active', 'unreachable'])
    .where('store_members.store_id', 'is', null)
    .execute();
  if (stores.length === 0) return;
  const ownerKey = await ownerKeyOf({ rows, memberId });
  const admitted = stores.map(({ storeId }) => {
    const pseudonym = pseudonymOf(keys.gatewaySecret, memberId, storeId);
    const fields = { storeId, pseudonym, ownerKey, issuedMs: nowMs };
    const admission = signAdmission(fields, keys.coordinatorSeed);
    return { store_id: storeId, member_id: memberId, pseudonym, copy_key: null, admission };
  });
  for (const batch of batches(admitted)) {
    await rows
      .insertInto('store_members')
      .values(batch)
      .onConflict((same) => same.columns(['store_id', 'member_id']).doNothing())
      .execute();
  }
}

async function ownerKeyOf(of: MemberRows): Promise<Uint8Array> {
  const ownerKey = await readOwnerKey(of);
  if (ownerKey !== undefined) return ownerKey;
  throw new KuraError('refused', `no owner is known for member ${of.memberId}`);
}

/** Undefined where the store's own record knows the owner, or nobody made one. */
export async function readAdmission(
  rows: Rows,
  storeId: StoreId,
  pseudonym: MemberId,
): Promise<Uint8Array | undefined> {
  const row = await rows
    .selectFrom('store_members')
    .select('admission')
    .where('store_id', '=', storeId)
    .where('pseudonym', '=', pseudonym)
    .executeTakeFirst();
  return row?.admission ?? undefined;
}
