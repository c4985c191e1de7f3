// Finds a member's catalogues at the stores, from the number that the card knows on, and reads what it takes to know
// every pack. What one store does not have another may; a store that a catalogue names is asked from then on.
import { KuraError, type NetworkShape } from '@kura/base';
import type { CardStore } from '@kura/contract/wire/card-store.ts';
import { EnvelopeCache, PackReader, PackScratch } from '@kura/format';
import type { ReaderKeys } from '@kura/member-seal';
import type { Bulk } from '@kura/native';
import { CopyFetcher } from '../../read/copy-fetcher.ts';
import type { CardHeads } from '../card-files.ts';
import type { AskedStores, CopyFinder, FoundPack } from '../find-copies.ts';
import type { Catalogue } from './body.ts';
import { hasWhole } from './merge-chain.ts';
import { type CatalogueNames, MAX_NUMBER, WINDOW } from './names.ts';
import { readCatalogue } from './pack.ts';

/** What can be asked, and grows by what is learnt. */
export interface ChainStores extends AskedStores {
  /** True if one of these can be asked and was not known. */
  learn(stores: readonly CardStore[]): boolean;
}

export interface ChainPorts {
  readonly names: CatalogueNames;
  readonly heads: CardHeads;
  readonly stores: ChainStores;
  readonly finder: CopyFinder;
  readonly keys: ReaderKeys;
  readonly shape: NetworkShape;
  readonly bulk: Bulk;
  readonly onProgress?: (read: number) => void;
}

/** Readers of packs have memory of their own each. */
const READ_AT_ONCE = 4;

export class ChainSearch {
  readonly #ports: ChainPorts;
  /** By number; undefined: it is there and cannot be read. */
  readonly #read = new Map<number, Catalogue | undefined>();

  constructor(ports: ChainPorts) {
    this.#ports = ports;
  }

  /**
   * All that can be read from the newest whole one on, and perhaps more; older ones than the card knows, if there
   * are no others. Throws what the stores are silent for.
   */
  async run(): Promise<readonly Catalogue[]> {
    let newest: number | undefined;
    for (let knowsAll = false; !knowsAll; ) {
      const { number } = this.#ports.heads;
      newest = (await this.#newest(newest ?? number)) ?? (await this.#newestBefore(number));
      if (newest === undefined) return this.#nothing();
      await this.#readFrom(newest, newest);
      let from = this.#read.get(newest)?.whole ?? newest;
      await this.#readFrom(from, newest);
      // One whole catalogue may have lost a part: the one before it is kept for that.
      while (!hasWhole(this.#readable) && from > 1) {
        const before = Math.max(1, from - WINDOW);
        await this.#readFrom(before, from - 1);
        from = before;
      }
      knowsAll = !this.#learn();
    }
    return this.#readable;
  }

  get #readable(): readonly Catalogue[] {
    return [...this.#read.values()].filter((catalogue) => catalogue !== undefined);
  }

  /** True if they name a store that can be asked as well. */
  #learn(): boolean {
    return this.#ports.stores.learn(this.#readable.flatMap(({ stores }) => stores));
  }

  /** Undefined if there is none, from `from` on. */
  async #newest(from: number): Promise<number | undefined> {
    let newest: number | undefined;
    let at = Math.max(1, from);
    for (;;) {
      const numbers = range(at, Math.min(at + WINDOW, MAX_NUMBER));
      const found = await this.#find(numbers);
      const last = found.at(-1)?.number;
      if (last === undefined || last === newest) return newest;
      newest = last;
      at = last;
    }
  }

  /** Of stores that came back older than the card: the history that is then shown is compared with what it knows. */
  async #newestBefore(number: number): Promise<number | undefined> {
    for (let until = number - 1; until >= 1; until -= WINDOW) {
      const found = await this.#find(range(Math.max(1, until - WINDOW + 1), until));
      if (found.length > 0) return Math.max(...found.map((one) => one.number));
    }
    return undefined;
  }

  async #find(numbers: readonly number[]): Promise<readonly (FoundPack & { number: number })[]> {
    const { names, finder } = this.#ports;
    const numberOf = new Map(numbers.map((number) => [names.of(number), number]));
    const found = await finder.find([...numberOf.keys()]);
    return found.map((pack) => ({ ...pack, number: numberOf.get(pack.packId) ?? 0 }));
  }

  async #readFrom(first: number, last: number): Promise<void> {
    const wanted = range(first, last).filter((number) => this.#read.get(number) === undefined);
    const found = await this.#find(wanted);
    const waiting = found.values();
    const readOn = async (): Promise<void> => {
      const scratch = new PackScratch(this.#ports.shape);
      for (const pack of waiting) {
        this.#read.set(pack.number, await this.#readOne(pack, scratch));
        this.#ports.onProgress?.(this.#read.size);
      }
    };
    await Promise.all(Array.from({ length: READ_AT_ONCE }, readOn));
  }

  /** From one store after the other: what opens and is signed needs nobody to vouch for it. */
  async #readOne(
    pack: FoundPack & { readonly number: number },
    scratch: PackScratch,
  ): Promise<Catalogue | undefined> {
    const { keys, shape, bulk, stores } = this.#ports;
    const fetcher = new CopyFetcher({
      ...{ stores: stores.readers, copyKeys: stores.copyKeys, bulk, shape },
    });
    try {
      for (const copy of pack.copies) {
        const reader = new PackReader({
          ...{ packId: pack.packId, leafCount: pack.leafCount, keys, bulk, shape, scratch },
          envelopeCache: new EnvelopeCache(),
          fetchLeaves: (first, count, into) => fetcher.fetchFrom(copy, { first, count }, into),
        });
        try {
          return await readCatalogue(reader, { number: pack.number, ownerKey: keys.ownerKey });
        } catch (error) {
          if (!(error instanceof KuraError)) throw error;
        } finally {
          reader.close();
        }
      }
      return undefined;
    } finally {
      fetcher.close();
    }
  }

  /** A card without a backup knows nothing, and that is all right; one whose stores are silent says so. */
  #nothing(): readonly Catalogue[] {
    const { finder, heads, stores } = this.#ports;
    const [failure] = finder.failures.values();
    if (failure !== undefined) throw failure;
    if (heads.number === 0 && stores.readers.size > 0) return [];
    throw new KuraError('missing', 'no store that this card can read has a catalogue of yours', {
      guidance: 'Bring a newer copy of the card, or ask the network: without --card.',
    });
  }
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
