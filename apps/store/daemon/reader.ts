// `kura serve reader`: answers GET with a ticket or a grant, and nothing else. It reads the shelf and the
// store's state, never the store's key; it writes nothing, dials nobody, and believes no certificate: what
// counts is the key that TLS has shown (decision 0010).
import { KIB, KuraError, MIB, must, SECOND_MS } from '@kura/base';
import { refusal } from '@kura/certificates/trust.ts';
import { READER_ENDPOINTS } from '@kura/contract/wire/endpoints/reader.ts';
import { edgeLog, type Program, type ReaderConfig } from '@kura/daemon';
import { parseAddress } from '@kura/wire/address.ts';
import { type Bandwidth, TokenBucket } from '@kura/wire/bandwidth.ts';
import { listenNearby, type NearbyListener } from '@kura/wire/nearby/multicast.ts';
import type { Edge } from '@kura/wire/server/edge.ts';
import { serve } from '@kura/wire/server/serve.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';
import { readAdmission } from '../owners/filed-owners.ts';
import { answerNearby } from '../reader/answer-nearby.ts';
import { readerHandlers } from '../reader/handlers.ts';
import type { ReadableShelf } from '../reader/open-shelf.ts';
import { decodeTls } from './network-file.ts';
import { type OpenedForReading, openReadable } from './shelves.ts';
import { StateReader } from './state-folder.ts';
import type { StoreSurroundings } from './surroundings.ts';
import { TrustReader } from './trust-book.ts';

/** A revocation reaches the reader within this. */
const LOOK_MS = 5 * SECOND_MS;
/** No body comes in: 0 would be no limit. */
const RECEIVED_BYTES_PER_SECOND = 64 * KIB;

export class ReaderProgram implements Program {
  readonly #config: ReaderConfig;
  readonly #surroundings: StoreSurroundings;
  readonly #state: StateReader;
  #opened: OpenedForReading | undefined;
  #trust: TrustReader | undefined;
  #edge: Edge | undefined;
  #nearby: NearbyListener | undefined;
  #disarm: (() => void) | undefined;
  #tlsStamp = '';
  #fault: string | undefined;

  constructor(config: ReaderConfig, surroundings: StoreSurroundings) {
    this.#config = config;
    this.#surroundings = surroundings;
    this.#state = new StateReader(surroundings.disk, config.state);
  }

  /** "127.0.0.1:7445" as bound. */
  get address(): string | undefined {
    return this.#edge?.address;
  }

  async start(): Promise<void> {
    const { clock, random, log, metrics } = this.#surroundings;
    const opened = await openReadable(this.#config.shelf, this.#surroundings);
    this.#opened = opened;
    const { shelf } = opened;
    const { coordinatorKey, identity, owners } = shelf.record;
    const trust = new TrustReader(this.#state, coordinatorKey);
    this.#trust = trust;
    const { disk, members: folder } = this.#state;
    const files = { disk, folder, storeId: identity.storeId, coordinatorKey };
    this.#edge = await serve({
      endpoints: READER_ENDPOINTS,
      handlers: readerHandlers({
        shelf,
        trust: () => trust.trust,
        statement: () => this.#statement(),
        ownerOf: (pseudonym) => owners.get(pseudonym) ?? readAdmission(files, pseudonym),
        clock,
      }),
      tls: this.#tls(),
      listen: parseAddress(this.#config.listen.address),
      authorise: () => {
        throw refusal('self-made', 'a reader believes keys, not certificates');
      },
      bandwidth: this.#bandwidth(),
      ...edgeLog(log, metrics),
      clock,
      random,
    });
    this.#nearby = await this.#listenNearby(shelf);
    this.#watch();
  }

  ready(): readonly string[] {
    return this.#fault === undefined ? [] : [this.#fault];
  }

  async reload(): Promise<void> {
    this.#look();
  }

  async stop(graceMs: number): Promise<void> {
    this.#disarm?.();
    this.#nearby?.close();
    await this.#edge?.drain(graceMs);
    this.#opened?.close();
  }

  /** Undefined unless its file says so. */
  async #listenNearby(shelf: ReadableShelf): Promise<NearbyListener | undefined> {
    const { clock, random, log } = this.#surroundings;
    const { nearby } = this.#config;
    const names = shelf.namesFrom?.bind(shelf);
    if (nearby === undefined || names === undefined) return undefined;
    const { port } = parseAddress(must(this.address, 'it listens'));
    const shown = { address: `${nearby.address}:${port}`, random };
    const { storeId } = shelf.identity;
    return listenNearby({
      address: nearby.address,
      answer: async (question) => answerNearby(question, { storeId, names }, shown),
      onFailure: (error) => {
        const why = error instanceof Error ? error.message : String(error);
        log.event('warning', 'a neighbour got no answer', { why });
      },
      clock,
    });
  }

  #statement(): Uint8Array {
    const statement = this.#state.read('readerStatement');
    if (statement !== undefined) return statement;
    throw new KuraError('unreachable', 'the store has not vouched for its reader yet', {
      guidance: 'Start the store once: it makes and signs what its reader shows.',
    });
  }

  #tls(): TlsIdentity {
    this.#tlsStamp = this.#state.stampOf('readerTls');
    return decodeTls(this.#state.demand('readerTls'));
  }

  #bandwidth(): Bandwidth {
    const { clock } = this.#surroundings;
    return {
      send: new TokenBucket(this.#config.limits.sendMibS * MIB, clock),
      receive: new TokenBucket(RECEIVED_BYTES_PER_SECOND, clock),
    };
  }

  #watch(): void {
    this.#disarm = this.#surroundings.clock.after(LOOK_MS, () => {
      this.#look();
      this.#watch();
    });
  }

  /** What the store has written meanwhile. A file that cannot be read changes nothing, and is told. */
  #look(): void {
    try {
      this.#trust?.refresh();
      if (this.#state.stampOf('readerTls') !== this.#tlsStamp) {
        this.#edge?.renew(this.#tls());
      }
      this.#fault = undefined;
    } catch (error) {
      this.#fault = error instanceof Error ? error.message : String(error);
      this.#surroundings.log.event('error', 'the state of the store could not be read', {
        why: this.#fault,
      });
    }
  }
}

export function readerProgram(config: ReaderConfig, surroundings: StoreSurroundings): Program {
  return new ReaderProgram(config, surroundings);
}
