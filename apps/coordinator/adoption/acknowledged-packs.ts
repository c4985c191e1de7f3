// What an embedded network can show of its packs: each copy with what its store has signed, as far as the tables
// have it.
import type { CopyId, PackId, StoreId } from '@kura/base';
import type { PackState, StoreAcknowledgement } from '@kura/contract';
import type { MemberRows } from '../db/tables.ts';

export interface AcknowledgedCopy {
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  readonly reason: string;
  /** Undefined of a copy that was found again after a total loss. */
  readonly acknowledgement: StoreAcknowledgement | undefined;
}

export interface AcknowledgedPack {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly state: PackState;
  /** Held ones. */
  readonly copies: readonly AcknowledgedCopy[];
}

/** By id, at most `limit`, from the one after `after` on. */
export async function acknowledgedPacks(
  { rows, memberId }: MemberRows,
  { after, limit }: { readonly after: PackId | undefined; readonly limit: number },
): Promise<readonly AcknowledgedPack[]> {
  let query = rows
    .selectFrom('packs')
    .select(['pack_id', 'leaf_count', 'state'])
    .where('member_id', '=', memberId)
    .orderBy('pack_id')
    .limit(limit);
  if (after !== undefined) query = query.where('pack_id', '>', after);
  const packs = await query.execute();
  const [first, last] = [packs.at(0), packs.at(-1)];
  if (first === undefined || last === undefined) return [];
  const copies = await rows
    .selectFrom('copies')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('pack_id', '>=', first.pack_id)
    .where('pack_id', '<=', last.pack_id)
    .where('state', '=', 'held')
    .execute();
  const byPack = Map.groupBy(copies, (copy) => copy.pack_id);
  return packs.map(({ pack_id: packId, leaf_count: leafCount, state }) => ({
    ...{ packId, leafCount, state },
    copies: (byPack.get(packId) ?? []).map((copy) => ({
      storeId: copy.store_id,
      copyId: copy.copy_id,
      reason: copy.reason,
      acknowledgement: acknowledgementIn(copy, leafCount),
    })),
  }));
}

interface CopyColumns {
  readonly store_id: StoreId;
  readonly copy_id: CopyId;
  readonly root: Uint8Array;
  readonly acknowledged_ms: number | null;
  readonly signature: Uint8Array | null;
}

function acknowledgementIn(copy: CopyColumns, leafCount: number): StoreAcknowledgement | undefined {
  const { store_id: storeId, copy_id: copyId, root, acknowledged_ms: timeMs, signature } = copy;
  if (timeMs === null || signature === null) return undefined;
  return { storeId, copyId, leafCount, root, timeMs, signature };
}
