// A store of which a part lies here, on a medium that was sent: what is on it is read from it, the rest at the store.
// Nobody is believed: whoever fetches checks leaves and tables of either in the same way.
import { type CopyId, KuraError } from '@kura/base';
import type { CopyStat, LeafTaker, LeavesWanted, StoreIdentity, StoreReader } from '@kura/contract';
import { askInTurn } from './ask-in-turn.ts';

export interface MediumReaderParts {
  readonly medium: Pick<StoreReader, 'fetch' | 'stat'>;
  /** Undefined: it cannot be reached. */
  readonly store: StoreReader | undefined;
  /** As the network or the card describes the store. */
  readonly identity: StoreIdentity;
}

export class MediumReader implements StoreReader {
  readonly identity: StoreIdentity;
  readonly medium: MediumReaderParts['medium'];
  readonly #store: StoreReader | undefined;

  constructor({ identity, medium, store }: MediumReaderParts) {
    this.identity = identity;
    this.medium = medium;
    this.#store = store;
  }

  async stat(copyId: CopyId): Promise<CopyStat> {
    return (await this.#here(copyId)) ?? (await this.#there().stat(copyId));
  }

  async fetch(
    copyId: CopyId,
    firstLeaf: number,
    leafCount: number,
    into: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const from = (await this.#here(copyId)) === undefined ? this.#there() : this.medium;
    await from.fetch(copyId, firstLeaf, leafCount, into, signal);
  }

  async stream(wanted: LeavesWanted, taker: LeafTaker): Promise<void> {
    if ((await this.#here(wanted.copyId)) !== undefined) {
      await askInTurn(this.medium, wanted, taker);
      return;
    }
    const store = this.#there();
    await (store.stream?.(wanted, taker) ?? askInTurn(store, wanted, taker));
  }

  /** A medium that errs is as good as none: the store has it as well. */
  async #here(copyId: CopyId): Promise<CopyStat | undefined> {
    try {
      return await this.medium.stat(copyId);
    } catch (error) {
      if (error instanceof KuraError) return undefined;
      throw error;
    }
  }

  #there(): StoreReader {
    if (this.#store !== undefined) return this.#store;
    throw new KuraError('unreachable', 'it is not on the medium, and its store is away');
  }
}
