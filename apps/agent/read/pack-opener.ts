// Opens packs for reading: from the copy that the agent keeps at home if it is there (packs of folders), else
// from the stores. Readers share one memory: use one at a time.
import type { Disk, NetworkShape } from '@kura/base';
import { KuraError } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { EnvelopeCache, PackReader, PackScratch } from '@kura/format';
import type { ReadingKeys } from '@kura/member-seal';
import type { Bulk } from '@kura/native';
import { readLocalLeaves } from '../index/local-pack.ts';
import type { LeafSource } from './read-ahead.ts';

export interface PackOpenerOptions {
  readonly fetcher: LeafSource;
  readonly keys: ReadingKeys;
  readonly bulk: Bulk;
  readonly shape: NetworkShape;
  /** Where sealed folder packs may lie at home. */
  readonly local: { readonly disk: Disk; readonly folder: string } | undefined;
}

export class PackOpener {
  readonly #options: PackOpenerOptions;
  readonly #scratch: PackScratch;
  readonly #envelopes = new EnvelopeCache();

  constructor(options: PackOpenerOptions) {
    this.#options = options;
    this.#scratch = new PackScratch(options.shape);
  }

  /** Most of this pack will be read, and soon. */
  expect(row: PackRow): void {
    this.#options.fetcher.expect?.(row);
  }

  open(row: PackRow): PackReader {
    const { keys, bulk, shape, fetcher, local } = this.#options;
    const place = local === undefined ? undefined : { ...local, bulk, shape };
    // After the first leaf that is not here, or not what it was, the stores give the rest.
    let isHere = place !== undefined;
    return new PackReader({
      packId: row.packId,
      leafCount: row.leafCount,
      keys,
      bulk,
      shape,
      envelopeCache: this.#envelopes,
      scratch: this.#scratch,
      fetchLeaves: async (first, count, into) => {
        const leaves = { packId: row.packId, leafCount: row.leafCount, firstLeaf: first };
        isHere = isHere && place !== undefined && readLocalLeaves(place, leaves, into);
        if (!isHere) await fetcher.fetch(row, { first, count }, into);
      },
    });
  }
}

/** For whoever has a pack id and needs the row. */
export function unknownPack(packId: string): KuraError {
  return new KuraError('missing', `pack ${packId} is not in the tables`, {
    guidance: 'Run `kura check` to see what is hurt.',
  });
}
