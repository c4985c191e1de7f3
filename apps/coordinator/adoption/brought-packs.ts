// Packs that an owner brings along from an embedded network. Nothing that the owner says is believed: each copy is one
// that its store has signed for, under the name that follows from key and pack id, and a pack counts only with as
// many copies as the network keeps (docs/design/adoption.md).
import { KuraError, type PackId, type StoreId } from '@kura/base';
import type { StoredCopy } from '@kura/contract';
import { copyIdOf } from '@kura/copy-seal';
import { knownPacks } from '../custody/known-packs.ts';
import { recordPacks, type Strength } from '../custody/record-packs.ts';
import type { MemberRows } from '../db/tables.ts';
import { judgeContract } from '../members/contract.ts';
import { adoptedKeys } from './adopted-stores.ts';

export interface BroughtPack {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly copies: readonly Omit<StoredCopy, 'leafHashes'>[];
}

export interface BringOptions {
  readonly strength: Strength;
  readonly leafBytes: number;
  readonly nowMs: number;
}

const NO_HASHES = new Uint8Array(0);

/** Those that have a row are passed over. Throws `refused` with the reason. */
export async function bringPacks(
  of: MemberRows,
  packs: readonly BroughtPack[],
  { strength, leafBytes, nowMs }: BringOptions,
): Promise<void> {
  const ids = packs.map(({ packId }) => packId);
  const known = await knownPacks(of, ids);
  const fresh = packs.filter(({ packId }) => !known.has(packId));
  if (fresh.length === 0) return;
  const keys = await adoptedKeys(of);
  for (const pack of fresh) checkNames(pack, keys);
  const leafCount = fresh.reduce((sum, pack) => sum + pack.leafCount, 0);
  const largestLeaves = Math.max(...strength.packLeaves);
  const room = { leafCount, leafBytes, largestLeaves };
  await judgeContract(of, { act: 'claim', kind: 'backup', ...room }, nowMs);
  const records = fresh.map(({ copies, ...pack }) => ({
    ...pack,
    copies: copies.map((copy) => ({ ...copy, leafHashes: NO_HASHES })),
    failures: [],
  }));
  await recordPacks(of, records, { strength, nowMs });
}

/** A copy has one name: another would be another member's copy, or none. */
function checkNames({ packId, copies }: BroughtPack, keys: ReadonlyMap<StoreId, Uint8Array>): void {
  for (const { acknowledgement } of copies) {
    const { storeId, copyId } = acknowledgement;
    const copyKey = keys.get(storeId);
    const refuse = (reason: string, why: string): never => {
      throw new KuraError('refused', `pack ${packId} is not taken over: ${why}`, {
        context: { reason, packId },
      });
    };
    if (copyKey === undefined) refuse('store', `store ${storeId} was not brought along`);
    else if (copyIdOf(copyKey, packId) !== copyId) refuse('copy', 'its copy has another name');
  }
}
