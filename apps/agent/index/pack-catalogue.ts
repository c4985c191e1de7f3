// The packs of a network, numbered for this process: rows from the coordinator, chunks from the index,
// and from the stores where the index has nothing to say.
import { assert, type PackId } from '@kura/base';
import type { CoordinatorPort, PackRow } from '@kura/contract';
import { isStrong, type Strength } from './strength.ts';

const PAGE_ROWS = 1000;

export interface CatalogueEntry {
  readonly row: PackRow;
  readonly number: number;
  /** Enough copies count: it may be used for deduplication. */
  readonly isStrong: boolean;
}

export class PackCatalogue {
  readonly #byNumber: CatalogueEntry[] = [];
  readonly #byId = new Map<PackId, CatalogueEntry>();

  static async load(coordinator: CoordinatorPort, strength: Strength): Promise<PackCatalogue> {
    const catalogue = new PackCatalogue();
    let after: PackId | undefined;
    while (true) {
      const rows = await coordinator.packs(after, PAGE_ROWS);
      for (const row of rows) catalogue.add(row, strength);
      after = rows.at(-1)?.packId;
      if (rows.length < PAGE_ROWS) return catalogue;
    }
  }

  add(row: PackRow, strength: Strength): CatalogueEntry {
    const number = this.#byNumber.length;
    const entry: CatalogueEntry = { row, number, isStrong: isStrong(row, strength) };
    this.#byNumber.push(entry);
    this.#byId.set(row.packId, entry);
    return entry;
  }

  get size(): number {
    return this.#byNumber.length;
  }

  entries(): readonly CatalogueEntry[] {
    return this.#byNumber;
  }

  byNumber(number: number): CatalogueEntry {
    const entry = this.#byNumber[number];
    assert(entry !== undefined, `no pack number ${number}`);
    return entry;
  }

  byId(packId: PackId): CatalogueEntry | undefined {
    return this.#byId.get(packId);
  }
}
