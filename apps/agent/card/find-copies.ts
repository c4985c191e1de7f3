// Asks stores whether they hold a copy of a pack, by the name that it would have there: names of copies follow from
// the stores' keys, so nobody has to have written down where a pack went.
import { KuraError, type PackId, type StoreId } from '@kura/base';
import type { CopyRow, CopyStat, StoreReader } from '@kura/contract';
import { copyIdOf } from '@kura/copy-seal';
import type { Elsewhere } from '../read/copy-fetcher.ts';
import { LruCache } from '../read/lru-cache.ts';
import { MediumReader } from '../read/medium-reader.ts';

/** Readers let one key ask so much at once. */
const QUESTIONS_PER_STORE = 4;

export interface AskedStores {
  readonly readers: ReadonlyMap<StoreId, StoreReader>;
  readonly copyKeys: ReadonlyMap<StoreId, Uint8Array>;
}

export interface FoundPack {
  readonly packId: PackId;
  readonly leafCount: number;
  /** With the roots that the stores name: nobody else vouches for them. */
  readonly copies: readonly CopyRow[];
}

/** A store that does not answer is not asked again; a medium of it is. */
export class CopyFinder {
  readonly #asked: AskedStores;
  /** Why stores are not asked any more. */
  readonly failures = new Map<StoreId, KuraError>();

  constructor(asked: AskedStores) {
    this.#asked = asked;
  }

  /** Those that a store has, in the order asked for; `except`: stores of which is known what they have. */
  async find(
    packs: readonly PackId[],
    except: ReadonlySet<StoreId> = new Set(),
  ): Promise<readonly FoundPack[]> {
    const found = new Map<PackId, { leafCount: number; copies: CopyRow[] }>();
    const stores = [...this.#asked.readers.values()].filter(
      ({ identity }) => !except.has(identity.storeId),
    );
    const note = (packId: PackId, leafCount: number, copy: CopyRow): void => {
      const pack = found.get(packId) ?? { leafCount, copies: [] };
      if (pack.leafCount === leafCount) pack.copies.push(copy);
      found.set(packId, pack);
    };
    await Promise.all(stores.map((store) => this.#askStore(store, packs, note)));
    return packs.flatMap((packId) => {
      const pack = found.get(packId);
      return pack === undefined ? [] : [{ packId, ...pack }];
    });
  }

  async #askStore(
    store: StoreReader,
    packs: readonly PackId[],
    note: (packId: PackId, leafCount: number, copy: CopyRow) => void,
  ): Promise<void> {
    const { storeId } = store.identity;
    const copyKey = this.#asked.copyKeys.get(storeId);
    if (copyKey === undefined) return;
    const waiting = packs.values();
    const askOn = async (): Promise<void> => {
      for (const packId of waiting) {
        const asked = this.failures.has(storeId) ? mediumOf(store) : store;
        if (asked === undefined) return;
        const copyId = copyIdOf(copyKey, packId);
        const stat = await this.#stat(asked, storeId, copyId);
        if (stat === undefined) continue;
        const { leafCount, root } = stat;
        note(packId, leafCount, {
          storeId,
          copyId,
          root,
          state: 'held',
          reason: 'found by its name',
        });
      }
    };
    await Promise.all(Array.from({ length: QUESTIONS_PER_STORE }, askOn));
  }

  async #stat(
    asked: Pick<StoreReader, 'stat'>,
    storeId: StoreId,
    copyId: CopyRow['copyId'],
  ): Promise<CopyStat | undefined> {
    try {
      return await asked.stat(copyId);
    } catch (error) {
      if (!(error instanceof KuraError)) throw error;
      // A damaged table is one copy's affair; silence and refusals are the store's.
      const isOfCopy = error.code === 'missing' || error.code === 'corrupt';
      if (!isOfCopy) this.failures.set(storeId, error);
      return undefined;
    }
  }
}

/** What is left of a store that is silent: the disk that was sent from it. */
function mediumOf(store: StoreReader): Pick<StoreReader, 'stat'> | undefined {
  return store instanceof MediumReader ? store.medium : undefined;
}

/** Packs of which is remembered where they were found: a restore reads window after window of the same ones. */
const MAX_REMEMBERED = 256;

/** For a fetcher: at every other store than those that are recorded. */
export function elsewhereAt(finder: CopyFinder): Elsewhere {
  const known = new LruCache<PackId, readonly CopyRow[]>(MAX_REMEMBERED);
  return async ({ packId, leafCount, copies }) => {
    const before = known.get(packId);
    if (before !== undefined) return before;
    const [found] = await finder.find([packId], new Set(copies.map(({ storeId }) => storeId)));
    const rows = found?.leafCount === leafCount ? found.copies : [];
    known.set(packId, rows);
    return rows;
  };
}
