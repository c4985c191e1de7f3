// A store as an operator has it: shelf and state in a folder, enrolled in a network of a test's own, its programs on
// loopback; and the coordinator that answers its heartbeats.
import fs from 'node:fs';
import os from 'node:os';
import {
  type AlarmClock,
  systemAlarmClock as clock,
  type MemberId,
  must,
  systemRandom as random,
  SMALL_SHAPE,
} from '@kura/base';
import { ed25519PublicKey, type StoreIdentity } from '@kura/contract';
import { HEARTBEAT_ENDPOINTS } from '@kura/contract/wire/endpoints/heartbeat.ts';
import { Metrics, type ReaderConfig, type StoreConfig } from '@kura/daemon';
import { loadNative, nodeDisk } from '@kura/native';
import { foundShelf, type NewStore } from '@kura/store';
import type { Beat, BeatAnswer } from '@kura/store/daemon/heartbeat.ts';
import { encodeNetwork, encodeTls } from '@kura/store/daemon/network-file.ts';
import { ReaderProgram } from '@kura/store/daemon/reader.ts';
import { openBucket } from '@kura/store/daemon/shelves.ts';
import { StateFolder } from '@kura/store/daemon/state-folder.ts';
import { StoreProgram } from '@kura/store/daemon/store.ts';
import type { StoreSurroundings } from '@kura/store/daemon/surroundings.ts';
import { TrustBook } from '@kura/store/daemon/trust-book.ts';
import { foundBucketShelf } from '@kura/store/s3/found-bucket.ts';
import { type Edge, serve } from '@kura/wire';
import { parseAddress } from '@kura/wire/address.ts';
import { NETWORK_ID, TestAuthority } from './authority.ts';

const FREE = '127.0.0.1:0';
const limits = { receiveMibS: 0, sendMibS: 0, scrubMibS: 0 };
const health = { address: FREE };

export class StorePlace {
  readonly authority = new TestAuthority();
  readonly coordinatorSeed = random.bytes(32);
  readonly ticketSeed = random.bytes(32);
  readonly folder = fs.mkdtempSync(`${os.tmpdir()}/kura-store-programs-`);
  /** What the coordinator answers to a heartbeat from now on. */
  answer: BeatAnswer = {
    ...{ state: 'active', gateways: [], keys: undefined },
    knownFindings: undefined,
    mark: undefined,
    hold: undefined,
  };
  /** Answers instead, if a test has more to say. */
  answers: ((beat: Beat) => Promise<BeatAnswer>) | undefined;
  readonly answered: BeatAnswer[] = [];
  readonly #storeClock: AlarmClock;
  readonly #kind: StoreConfig['store']['kind'];
  /** Of a bucket instead of a folder, what names it; keys of the bucket are files that it names. */
  readonly #bucket: Partial<StoreConfig['shelf']>;
  readonly #open: { close(): Promise<unknown> }[] = [];
  #coordinator: Edge | undefined;
  #coordinatorAddress = '';
  #identity: StoreIdentity | undefined;

  /** `storeClock`: of the store's programs. */
  constructor(
    kind: StoreConfig['store']['kind'],
    bucket: Partial<StoreConfig['shelf']> = {},
    storeClock: AlarmClock = clock,
  ) {
    this.#storeClock = storeClock;
    this.#kind = kind;
    this.#bucket = bucket;
    this.answer = {
      ...this.answer,
      gateways: ['127.0.0.1:1'],
      keys: { tick: 1, ticketKeys: [ed25519PublicKey(this.ticketSeed)], stores: [] },
    };
  }

