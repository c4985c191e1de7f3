// A store leaves for good: nobody's only copy leaves with it. Copies of packs that are being destroyed do not keep it:
// their bytes go with it, and with the last of them the pack, whose owner need not order anything any more.
import { KuraError, type PackId, type StoreId } from '@kura/base';
import { deleteCopy, noteChange } from '../custody/copies.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import { dropPacks } from '../prune/drop.ts';
import { isHeld } from './holds.ts';

/** Of one step; more are left to the next try, so that the transaction stays short. */
const MAX_COPIES = 10_000;

/** Throws `refused` unless nothing is left there that anybody needs, and nobody holds it. */
export async function clearStore(rows: Rows, storeId: StoreId, nowMs: number): Promise<void> {
  if (await isHeld(rows, storeId)) {
    throw new KuraError('refused', 'this store is on hold', {
      guidance: 'Release it first: kura operator stores release STORE',
      context: { reason: 'hold' },
    });
  }
  const left = await rows
    .selectFrom('copies')
    .innerJoin('packs', (join) =>
      join
        .onRef('packs.member_id', '=', 'copies.member_id')
        .onRef('packs.pack_id', '=', 'copies.pack_id'),
    )
    .select([
      'copies.member_id as memberId',
      'copies.pack_id as packId',
      'copies.state as copy',
      'packs.state as pack',
    ])
    .where('copies.store_id', '=', storeId)
    .where((any) =>
      any.or([any('copies.state', '!=', 'lost'), any('packs.state', '=', 'destroying')]),
    )
    .limit(MAX_COPIES)
    .execute();
  if (left.some(({ pack }) => pack !== 'destroying')) throw notEmpty();
  for (const { memberId, packId } of left) {
    await letGo({ rows, memberId }, { packId, storeId, nowMs });
  }
  if (left.length === MAX_COPIES) throw notEmpty();
}

interface LeavingCopy {
  readonly packId: PackId;
  readonly storeId: StoreId;
  readonly nowMs: number;
}

async function letGo(of: MemberRows, { packId, storeId, nowMs }: LeavingCopy): Promise<void> {
  await deleteCopy(of, { packId, storeId });
  const other = await of.rows
    .selectFrom('copies')
    .select('copy_id')
    .where('member_id', '=', of.memberId)
    .where('pack_id', '=', packId)
    .limit(1)
    .executeTakeFirst();
  if (other === undefined) await dropPacks(of, [packId], nowMs);
  else await noteChange(of, packId);
}

function notEmpty(): KuraError {
  return new KuraError('refused', 'there are still copies on this store', {
    guidance: 'Drain it first: kura operator stores drain STORE',
    context: { reason: 'not empty' },
  });
}
