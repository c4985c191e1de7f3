// What a chain of catalogues says together: the newest whole one of which every part is there, and what came after
// it.
import type { PackId, SnapshotId, StoreId } from '@kura/base';
import type { PackRow, SnapshotRow } from '@kura/contract';
import type { Notice } from '@kura/contract/wire/notice-body.ts';
import { copyIdOf } from '@kura/copy-seal';
import type { Catalogue, CataloguedPack } from './body.ts';

export interface MergedChain {
  /** Ordered by id. */
  readonly packs: readonly PackRow[];
  readonly snapshots: readonly SnapshotRow[];
  /** Of all of them: what was forgotten once stays so. */
  readonly forgotten: ReadonlySet<SnapshotId>;
  /** False: between two of the catalogues something may be missing. */
  readonly isWhole: boolean;
}

/**
 * `copyKeys`: of all stores that are known; copies elsewhere are left out. `notices`: in order; what they say of
 * packs that the catalogues know counts if no catalogue is younger.
 */
export function mergeChain(
  catalogues: readonly Catalogue[],
  copyKeys: ReadonlyMap<StoreId, Uint8Array>,
  notices: readonly Notice[] = [],
): MergedChain {
  const ordered = inOrder(catalogues);
  const base = newestWhole(ordered);
  const after = ordered.filter(({ since, until }) => since > 0 && until >= (base[0]?.until ?? 0));
  const packs = new Map<PackId, CataloguedPack>();
  let covered = base[0]?.until ?? 0;
  let isWhole = base.length > 0 || catalogues.length === 0;
  for (const catalogue of [...base, ...after]) {
    if (catalogue.since > covered) isWhole = false;
    covered = Math.max(covered, catalogue.until);
    for (const pack of catalogue.packs) packs.set(pack.packId, pack);
    for (const packId of catalogue.dropped) packs.delete(packId);
  }
  for (const notice of notices) {
    if (notice.tick > covered) tellMoved(packs, notice);
  }
  const newest = ordered.findLast(({ part }) => part === 1);
  const rows = [...packs.values()].map((pack) => rowOf(pack, copyKeys));
  return {
    packs: rows.sort((a, b) => (a.packId < b.packId ? -1 : 1)),
    snapshots: newest?.snapshots ?? [],
    forgotten: new Set(catalogues.flatMap(({ forgotten }) => forgotten)),
    isWhole,
  };
}

function tellMoved(packs: Map<PackId, CataloguedPack>, { stores, packs: moved }: Notice): void {
  for (const { packId, leafCount, copies } of moved) {
    if (!packs.has(packId)) continue;
    const there = copies.flatMap(({ store, root }) => {
      const storeId = stores[store]?.identity.storeId;
      return storeId === undefined ? [] : [{ storeId, root }];
    });
    packs.set(packId, { packId, leafCount, copies: there });
  }
}

/** Whether there is something to begin with. */
export function hasWhole(catalogues: readonly Catalogue[]): boolean {
  return newestWhole(inOrder(catalogues)).length > 0;
}

function inOrder(catalogues: readonly Catalogue[]): readonly Catalogue[] {
  return catalogues.toSorted((a, b) => a.until - b.until || a.number - b.number);
}

/** Its parts in order; none if no whole catalogue has all its parts here. */
function newestWhole(ordered: readonly Catalogue[]): readonly Catalogue[] {
  const wholes = ordered.filter(({ since }) => since === 0);
  for (const first of wholes.filter(({ part }) => part === 1).toReversed()) {
    const parts = wholes.filter(({ whole }) => whole === first.number);
    const all = Array.from({ length: first.parts }, (_, index) =>
      parts.find(({ part }) => part === index + 1),
    );
    const found = all.filter((part) => part !== undefined);
    if (found.length === first.parts) return found;
  }
  return [];
}

function rowOf(
  { packId, leafCount, copies }: CataloguedPack,
  copyKeys: ReadonlyMap<StoreId, Uint8Array>,
): PackRow {
  return {
    ...{ packId, leafCount, state: 'standing', markedMs: undefined },
    copies: copies.flatMap(({ storeId, root }) => {
      const copyKey = copyKeys.get(storeId);
      if (copyKey === undefined) return [];
      const copyId = copyIdOf(copyKey, packId);
      return [{ storeId, copyId, root, state: 'held', reason: 'as catalogued' }];
    }),
  };
}