  get identity(): StoreIdentity {
    return must(this.#identity, 'the store was founded');
  }

  /** Founds the shelf and enrols it: what `--enrol` does, with nobody asked. */
  async found(ownerKeys: ReadonlyMap<MemberId, Uint8Array> = new Map()): Promise<void> {
    const coordinatorKey = ed25519PublicKey(this.coordinatorSeed);
    this.#coordinator = await this.#serveHeartbeats('127.0.0.1:0');
    this.#coordinatorAddress = must(this.#coordinator.address, 'it listens');
    const place = { city: 'osaka', lat: 34.69, lon: 135.5, powerArea: 'JP-60' };
    const newStore = {
      place,
      suite: 'chacha20',
      shape: SMALL_SHAPE,
      ownerKeys,
      coordinatorKey,
      random,
    };
    this.#identity = await this.#foundShelf(newStore);
    const nowMs = clock.nowMs();
    const state = await StateFolder.open(nodeDisk, this.#state, { random, nowMs });
    const { storeId: store } = this.identity;
    const tls = this.authority.identity({ role: 'store', network: NETWORK_ID, store });
    await state.replace('tls', encodeTls(tls));
    const coordinators = [this.#coordinatorAddress];
    const authorityPem = this.authority.rootPem;
    const network = { version: 1, networkId: NETWORK_ID, coordinators, authorityPem };
    await state.replace('network', encodeNetwork({ ...network, coordinatorKey }));
  }

  async #foundShelf(store: NewStore): Promise<StoreIdentity> {
    const shelf = this.#shelf();
    if (shelf.kind === 'folder') {
      return foundShelf({ ...store, disk: nodeDisk, folder: shelf.path, clock });
    }
    const { bucket, close } = openBucket(shelf, this.#surroundings());
    try {
      nodeDisk.makeFolder(shelf.path);
      return await foundBucketShelf({ ...store, bucket, disk: nodeDisk, keyFolder: shelf.path });
    } finally {
      close();
    }
  }

  async startStore(): Promise<StoreProgram> {
    const config: StoreConfig = {
      role: 'store',
      state: this.#state,
      listen: this.#kind === 'strict' ? undefined : { address: FREE, public: undefined },
      shelf: this.#shelf(),
      store: {
        kind: this.#kind,
        place: 'osaka',
        lineMbit: 100,
        capacityGib: 1,
        rank: 1,
        operator: 'test',
        reader: undefined,
      },
      power: undefined,
      limits,
      health,
    };
    const program = new StoreProgram(config, this.#surroundings());
    await program.start();
    this.closesWith({ close: () => program.stop(0) });
    return program;
  }

  async startReader(): Promise<ReaderProgram> {
    const listen = { address: FREE, public: undefined };
    const config: ReaderConfig = {
      ...{ role: 'reader', state: this.#state, shelf: this.#shelf(), listen, limits, health },
      nearby: undefined,
    };
    const program = new ReaderProgram(config, this.#surroundings());
    await program.start();
    this.closesWith({ close: () => program.stop(0) });
    return program;
  }

  async #serveHeartbeats(address: string): Promise<Edge> {
    const name = { role: 'coordinator', network: NETWORK_ID, id: 'c0'.repeat(16) } as const;
    return serve({
      endpoints: HEARTBEAT_ENDPOINTS,
      handlers: {
        heartbeat: async ({ body }) => {
          const answer = this.answers === undefined ? this.answer : await this.answers(body);
          this.answered.push(answer);
          return answer;
        },
      },
      tls: this.authority.identity(name),
      listen: parseAddress(address),
      authorise: this.authority.judge(['store']),
      ...{ clock, random },
    });
  }

  /** What an earlier life of the store heard. */
  async noteGateways(gateways: readonly string[]): Promise<void> {
    const state = await StateFolder.open(nodeDisk, this.#state, { random, nowMs: clock.nowMs() });
    await new TrustBook(state, ed25519PublicKey(this.coordinatorSeed)).learn(gateways);
  }

  /** The coordinator is back where it was. */
  async restartCoordinator(): Promise<void> {
    this.#coordinator = await this.#serveHeartbeats(this.#coordinatorAddress);
  }

  /** The coordinator is gone. */
  async endCoordinator(): Promise<void> {
    await this.#coordinator?.close();
    this.#coordinator = undefined;
  }

  /** What ends with the test, last first. */
  closesWith(one: { close(): Promise<unknown> }): void {
    this.#open.unshift(one);
  }

  async close(): Promise<void> {
    for (const one of this.#open) await one.close();
    await this.endCoordinator();
    fs.rmSync(this.folder, { recursive: true });
  }

  get #state(): string {
    return `${this.folder}/state`;
  }

  #shelf(): StoreConfig['shelf'] {
    return {
      kind: 'folder',
      path: `${this.folder}/shelf`,
      bucket: undefined,
      endpoint: undefined,
      region: 'us-east-1',
      accessKeyFile: undefined,
      secretKeyFile: undefined,
      ...this.#bucket,
    };
  }

  #surroundings(): StoreSurroundings {
    const log = { event: () => undefined };
    return {
      ...{ clock: this.#storeClock, random, log },
      disk: nodeDisk,
      native: loadNative(),
      metrics: new Metrics(),
    };
  }
}
