// A store's reader: before a ticket is shown, the store's own key must have said which TLS key its reader has
// (decision 0010). From then on no connection with another key is used.
import type { X509Certificate } from 'node:crypto';
import { equalBytes, KuraError } from '@kura/base';
import { keyHashOf } from '@kura/certificates/trust.ts';
import { openReaderStatement, type StoreIdentity } from '@kura/contract';
import { READER_ENDPOINTS as READER } from '@kura/contract/wire/endpoints/reader.ts';
import type { Bandwidth } from '@kura/wire/bandwidth.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { openClient } from '@kura/wire/client/open-client.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';
import type { Surroundings } from './access.ts';

export interface ReaderDoorOptions {
  /** As the card or the network's description has it: its key is what is believed. */
  readonly store: StoreIdentity;
  /** "host:port", at least one. */
  readonly addresses: readonly string[];
  /** Whose key a ticket or grant names. */
  readonly identity: TlsIdentity;
  readonly proxy: string | undefined;
  readonly bandwidth: Bandwidth;
  readonly connections: number;
}

export class ReaderDoor {
  readonly #options: ReaderDoorOptions & Surroundings;
  #client: EndpointClient | undefined;
  #greeting: Promise<EndpointClient> | undefined;

  constructor(options: ReaderDoorOptions & Surroundings) {
    this.#options = options;
  }

  /** A client of this store's reader; throws `refused` if another stands there. `patienceMs`: for its greeting. */
  open(patienceMs: number): Promise<EndpointClient> {
    if (this.#client !== undefined) return Promise.resolve(this.#client);
    // One greeting for all that wait: what it ends with is the same for each.
    this.#greeting ??= this.#greet(patienceMs)
      .then((client) => {
        this.#client = client;
        return client;
      })
      .finally(() => {
        this.#greeting = undefined;
      });
    return this.#greeting;
  }

  /** The next call greets anew: a reader that was renewed has another key. */
  forget(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  async #greet(patienceMs: number): Promise<EndpointClient> {
    const { store, addresses, identity, proxy, bandwidth, connections, clock, random } =
      this.#options;
    let keyHash: Uint8Array | undefined;
    const client = openClient({
      ...{ addresses, identity, proxy, bandwidth, connections, clock, random, isDirect: true },
      trust: (certificate: X509Certificate) => {
        const shown = keyHashOf(certificate);
        keyHash ??= shown;
        if (!equalBytes(shown, keyHash)) throw anotherKey(store);
      },
    });
    try {
      const { statement } = await client.call(READER.describeReader, { tries: 1, patienceMs });
      const { publicKey: storeKey, storeId } = store;
      const stated = openReaderStatement(statement, {
        ...{ storeKey, storeId },
        keyHash: keyHash ?? new Uint8Array(0),
      });
      if (stated.inventoryEpoch < store.inventoryEpoch) {
        throw new KuraError('refused', `the reader of store ${storeId} has an older shelf`, {
          context: { reason: 'epoch' },
        });
      }
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }
}

function anotherKey({ storeId }: StoreIdentity): KuraError {
  return new KuraError('refused', `the reader of store ${storeId} shows another key than before`, {
    guidance: 'Its operator may have renewed it: run it again.',
    context: { reason: 'reader key' },
  });
}
