// A store as an agent reads it over the wire: at its reader, or through a gateway if it has none. What comes is
// believed by nobody here: the copy fetcher checks every leaf against the recorded root.
import { type CopyId, KuraError, SECOND_MS, type StoreId } from '@kura/base';
import type { CopyStat, StoreIdentity, StoreReader } from '@kura/contract';
import { decodeCopyTable } from '@kura/contract/wire/copy-table.ts';
import { GATEWAY_ENDPOINTS as GATEWAY } from '@kura/contract/wire/endpoints/gateway.ts';
import { READER_ENDPOINTS as READER } from '@kura/contract/wire/endpoints/reader.ts';
import { type IncomingBody, readWhole } from '@kura/wire/body.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import type { Permits } from './permits.ts';
import type { ReaderDoor } from './reader-door.ts';

interface Asked {
  readonly copyId: CopyId;
  readonly authorization: string;
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
}

export interface LeavesAsked extends Asked {
  readonly first: number;
  readonly count: number;
}

/** The two questions of reading, whoever answers them. */
export interface ReadingWay {
  table(asked: Asked): Promise<IncomingBody>;
  leaves(asked: LeavesAsked): Promise<IncomingBody>;
  /** After an answer that only a new beginning can mend. */
  forget(): void;
}

/** Other stores have the same pack: nobody waits long for one of them. */
export const PATIENCE_MS = 5 * SECOND_MS;
/** Of a store that is asked although it failed a moment ago: there is no better one. */
export const LAST_PATIENCE_MS = 20 * SECOND_MS;
/** A connection that was closed while it was idle is no fault, and does not count. */
const TRIES = 1;

export function readerWay(door: ReaderDoor): ReadingWay {
  return {
    table: async ({ copyId, ...call }) => {
      const client = await door.open(call.patienceMs);
      const asked = { params: { copy: copyId }, tries: TRIES };
      return await client.call(READER.readTable, { ...asked, ...call });
    },
    leaves: async ({ copyId, first, count, ...call }) => {
      const client = await door.open(call.patienceMs);
      const asked = { params: { copy: copyId }, query: { first, count }, tries: TRIES };
      return await client.call(READER.readLeaves, { ...asked, ...call });
    },
    forget: () => door.forget(),
  };
}

/** Of a store without a reader: the gateway fetches, under the same ticket. */
export function relayWay(gateway: EndpointClient, store: StoreId): ReadingWay {
  return {
    table: ({ copyId, ...call }) =>
      gateway.call(GATEWAY.relayTable, { params: { store, copy: copyId }, tries: TRIES, ...call }),
    leaves: ({ copyId, first, count, ...call }) => {
      const asked = { params: { store, copy: copyId }, query: { first, count }, tries: TRIES };
      return gateway.call(GATEWAY.relayLeaves, { ...asked, ...call });
    },
    forget: () => undefined,
  };
}

export interface RemoteReaderOptions {
  readonly identity: StoreIdentity;
  readonly way: ReadingWay;
  readonly permits: Permits;
  /** How long it may be silent; default, `PATIENCE_MS`. */
  readonly patienceMs?: () => number;
}

export class RemoteReader implements StoreReader {
  readonly identity: StoreIdentity;
  readonly #way: ReadingWay;
  readonly #permits: Permits;
  readonly #patienceMs: () => number;

  constructor({ identity, way, permits, patienceMs }: RemoteReaderOptions) {
    this.identity = identity;
    this.#way = way;
    this.#permits = permits;
    this.#patienceMs = patienceMs ?? (() => PATIENCE_MS);
  }

  async fetch(
    copyId: CopyId,
    first: number,
    count: number,
    into: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const body = await this.#ask(copyId, (shown) =>
      this.#way.leaves({ copyId, first, count, ...shown, ...(signal && { signal }) }),
    );
    if (body.sizeBytes !== into.length) {
      body.drop();
      throw new KuraError(
        'corrupt',
        `store ${this.identity.storeId} gave another number of leaves`,
      );
    }
    const stop = (): void => body.drop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await body.readInto(into);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async stat(copyId: CopyId): Promise<CopyStat> {
    const body = await this.#ask(copyId, (shown) => this.#way.table({ copyId, ...shown }));
    return decodeCopyTable(copyId, await readWhole(body));
  }

  /** Once more if what was shown had ended, or if the reader has changed its key. */
  async #ask(
    copyId: CopyId,
    question: (shown: Pick<Asked, 'authorization' | 'patienceMs'>) => Promise<IncomingBody>,
  ): Promise<IncomingBody> {
    const copy = { storeId: this.identity.storeId, copyId };
    const ask = async (): Promise<IncomingBody> => {
      const authorization = await this.#permits.authorization(copy);
      return await question({ authorization, patienceMs: this.#patienceMs() });
    };
    try {
      return await ask();
    } catch (error) {
      if (!this.#canMend(error, copy)) throw error;
    }
    return await ask();
  }

  #canMend(error: unknown, copy: { readonly storeId: StoreId; readonly copyId: CopyId }): boolean {
    if (!(error instanceof KuraError) || error.code !== 'refused') return false;
    if (error.context.reason === 'late') return this.#permits.renew(copy);
    if (error.context.reason !== 'reader key') return false;
    this.#way.forget();
    return true;
  }
}
