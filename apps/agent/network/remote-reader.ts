// A store as an agent reads it over the wire: at its reader, or through a gateway if it has none. What comes is
// believed by nobody here: the copy fetcher checks every leaf against the recorded root.
import { assert, type CopyId, KuraError, SECOND_MS, type StoreId } from '@kura/base';
import type { CopyStat, LeafTaker, LeavesWanted, StoreIdentity, StoreReader } from '@kura/contract';
import { decodeCopyTable, MAX_COPY_TABLE_BYTES } from '@kura/contract/wire/copy-table.ts';
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
  /** Comes before the leaves. */
  readonly table: boolean;
}

/** The two questions of reading, whoever answers them. */
export interface ReadingWay {
  /** Whether leaves come with their table if that is asked for. */
  readonly hasTables: boolean;
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
    hasTables: true,
    table: async ({ copyId, ...call }) => {
      const client = await door.open(call.patienceMs);
      const asked = { params: { copy: copyId }, tries: TRIES };
      return await client.call(READER.readTable, { ...asked, ...call });
    },
    leaves: async ({ copyId, first, count, table, ...call }) => {
      const client = await door.open(call.patienceMs);
      const query = { first, count, table: table ? true : undefined };
      const asked = { params: { copy: copyId }, query, tries: TRIES };
      return await client.call(READER.readLeaves, { ...asked, ...call });
    },
    forget: () => door.forget(),
  };
}

/** Of a store without a reader: the gateway fetches, under the same ticket. */
export function relayWay(gateway: EndpointClient, store: StoreId): ReadingWay {
  return {
    hasTables: false,
    table: ({ copyId, ...call }) =>
      gateway.call(GATEWAY.relayTable, { params: { store, copy: copyId }, tries: TRIES, ...call }),
    leaves: ({ copyId, first, count, table, ...call }) => {
      assert(!table, 'a gateway relays tables by themselves');
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
    const asked = { copyId, first, count, into, withTable: false, ...(signal && { signal }) };
    const body = await this.#askLeaves(asked);
    await this.#read(body, signal, () => body.readInto(into));
  }

  async stream(wanted: LeavesWanted, taker: LeafTaker): Promise<void> {
    const { copyId, into, partBytes, signal } = wanted;
    const isApart = wanted.withTable && !this.#way.hasTables;
    if (isApart) taker.onTable(await this.stat(copyId));
    const withTable = wanted.withTable && !isApart;
    const body = await this.#askLeaves({ ...wanted, withTable });
    await this.#read(body, signal, async () => {
      if (withTable) {
        const table = new Uint8Array(body.sizeBytes - into.length);
        await body.readInto(table);
        taker.onTable(decodeCopyTable(copyId, table));
      }
      let handedOn = 0;
      await body.readInto(into, (filled) => {
        while (filled - handedOn >= partBytes || (filled === into.length && handedOn < filled)) {
          const part = into.subarray(handedOn, Math.min(handedOn + partBytes, filled));
          handedOn += part.length;
          taker.onPart(part);
        }
      });
    });
  }

  async stat(copyId: CopyId): Promise<CopyStat> {
    const body = await this.#ask(copyId, (shown) => this.#way.table({ copyId, ...shown }));
    return decodeCopyTable(copyId, await readWhole(body));
  }

  /** Leaves as many as there is room for, and the table where it is wanted: nothing else is read. */
  async #askLeaves(asked: Omit<LeavesWanted, 'partBytes'>): Promise<IncomingBody> {
    const { copyId, first, count, into, withTable, signal } = asked;
    const body = await this.#ask(copyId, (shown) =>
      this.#way.leaves({
        ...{ copyId, first, count, table: withTable },
        ...shown,
        ...(signal && { signal }),
      }),
    );
    const tableBytes = body.sizeBytes - into.length;
    if (withTable ? tableBytes > 0 && tableBytes <= MAX_COPY_TABLE_BYTES : tableBytes === 0) {
      return body;
    }
    body.drop();
    throw new KuraError('corrupt', `store ${this.identity.storeId} gave another number of leaves`);
  }

  /** Nothing more comes of a body whose reading was stopped or failed. */
  async #read(
    body: IncomingBody,
    signal: AbortSignal | undefined,
    work: () => Promise<unknown>,
  ): Promise<void> {
    const stop = (): void => body.drop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await work();
    } catch (error) {
      body.drop();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
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
