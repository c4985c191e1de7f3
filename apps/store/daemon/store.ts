// `kura serve store`: opens one shelf and answers gateways about it, over connections that it dialled (strict)
// or behind its inward listener (card-readable). It learns from its coordinator's answers whom to serve and
// whom to believe; without an answer it goes on with what it knew last.
import { X509Certificate } from 'node:crypto';
import { equalBytes, GIB, KuraError, MIB, SECOND_MS } from '@kura/base';
import { signIdentityProof, signRemovalConfirmation } from '@kura/contract';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import { edgeLog, type Gauge, type Log, type Program, type StoreConfig } from '@kura/daemon';
import { parseAddress } from '@kura/wire/address.ts';
import { type Bandwidth, TokenBucket } from '@kura/wire/bandwidth.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { openClient } from '@kura/wire/client/open-client.ts';
import { type Dialler, dialOut } from '@kura/wire/dial/dial-out.ts';
import type { Edge } from '@kura/wire/server/edge.ts';
import { serve } from '@kura/wire/server/serve.ts';
import { type StoreDuties, storeHandlers } from '../api/handlers.ts';
import { ClosingBook } from '../closing/closing-book.ts';
import { FiledClosings } from '../closing/closing-files.ts';
import { FiledFindings } from '../findings/filed-findings.ts';
import { FiledOwners } from '../owners/filed-owners.ts';
import { shelfPaths } from '../shelf/layout.ts';
import { type Beat, type BeatAnswer, Heartbeat } from './heartbeat.ts';
import { Hold } from './hold.ts';
import { type InventoryMark, inventoryMark } from './inventory-mark.ts';
import { decodeNetwork, type NetworkFile } from './network-file.ts';
import { Peers } from './peers.ts';
import { PowerFile } from './power-file.ts';
import { prepareReader } from './reader-identity.ts';
import { Renewal } from './renewal.ts';
import { ScrubDuty } from './scrub-duty.ts';
import { type OpenedShelf, openShelf } from './shelves.ts';
import { StateFolder } from './state-folder.ts';
import type { StoreSurroundings } from './surroundings.ts';
import { TrustBook } from './trust-book.ts';

/** Receiving stops below 2 % of the capacity, at least this much on a disk: a full one heals nothing. */
const RESERVE_SHARE = 0.02;
const MIN_RESERVE_BYTES = 2 * GIB;

export function storeProgram(config: StoreConfig, surroundings: StoreSurroundings): Program {
  return new StoreProgram(config, surroundings);
}

export class StoreProgram implements Program {
  readonly #config: StoreConfig;
  readonly #surroundings: StoreSurroundings;
  #running: RunningStore | undefined;

  constructor(config: StoreConfig, surroundings: StoreSurroundings) {
    this.#config = config;
    this.#surroundings = surroundings;
  }

  /** Of the inward listener, as bound; undefined for a strict store. */
  get address(): string | undefined {
    return this.#running?.address;
  }

  async start(): Promise<void> {
    const store = await RunningStore.open(this.#config, this.#surroundings);
    this.#running = store;
    await store.serve();
  }

  ready(): readonly string[] {
    return this.#running?.faults() ?? ['the shelf is not open'];
  }

  async reload(): Promise<void> {
    this.#running?.reload();
  }

  async stop(graceMs: number): Promise<void> {
    await this.#running?.stop(graceMs);
  }
}

interface Parts {
  readonly state: StateFolder;
  readonly network: NetworkFile;
  readonly book: TrustBook;
  readonly peers: Peers;
  readonly opened: OpenedShelf;
  readonly owners: FiledOwners;
  readonly hold: Hold;
  readonly renewal: Renewal;
  readonly scrub: ScrubDuty;
  readonly mark: InventoryMark;
}

class RunningStore {
  readonly #config: StoreConfig;
  readonly #surroundings: StoreSurroundings;
  readonly #parts: Parts;
  #client: EndpointClient;
  readonly #heartbeat: Heartbeat;
  readonly #certificateEnd: Gauge;
  readonly #onHold: Gauge;
  #notedHold: Hold['by'];
  /** Undefined if nobody writes down how the store lives. */
  readonly #power: PowerFile | undefined;
  #edge: Edge | undefined;
  #dialler: Dialler | undefined;
  /** What the reader shows; only of a card-readable store. */
  #statement: Uint8Array | undefined;

