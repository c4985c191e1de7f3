// Continues a member's chain of catalogues: what has changed since the last one, or everything now and then, under the
// next number that nobody has taken. Whoever reads with a card alone finds by it what the coordinator would say.
import { assert, KuraError, type PackId, type SnapshotId } from '@kura/base';
import type { PackChanges, PackRecord, PackRow, SnapshotRow } from '@kura/contract';
import type { CardStore } from '@kura/contract/wire/card-store.ts';
import type { CardHeads } from '../card-files.ts';
import { type Catalogue, type CataloguedPack, cataloguedPack, rowBytes } from './body.ts';
import { CatalogueNames, MILESTONE } from './names.ts';
import { type CatalogueTools, maxRowsBytes, storeCatalogue } from './pack.ts';

/** Fewer would write everything more often, more would have a restore read more of them. */
const WHOLE_EVERY = 64;
/** Other devices of the member may write at the same moment, and each number goes to one of them. */
const MAX_TAKEN = 64;
const PAGE_ROWS = 10_000;

export interface ChainTables {
  changedPacks(sinceTick: number, limit: number): Promise<PackChanges>;
  snapshots(): Promise<readonly SnapshotRow[]>;
}

export interface ChainWrite {
  readonly tables: ChainTables;
  readonly stores: readonly CardStore[];
  readonly forgotten: readonly SnapshotId[];
  readonly tools: CatalogueTools;
  /** Makes a pack count at the coordinator. */
  readonly record: (pack: PackRecord) => Promise<void>;
}

export class CatalogueChain {
  readonly names: CatalogueNames;

  /** `catalogueKey`: the member's, 32 bytes. */
  constructor(catalogueKey: Uint8Array) {
    this.names = new CatalogueNames(catalogueKey);
  }

  /**
   * Packs of catalogues that are still wanted: the last two whole ones and what follows, and every milestone. The
   * others are packs without a use, like any that a prune removes.
   */
  kept(rows: readonly PackRow[], heads: CardHeads): ReadonlySet<PackId> {
    const there = new Set(rows.map((row) => row.packId));
    const newest = this.names.newest(heads.number, (name) => there.has(name));
    const kept = new Set<PackId>();
    for (let number = 1; number <= newest; number++) {
      const isKept = number >= heads.wholeBefore || number % MILESTONE === 0;
      if (isKept) kept.add(this.names.of(number));
    }
    return kept;
  }

  /** What the card knows from then on. Throws what keeps a pack from being stored. */
  async write(heads: CardHeads, write: ChainWrite): Promise<CardHeads> {
    const { tables, tools } = write;
    const isWhole = heads.whole === 0 || heads.number + 1 >= heads.whole + WHOLE_EVERY;
    const changes = await allChanges(tables, isWhole ? 0 : heads.tick);
    const mine = this.#ownNames(changes, heads);
    const packs = changes.rows.filter(({ packId }) => !mine.has(packId)).map(cataloguedPack);
    const parts = cut(packs, maxRowsBytes(tools.shape));
    // More has changed than one pack holds: then everything is told anew.
    if (!isWhole && parts.length > 1) return await this.write({ ...heads, whole: 0 }, write);
    const snapshots = await tables.snapshots();
    let { number } = heads;
    let whole = heads.whole;
    for (const [index, part] of parts.entries()) {
      number = await this.#writeNext(number + 1, write, (at) => ({
        number: at,
        whole: isWhole && index === 0 ? at : whole,
        part: index + 1,
        parts: parts.length,
        since: isWhole ? 0 : heads.tick,
        until: changes.tick,
        stores: write.stores,
        snapshots: index === 0 ? snapshots : [],
        forgotten: index === 0 ? write.forgotten : [],
        packs: part,
        dropped: isWhole ? [] : changes.dropped.filter((packId) => !mine.has(packId)),
      }));
      if (isWhole && index === 0) whole = number;
    }
    const wholeBefore = isWhole ? heads.whole : heads.wholeBefore;
    return { ...heads, number, tick: changes.tick, whole, wholeBefore };
  }

  #ownNames({ rows, dropped }: Changes, heads: CardHeads): ReadonlySet<PackId> {
    const told = new Set([...rows.map(({ packId }) => packId), ...dropped]);
    const newest = this.names.newest(heads.number, (name) => told.has(name));
    return new Set(Array.from({ length: newest }, (_, index) => this.names.of(index + 1)));
  }

  /** The number that it got. */
  async #writeNext(
    from: number,
    { tools, record }: ChainWrite,
    catalogueAt: (number: number) => Catalogue,
  ): Promise<number> {
    for (let number = from; number < from + MAX_TAKEN; number++) {
      try {
        const catalogue = catalogueAt(number);
        await record(await storeCatalogue({ packId: this.names.of(number), catalogue }, tools));
        return number;
      } catch (error) {
        if (!isTaken(error)) throw error;
      }
    }
    throw new KuraError('busy', `${MAX_TAKEN} numbers of catalogues in a row are taken`, {
      guidance: 'Other devices of yours may be saving now; run it again.',
    });
  }
}

/** The number went to another catalogue, of this device or another one. */
function isTaken(error: unknown): boolean {
  if (!(error instanceof KuraError)) return false;
  return error.code === 'already_exists' || error.context.reason === 'digest';
}

type Changes = Omit<PackChanges, 'isComplete'>;

/** A row that changed twice is there once, as it is now. */
async function allChanges(tables: ChainTables, sinceTick: number): Promise<Changes> {
  const rows = new Map<PackId, PackRow>();
  const dropped = new Set<PackId>();
  let tick = sinceTick;
  for (let isComplete = false; !isComplete; ) {
    const page = await tables.changedPacks(tick, PAGE_ROWS);
    for (const row of page.rows) rows.set(row.packId, row);
    for (const packId of page.dropped) {
      rows.delete(packId);
      dropped.add(packId);
    }
    assert(page.isComplete || page.tick > tick, 'every page leads on');
    ({ tick, isComplete } = page);
  }
  return { tick, rows: [...rows.values()], dropped: [...dropped] };
}

/** At least one part; each within the bound. */
function cut(packs: readonly CataloguedPack[], maxBytes: number): CataloguedPack[][] {
  const parts: CataloguedPack[][] = [[]];
  let bytes = 0;
  for (const pack of packs) {
    bytes += rowBytes(pack);
    if (bytes > maxBytes) {
      parts.push([]);
      bytes = rowBytes(pack);
    }
    parts.at(-1)?.push(pack);
  }
  return parts;
}
