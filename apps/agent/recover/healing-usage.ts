// What a recovered snapshot uses. Its folders are read from whatever stores there are; a pack that a folder
// cannot be read from is healed by them, once, before the snapshot is called incomplete.
import type { KuraError } from '@kura/base';
import type { StoreKeeperPort } from '@kura/contract';
import type { Snapshot } from '@kura/format';
import type { CatalogueEntry } from '../index/pack-catalogue.ts';
import { Usage } from '../prune/usage.ts';
import { isLoss } from '../read/losses.ts';
import type { Reading } from '../read/reading.ts';
import { healAll } from './heal.ts';

export interface HealingUsageOptions {
  readonly reading: Reading;
  readonly shelves: ReadonlyMap<string, StoreKeeperPort>;
}

export class HealingUsage {
  readonly #options: HealingUsageOptions;
  readonly #tried = new Set<CatalogueEntry>();

  constructor(options: HealingUsageOptions) {
    this.#options = options;
  }

  /**
   * With `missingChunks` above 0 if a folder or a chunk is at none of these stores: what is there can be restored.
   * Throws if a store went away meanwhile: the recovery ends, and can be begun again.
   */
  async of(snapshot: Snapshot): Promise<Usage> {
    const { reading, shelves } = this.#options;
    for (;;) {
      const usage = new Usage(reading);
      try {
        await usage.addSnapshot(snapshot);
        return usage;
      } catch (error) {
        if (!isLoss(error)) throw error;
        const pack = this.#packOf(error);
        if (pack === undefined || this.#tried.has(pack)) {
          usage.missingChunks++;
          return usage;
        }
        this.#tried.add(pack);
        await healAll(pack.row.copies, shelves);
      }
    }
  }

  /** That could not be read; undefined if the error is not about one. */
  #packOf({ context }: KuraError): CatalogueEntry | undefined {
    const { packId } = context;
    return this.#options.reading.catalogue.entries().find(({ row }) => row.packId === packId);
  }
}
