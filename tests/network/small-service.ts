// A service in one process, on real folders and over real TLS: the coordinator's own program with the work of a
// gateway, and strict stores, whose programs dial out to it. Stores and members are put into the tables as
// enrolling and joining would; what they then do goes over the wire.
import fs from 'node:fs';
import os from 'node:os';
import { openService } from '@kura/agent/network/access.ts';
import { RemoteCoordinator } from '@kura/agent/network/remote-coordinator.ts';
import {
  type AlarmClock,
  systemAlarmClock as clock,
  DAY_MS,
  type DeviceId,
  type MemberId,
  memberId,
  must,
  systemRandom as random,
  SMALL_SHAPE,
  type StoreId,
  toHex,
} from '@kura/base';
import { type CertificateName, issue, newRequest } from '@kura/certificates';
import { ed25519PublicKey } from '@kura/contract';
import {
  baseRiskOf,
  type CoordinatorDatabase,
  findCity,
  homeOf,
  storePlaceOf,
} from '@kura/coordinator';
import { type ServiceKeys, serviceKeys } from '@kura/coordinator/authority/service-keys.ts';
import { newPostgresDatabase } from '@kura/coordinator/fixtures.ts';
import { registerMember } from '@kura/coordinator/members/members.ts';
import { coordinatorProgram } from '@kura/coordinator/serve/coordinator.ts';
import { foundCoordinator } from '@kura/coordinator/serve/coordinator-state.ts';
import { openServiceTables } from '@kura/coordinator/serve/open-tables.ts';
import { registerStore } from '@kura/coordinator/stores/stores.ts';
import { type CoordinatorConfig, JsonLog, Metrics } from '@kura/daemon';
import { newDevice } from '@kura/member-seal';
import { loadNative, nodeDisk } from '@kura/native';
import { foundShelf } from '@kura/store';
import { encodeNetwork, encodeTls } from '@kura/store/daemon/network-file.ts';
import { StateFolder } from '@kura/store/daemon/state-folder.ts';
import { StoreProgram } from '@kura/store/daemon/store.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';

const FREE = '127.0.0.1:0';
const health = { address: FREE };
const limits = { receiveMibS: 0, sendMibS: 0, scrubMibS: 0 };
const native = loadNative();

export interface TestDevice {
  readonly memberId: MemberId;
  readonly deviceId: DeviceId;
  readonly ownerSeed: Uint8Array;
  readonly deviceSeed: Uint8Array;
  readonly identity: TlsIdentity;
}

export interface StoreOfService {
  readonly storeId: StoreId;
  readonly city: string;
  readonly folder: string;
  program: StoreProgram;
}

/** What its coordinator watches, and what stores say of their power: a city's file as it is written. */
export interface Dangers {
  /** Of coordinator and stores; default: the system's. */
  readonly clock?: AlarmClock;
  readonly hazards?: CoordinatorConfig['hazards'];
  readonly power?: Readonly<Record<string, string>>;
}

export class SmallService {
  readonly folder = fs.mkdtempSync(`${os.tmpdir()}/kura-service-`);
  readonly stores: StoreOfService[] = [];
  readonly #closing: (() => Promise<unknown> | undefined)[] = [];
  readonly #log = new JsonLog({ program: 'test', clock, level: 'error', write: () => undefined });
  readonly #dangers: Dangers;
  #tables: CoordinatorDatabase | undefined;
  #networkId = '';
  #address = '';

  private constructor(dangers: Dangers) {
    this.#dangers = dangers;
  }

  static async start(cities: readonly string[], dangers: Dangers = {}): Promise<SmallService> {
    const service = new SmallService(dangers);
    await service.#startCoordinator();
    for (const city of cities) await service.#startStore(city);
    return service;
  }

