// Opens packs for reading: from the copy that the agent keeps at home if it is there (packs of folders), else
// from the stores. Readers share one memory: use one at a time.
import type { Disk, NetworkShape } from '@kura/base';
import { KuraError } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { EnvelopeCache, PackReader, PackScratch } from '@kura/format';
import type { ReadingKeys } from '@kura/member-seal';
import type { Bulk } from '@kura/native';
import type { CopyFetcher } from './copy-fetcher.ts';

export interface PackOpenerOptions {
  readonly fetcher: CopyFetcher;
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

  open(row: PackRow): PackReader {
    const { keys, bulk, shape, fetcher } = this.#options;
    const isHere = this.#isHere(row);
    return new PackReader({
      packId: row.packId,
      leafCount: row.leafCount,
      keys,
      bulk,
      shape,
      envelopeCache: this.#envelopes,
      scratch: this.#scratch,
      fetchLeaves: async (first, count, into) => {
        if (isHere && this.#readLocal(row, first, into)) return;
        await fetcher.fetch(row, { first, count }, into);
      },
    });
  }

  #isHere(row: PackRow): boolean {
    const { local, shape } = this.#options;
    if (local === undefined) return false;
    const stat = local.disk.stat(`${local.folder}/${row.packId}`);
    return stat?.sizeBytes === row.leafCount * shape.leafBytes;
  }

  /** False if the file is gone or shorter by now: then the stores are asked. */
  #readLocal(row: PackRow, firstLeaf: number, into: Uint8Array): boolean {
    const { local, shape } = this.#options;
    if (local === undefined) return false;
    const path = `${local.folder}/${row.packId}`;
    if (local.disk.stat(path) === undefined) return false;
    const file = local.disk.openRead(path);
    try {
      return file.read(into, firstLeaf * shape.leafBytes) === into.length;
    } finally {
      file.close();
    }
  }
}

/** For whoever has a pack id and needs the row. */
export function unknownPack(packId: string): KuraError {
  return new KuraError('missing', `pack ${packId} is not in the tables`, {
    guidance: 'Run `kura check` to see what is hurt.',
  });
}