  private constructor(config: StoreConfig, surroundings: StoreSurroundings, parts: Parts) {
    const { clock, disk, log } = surroundings;
    this.#config = config;
    this.#surroundings = surroundings;
    this.#parts = parts;
    const stateFile = config.power?.stateFile;
    this.#power =
      stateFile === undefined
        ? undefined
        : new PowerFile(disk, stateFile, (why) =>
            log.event('warning', 'nothing is known of the power', { why }),
          );
    this.#client = this.#openClient();
    this.#certificateEnd = surroundings.metrics.gauge('kura_certificate_end_seconds');
    this.#onHold = surroundings.metrics.gauge('kura_store_on_hold');
    this.#heartbeat = new Heartbeat({
      client: () => this.#client,
      tell: () => this.#tell(),
      onAnswer: (answer) => this.#hear(answer),
      ...{ clock, log },
    });
  }

  /** Throws whatever keeps the store from being the one that enrolled. Nothing is served yet. */
  static async open(config: StoreConfig, surroundings: StoreSurroundings): Promise<RunningStore> {
    const { disk, clock, random } = surroundings;
    const nowMs = clock.nowMs();
    const state = await StateFolder.open(disk, config.state, { random, nowMs });
    const network = decodeNetwork(state.demand('network'));
    const book = new TrustBook(state, network.coordinatorKey);
    const { opened, owners } = await openOwned(config, { state, book }, surroundings);
    const peers = new Peers(network, book, clock);
    await peers.refresh();
    const hold = new Hold(state, clock);
    const hosts = config.listen === undefined ? [] : [hostOf(config.listen)];
    const renewal = new Renewal({ state, peers, hosts, clock, random });
    checkIsEnrolled({ renewal, network, peers, opened });
    const scrub = new ScrubDuty({ config, opened, state }, surroundings);
    const mark = markOf(config, state);
    const parts = { state, network, book, peers, opened, owners, hold, renewal, scrub, mark };
    return new RunningStore(config, surroundings, parts);
  }

  get address(): string | undefined {
    return this.#edge?.address;
  }

  async serve(): Promise<void> {
    const { clock, random, log, metrics } = this.#surroundings;
    const { state, peers, opened, renewal } = this.#parts;
    const { seed, keeper } = opened;
    const { listen } = this.#config;
    if (this.#config.store.kind === 'card-readable') {
      const { identity } = keeper;
      const nowMs = clock.nowMs();
      this.#statement = await prepareReader({ state, identity, seed, nowMs, random });
    }
    this.#edge = await serve({
      endpoints: STORE_ENDPOINTS,
      handlers: storeHandlers({
        keeper,
        shape: opened.record.shape,
        duties: this.#duties(),
        reserveBytes: this.#reserveBytes(),
        clock,
      }),
      tls: renewal.tls,
      ...(listen === undefined ? {} : { listen: parseAddress(listen.address) }),
      authorise: (certificate) => peers.judge(certificate, ['gateway', 'coordinator']),
      admitsAddress: (address) => peers.admitsAddress(address),
      admits: ({ kind }) => kind === 'certified',
      bandwidth: this.#bandwidth(),
      ...edgeLog(withoutGreetings(log), metrics),
      ...{ clock, random },
    });
    if (this.#config.store.kind === 'strict') this.#dialler = this.#dial(this.#edge);
    this.#noteHold();
    await this.#heartbeat.start();
    this.#parts.scrub.start();
  }

  faults(): readonly string[] {
    const { fault } = this.#heartbeat;
    return fault === undefined ? [] : [`the coordinator: ${fault}`];
  }

  reload(): void {
    this.#edge?.renew(this.#parts.renewal.tls);
    this.#dialler?.refresh();
  }

  async stop(graceMs: number): Promise<void> {
    const silent = this.#heartbeat.stop();
    this.#client.close(); // so that nothing is waited for
    await silent;
    this.#client.close(); // there is a new one if the last answer brought a certificate
    this.#dialler?.close();
    await Promise.all([this.#edge?.drain(graceMs), this.#parts.scrub.stop()]);
    this.#parts.opened.close();
  }

  /** To the coordinator, with the certificate of now. */
  #openClient(): EndpointClient {
    const { clock, random } = this.#surroundings;
    const { network, peers, renewal } = this.#parts;
    return openClient({
      addresses: network.coordinators,
      identity: renewal.tls,
      trust: (certificate) => void peers.judge(certificate, ['coordinator']),
      connections: 1,
      ...{ clock, random },
    });
  }

  #dial(edge: Edge): Dialler {
    const { clock, random, log } = this.#surroundings;
    const { peers, renewal } = this.#parts;
    return dialOut({
      gateways: () => peers.gateways,
      edge,
      identity: () => renewal.tls,
      authorise: (certificate) => peers.judge(certificate, ['gateway', 'coordinator']),
      onFailure: (address, error) => {
        const why = error instanceof Error ? error.message : String(error);
        log.event('warning', 'a gateway was not reached', { address, why });
      },
      ...{ clock, random },
    });
  }

  #duties(): StoreDuties {
    const { book, hold, owners, opened, peers } = this.#parts;
    const { storeId, inventoryEpoch } = opened.record.identity;
    return {
      prove: (challenge) => signIdentityProof({ challenge, storeId, inventoryEpoch }, opened.seed),
      confirmRemoval: (about) => {
        const timeMs = this.#surroundings.clock.nowMs();
        return signRemovalConfirmation({ storeId, timeMs, ...about }, opened.seed);
      },
      admit: async (pseudonym, admission) => {
        await owners.file(pseudonym, admission);
        this.#surroundings.log.event('info', 'a member was admitted', { pseudonym });
      },
      takeRevocations: async (signed) => {
        await book.takeRevocations(signed);
        this.#edge?.end((caller) => caller.kind === 'certified' && peers.isRevoked(caller.serial));
      },
      demandNoHold: () => hold.demandNone(),
    };
  }

  async #tell(): Promise<Beat> {
    const { book, opened, scrub, mark, hold } = this.#parts;
    const statement = this.#statement;
    return {
      inventoryEpoch: opened.record.identity.inventoryEpoch,
      freeBytes: Math.max(0, opened.keeper.freeBytes() - this.#reserveBytes()),
      knownKeys: book.keys.tick,
      revocations: book.revocations.number,
      statement,
      mark: mark.read(),
      scrub: await scrub.report.make(),
      hold: hold.order,
      power: this.#power?.read(),
    };
  }

  async #hear({ gateways, keys, knownFindings, mark, hold: order }: BeatAnswer): Promise<void> {
    const { book, peers, hold, renewal, scrub } = this.#parts;
    await book.learn(gateways, keys);
    await peers.refresh();
    this.#dialler?.refresh();
    await hold.answered(order);
    this.#noteHold();
    if (mark !== undefined) await this.#parts.mark.keep(mark);
    if (knownFindings !== undefined) await scrub.report.heard(knownFindings);
    if (await renewal.renewIfDue(this.#client)) {
      this.#client.close();
      this.#client = this.#openClient();
      this.#edge?.renew(renewal.tls);
      this.#surroundings.log.event('info', 'the certificate was renewed', {
        untilMs: renewal.untilMs,
      });
    }
    this.#certificateEnd.set(renewal.untilMs / SECOND_MS);
  }

  /** Said once for each change. */
  #noteHold(): void {
    const { by, order } = this.#parts.hold;
    this.#onHold.set(by === undefined ? 0 : 1);
    if (by === this.#notedHold) return;
    this.#notedHold = by;
    const { log } = this.#surroundings;
    if (by === undefined) log.event('info', 'not on hold any more');
    else log.event('warning', 'on hold: nothing is removed', { by, why: order?.why });
  }

  #reserveBytes(): number {
    const { shelf, store } = this.#config;
    const share = store.capacityGib * GIB * RESERVE_SHARE;
    return Math.ceil(shelf.kind === 'folder' ? Math.max(share, MIN_RESERVE_BYTES) : share);
  }

  #bandwidth(): Bandwidth {
    const { clock } = this.#surroundings;
    const { receiveMibS, sendMibS } = this.#config.limits;
    return {
      receive: new TokenBucket(receiveMibS * MIB, clock),
      send: new TokenBucket(sendMibS * MIB, clock),
    };
  }
}

