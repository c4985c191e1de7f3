// For tests only: a founded network in memory, stores that sign, packs that were "stored". Everything
// follows from one number, so that a failing run replays.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  type Clock,
  copyId,
  type ErrorCode,
  KuraError,
  type MemberId,
  memberId,
  must,
  type PackId,
  PackIds,
  packId,
  type Random,
  SMALL_SHAPE,
  type SnapshotId,
  snapshotId,
  storeId,
  toHex,
} from '@kura/base';
import {
  type PackRecord,
  type SnapshotHead,
  type StoredCopy,
  type StoreIdentity,
  signAcknowledgement,
  signForgetOrder,
} from '@kura/contract';
import { IN_MEMORY, openDatabase } from '@kura/database';
import { ed25519PublicKey } from '@kura/log';
import { sql } from 'kysely';
import type { Coordinator } from './coordinator.ts';
import { packSetRoot } from './custody/commit-snapshot.ts';
import { MIGRATIONS } from './db/migrations/index.ts';
import type { CoordinatorDatabase, CoordinatorTables } from './db/tables.ts';
import { foundCoordinator } from './found.ts';
import type { Liveness, Processes } from './sessions/processes.ts';
import type { StoreRegistration } from './stores/stores.ts';

/** Signed by some owner: the tables of an embedded network know none. */
export function forgetOrder(of: MemberId, ...snapshots: readonly SnapshotId[]): Uint8Array {
  return signForgetOrder({ memberId: of, timeMs: START_MS, snapshots }, NETWORK_SECRET);
}

export const START_MS = Date.UTC(2026, 10, 21);
export const NETWORK_SECRET = new Uint8Array(32).fill(7);

export class HandClock implements Clock {
  now = START_MS;
  nowMs(): number {
    return this.now;
  }
  elapsedMs(): number {
    return this.now - START_MS;
  }
}

export class CountedRandom implements Random {
  readonly #name: string;
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count);
    for (let at = 0; at < count; at += 32) {
      const block = createHash('sha256')
        .update(`${this.#name} ${this.#count++}`)
        .digest();
      out.set(block.subarray(0, Math.min(32, count - at)), at);
    }
    return out;
  }

  below(limit: number): number {
    return new DataView(this.bytes(4).buffer).getUint32(0) % limit;
  }
}

/** Processes that live and die when a test says so. */
export class HandProcesses implements Processes {
  readonly self;
  readonly fates = new Map<number, Liveness>();

  constructor(pid = 100) {
    this.self = { host: 'here', boot: 'one', pidSpace: '1', pid, started: '5' };
  }

  liveness(other: { readonly pid: number }): Liveness {
    return this.fates.get(other.pid) ?? 'alive';
  }
}

export interface TestStore {
  readonly identity: StoreIdentity;
  readonly seed: Uint8Array;
}

const SUITES = ['aes-256-ctr', 'chacha20', 'camellia-256-ctr', 'aes-256-ocb'] as const;

export function testStore(number: number): TestStore {
  const seed = new CountedRandom(`store ${number}`).bytes(32);
  const place = { city: `city-${number}`, lat: 35, lon: 139 + number, powerArea: `area-${number}` };
  return {
    seed,
    identity: {
      storeId: storeId(toHex(seed.subarray(0, 16))),
      publicKey: ed25519PublicKey(seed),
      suite: SUITES[number % SUITES.length] ?? 'aes-256-ctr',
      place,
      inventoryEpoch: 1,
    },
  };
}

export function registration({ identity }: TestStore): StoreRegistration {
  const location = `/stores/${identity.place.city}`;
  return { identity, location, baseRisk: 0.01, freeBytes: 1e12 };
}

export class TestNetwork {
  readonly database: CoordinatorDatabase;
  readonly coordinator: Coordinator;
  readonly stores: readonly TestStore[];
  readonly clock: HandClock;
  readonly processes: HandProcesses;
  readonly random: CountedRandom;