  /** A connection of the test's own to the tables. */
  get tables(): CoordinatorDatabase {
    return must(this.#tables, 'the service was started');
  }

  /** "host:port" of the coordinator. */
  get address(): string {
    return this.#address;
  }

  get networkId(): string {
    return this.#networkId;
  }

  /** Of its coordinator. */
  get keys(): ServiceKeys {
    const secret = fs.readFileSync(`${this.folder}/state/secrets/network.key`, 'utf8').trim();
    return serviceKeys(new Uint8Array(Buffer.from(secret, 'hex')));
  }

  get rootPem(): string {
    return fs.readFileSync(`${this.folder}/state/authority.pem`, 'utf8');
  }

  async close(): Promise<void> {
    for (const close of this.#closing.toReversed()) await close();
    fs.rmSync(this.folder, { recursive: true });
  }

  get #clock(): AlarmClock {
    return this.#dangers.clock ?? clock;
  }

  #powerOf(city: string, folder: string): { readonly stateFile: string } | undefined {
    const text = this.#dangers.power?.[city];
    if (text === undefined) return undefined;
    const stateFile = `${folder}/power`;
    fs.writeFileSync(stateFile, text);
    return { stateFile };
  }

  async join(): Promise<TestDevice> {
    const ownerSeed = random.bytes(32);
    const device = newDevice({ ownerSeed, random });
    const ids = { memberId: memberId(toHex(random.bytes(16))), deviceId: device.deviceId };
    await this.tables.transact(async (rows) => {
      await registerMember(rows, {
        memberId: ids.memberId,
        home: homeOf(findCity('tokyo')),
        planId: 'own',
        ownLevel: 1,
        keys: {
          ownerKey: ed25519PublicKey(ownerSeed),
          noticeKey: random.bytes(32),
          cardKeyHash: random.bytes(32),
        },
        nowMs: clock.nowMs(),
      });
      const id = { member_id: ids.memberId, device_id: ids.deviceId };
      const key = { public_key: device.publicKey, added_ms: clock.nowMs(), revoked_ms: null };
      const row = { ...id, ...key, kind: 'device', name: 'laptop' } as const;
      await rows.insertInto('devices').values(row).execute();
    });
    const identity = this.#issue({
      role: 'device',
      network: this.#networkId,
      member: ids.memberId,
      device: ids.deviceId,
    });
    return { ...ids, ownerSeed, deviceSeed: device.seed, identity };
  }

  /** What a device uses; closed with the service. */
  agent({ identity, deviceSeed, memberId, ownerSeed }: TestDevice) {
    const service = openService(
      {
        coordinators: [this.#address],
        gateways: [this.#address],
        rootPem: this.rootPem,
        identity,
        level: 1,
        proxy: undefined,
        limits: { sendBytesPerS: 0, receiveBytesPerS: 0 },
        connections: 4,
      },
      { clock: this.#clock, random },
    );
    this.#closing.push(async () => service.close());
    const owner = { memberId, ownerSeed };
    const asked = { client: service.coordinator, level: 1, random, owner };
    const coordinator = new RemoteCoordinator(asked);
    return { ...service, deviceSeed, tables: coordinator };
  }

  /** It has heard its coordinator when this resolves. */
  async restart(store: StoreOfService): Promise<void> {
    await store.program.stop(0);
    store.program = this.#storeProgram(store.city, store.folder);
    await store.program.start();
  }

  async #startCoordinator(): Promise<void> {
    const config: CoordinatorConfig = {
      role: 'coordinator',
      state: `${this.folder}/state`,
      listen: { address: FREE, public: '127.0.0.1:1' },
      database: { url: (await newPostgresDatabase()) ?? `${this.folder}/network.db` },
      authority: undefined,
      limits,
      gateway: { enabled: true, receiveBufferMib: 32, spoolGib: 0, auditDayS: 86_400 },
      incidents: { rogueAfter: 3, impostorsAfter: 10 },
      mail: undefined,
      webhook: undefined,
      memberWebhooks: undefined,
      validity: undefined,
      hazards: this.#dangers.hazards,
      health,
    };
    const surroundings = {
      ...{ native, clock: this.#clock, random, log: this.#log, metrics: new Metrics() },
    };
    const founding = { shape: SMALL_SHAPE, copies: 2, removalDelayMs: DAY_MS, operator: 'ada' };
    await foundCoordinator(config, founding, surroundings);
    const listen = { address: FREE, public: undefined };
    const program = coordinatorProgram({ ...config, listen }, surroundings);
    await program.start();
    this.#closing.push(() => program.stop(0));
    this.#address = must(program.address, 'it listens');
    const tables = await openServiceTables(config.database.url);
    this.#tables = tables;
    this.#closing.push(async () => tables.close());
    const { member_id: id } = await tables.kysely
      .selectFrom('network')
      .select('member_id')
      .executeTakeFirstOrThrow();
    this.#networkId = id;
  }

  async #startStore(city: string): Promise<void> {
    const folder = `${this.folder}/${city}`;
    const identity = await foundShelf({
      ...{ disk: nodeDisk, random, clock, ownerKeys: new Map() },
      coordinatorKey: this.keys.coordinatorKey,
      folder: `${folder}/shelf`,
      place: storePlaceOf(findCity(city)),
      suite: this.stores.length % 2 === 0 ? 'chacha20' : 'aes-256-ctr',
      shape: SMALL_SHAPE,
    });
    const { storeId } = identity;
    await this.tables.transact((rows) =>
      registerStore(
        rows,
        {
          ...{ identity, location: '', baseRisk: baseRiskOf(findCity(city)), freeBytes: 1e12 },
          service: {
            kind: 'strict',
            readerAddress: undefined,
            lineMbit: 100,
            capacityBytes: 1e12,
            rank: 1,
            operator: 'test',
          },
        },
        clock.nowMs(),
      ),
    );
    await this.#enrol(folder, storeId);
    const program = this.#storeProgram(city, folder);
    await program.start();
    this.stores.push({ storeId, city, folder, program });
    this.#closing.push(() => this.stores.find((one) => one.storeId === storeId)?.program.stop(0));
  }

  #storeProgram(city: string, folder: string): StoreProgram {
    return new StoreProgram(
      {
        role: 'store',
        state: `${folder}/state`,
        listen: undefined,
        shelf: {
          kind: 'folder',
          path: `${folder}/shelf`,
          bucket: undefined,
          endpoint: undefined,
          region: 'us-east-1',
          accessKeyFile: undefined,
          secretKeyFile: undefined,
        },
        store: {
          ...{ kind: 'strict', place: city, lineMbit: 100, capacityGib: 1, rank: 1 },
          operator: 'test',
          reader: undefined,
        },
        power: this.#powerOf(city, folder),
        limits,
        health,
      },
      {
        ...{ disk: nodeDisk, native, clock: this.#clock, random },
        ...{ log: this.#log, metrics: new Metrics() },
      },
    );
  }

  async #enrol(folder: string, store: StoreId): Promise<void> {
    const nowMs = clock.nowMs();
    const state = await StateFolder.open(nodeDisk, `${folder}/state`, { random, nowMs });
    await state.replace(
      'tls',
      encodeTls(this.#issue({ role: 'store', network: this.#networkId, store })),
    );
    await state.replace(
      'network',
      encodeNetwork({
        version: 1,
        networkId: this.#networkId,
        coordinators: [this.#address],
        authorityPem: this.rootPem,
        coordinatorKey: this.keys.coordinatorKey,
      }),
    );
  }

  #issue(name: CertificateName): TlsIdentity {
    const authority = {
      certificatePem: this.rootPem,
      keyPem: fs.readFileSync(`${this.folder}/state/secrets/authority.key`, 'utf8'),
    };
    const { keyPem, request } = newRequest(random);
    const nowMs = clock.nowMs();
    const certificatePem = issue(authority, { request, name, hosts: [], nowMs, random });
    return { certificatePem, keyPem };
  }
}