/** Every idle connection is greeted every 20 s: what went well is no news, and no bill. */
function withoutGreetings(log: Log): Log {
  return {
    event: (level, name, fields) => {
      const isGreeting = fields?.endpoint === STORE_ENDPOINTS.identify.name;
      log.event(isGreeting && fields?.code === undefined ? 'debug' : level, name, fields);
    },
  };
}

/** In the shelf itself, if it is a folder; a bucket's beside its key. */
function markOf({ shelf }: StoreConfig, state: StateFolder): InventoryMark {
  if (shelf.kind !== 'folder') {
    return inventoryMark({ place: state.place, path: state.mark, shelf: undefined });
  }
  const { incoming, mark } = shelfPaths(shelf.path);
  return inventoryMark({ place: { ...state.place, incoming }, path: mark, shelf: shelf.path });
}

/** What a certificate of the inward listener names. */
function hostOf({ address, public: shown }: NonNullable<StoreConfig['listen']>): string {
  return parseAddress(shown ?? address).host;
}

/** The shelf, with owners by admission beside those of its record. */
async function openOwned(
  config: StoreConfig,
  { state, book }: Pick<Parts, 'state' | 'book'>,
  surroundings: StoreSurroundings,
): Promise<{ readonly opened: OpenedShelf; readonly owners: FiledOwners }> {
  let owners: FiledOwners | undefined;
  const opened = await openShelf(
    config,
    {
      storeKeys: book.storeKeys,
      closings: new ClosingBook(new FiledClosings(state.place, state.closings), surroundings.clock),
      findings: new FiledFindings(state.place, state.findings),
      withOwners: (own, { identity, coordinatorKey }) => {
        const { disk, place, members: folder } = state;
        const { storeId } = identity;
        owners = new FiledOwners({ disk, place, folder, storeId, coordinatorKey, own });
        return owners;
      },
    },
    surroundings,
  );
  if (owners !== undefined) return { opened, owners };
  throw new KuraError('corrupt', 'the shelf asked for no owners');
}

/** Shelf, certificate and network must be of one enrolment. */
function checkIsEnrolled({
  renewal,
  network,
  peers,
  opened,
}: Pick<Parts, 'renewal' | 'network' | 'peers' | 'opened'>): void {
  const { identity, coordinatorKey } = opened.record;
  const refuse = (why: string): never => {
    throw new KuraError('refused', `store ${identity.storeId} cannot serve: ${why}`, {
      guidance: 'Look at "state" and "shelf" in its file: they belong to one enrolment.',
    });
  };
  const certificate = new X509Certificate(renewal.tls.certificatePem);
  const name = peers.judge(certificate, ['store']);
  if (name.role !== 'store' || name.store !== identity.storeId) {
    refuse('its certificate is of another store');
  }
  if (!equalBytes(coordinatorKey, network.coordinatorKey)) {
    refuse('its shelf obeys another coordinator');
  }
}