  constructor(parts: Omit<TestNetwork, 'newPack' | 'newPacks' | 'storedCopy' | 'head'>) {
    this.database = parts.database;
    this.coordinator = parts.coordinator;
    this.stores = parts.stores;
    this.clock = parts.clock;
    this.processes = parts.processes;
    this.random = parts.random;
  }

  storedCopy(store: TestStore, leafCount = 4): StoredCopy {
    const acknowledgement = signAcknowledgement(
      {
        storeId: store.identity.storeId,
        copyId: copyId(toHex(this.random.bytes(32))),
        leafCount,
        root: this.random.bytes(32),
        timeMs: this.clock.nowMs(),
      },
      store.seed,
    );
    return { acknowledgement, reason: 'lowest risk', leafHashes: new Uint8Array(leafCount * 32) };
  }

  newPack(stores: readonly TestStore[] = this.stores.slice(0, 2)): PackRecord {
    const copies = stores.map((store) => this.storedCopy(store));
    return { packId: packId(toHex(this.random.bytes(32))), leafCount: 4, copies, failures: [] };
  }

  newPacks(count: number): PackRecord[] {
    return Array.from({ length: count }, () => this.newPack());
  }

  /** A head over these packs, held by the last of them. */
  head(uses: readonly PackId[], predecessor?: SnapshotId): SnapshotHead {
    return {
      snapshotId: snapshotId(toHex(this.random.bytes(32))),
      packId: uses.at(-1) ?? packId('00'.repeat(32)),
      predecessor,
      deviceKey: new Uint8Array(32).fill(3),
      timeMs: this.clock.nowMs(),
      packSetRoot: packSetRoot(must(PackIds.of(new Set(uses)), 'each once')),
      packCount: uses.length,
      leafSalt: this.random.bytes(32),
    };
  }
}

export function storeAt(network: TestNetwork, number: number): TestStore {
  return must(network.stores[number], 'a store of the network');
}

/** For `assert.rejects`: a KuraError of this code, and of this message. */
export function refusal(code: ErrorCode, message = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof KuraError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

/** In memory; or a new database of the server that `npm run test:postgres` has started. */
export async function openTestDatabase(path?: string): Promise<CoordinatorDatabase> {
  const place = path ?? (await newPostgresDatabase()) ?? IN_MEMORY;
  return openDatabase<CoordinatorTables>({ path: place, migrations: MIGRATIONS });
}

let postgresDatabases = 0;

/** Its url; undefined unless `npm run test:postgres` has started a server. */
export async function newPostgresDatabase(): Promise<string | undefined> {
  const server = process.env.KURA_TEST_POSTGRES;
  if (server === undefined) return undefined;
  const name = `test_${process.pid}_${postgresDatabases++}`;
  const admin = await openDatabase<object>({ path: server, migrations: [] });
  await sql.raw(`create database ${name}`).execute(admin.kysely);
  admin.close();
  return server.replace(/\/postgres\?/, `/${name}?`);
}

/** Three stores, two copies wanted, unless said otherwise. */
export async function foundTestNetwork(
  options: { readonly path?: string; readonly storeCount?: number; readonly copies?: number } = {},
): Promise<TestNetwork> {
  const stores = Array.from({ length: options.storeCount ?? 3 }, (_, number) => testStore(number));
  const database = await openTestDatabase(options.path);
  const clock = new HandClock();
  const random = new CountedRandom('network');
  const processes = new HandProcesses();
  const coordinator = await foundCoordinator({
    database,
    clock,
    random,
    processes,
    networkSecret: NETWORK_SECRET,
    network: {
      memberId: memberId('ab'.repeat(16)),
      shape: SMALL_SHAPE,
      home: { name: 'tokyo', lat: 35.7, lon: 139.7, powerArea: 'jp-east' },
      copies: options.copies ?? 2,
      level: 2,
      removalDelayMs: 0,
    },
    stores: stores.map(registration),
  });
  return new TestNetwork({ database, coordinator, stores, clock, processes, random });
}
