// The packs of a network, numbered for this process: rows from the coordinator, chunks from the index,
// and from the stores where the index has nothing to say.
import { assert, type PackId } from '@kura/base';
import type { CoordinatorPort, PackRow } from '@kura/contract';

const PAGE_ROWS = 1000;

export interface CatalogueEntry {
  readonly row: PackRow;
  readonly number: number;
  /** At least the minimum number of copies is held: it may be used for deduplication. */
  readonly isStrong: boolean;
}

export class PackCatalogue {
  readonly #byNumber: CatalogueEntry[] = [];
  readonly #byId = new Map<PackId, CatalogueEntry>();

  static async load(coordinator: CoordinatorPort, minimumCopies: number): Promise<PackCatalogue> {
    const catalogue = new PackCatalogue();
    let after: PackId | undefined;
    while (true) {
      const rows = await coordinator.packs(after, PAGE_ROWS);
      for (const row of rows) catalogue.add(row, minimumCopies);
      after = rows.at(-1)?.packId;
      if (rows.length < PAGE_ROWS) return catalogue;
    }
  }

  add(row: PackRow, minimumCopies: number): CatalogueEntry {
    const held = row.copies.filter((copy) => copy.state === 'held').length;
    const entry: CatalogueEntry = {
      row,
      number: this.#byNumber.length,
      isStrong: held >= minimumCopies && row.state !== 'destroying',
    };
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
