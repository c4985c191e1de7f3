// For tests: an embedded network of folder shelves on disks in memory, with a home on one more. Files to be
// saved lie on the real disk, because that is what a backup reads. Everything else is drawn from one seed.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type ByteString,
  byteString,
  type Disk,
  must,
  type NetworkShape,
  SMALL_SHAPE,
  type SnapshotId,
  type StoreId,
} from '@kura/base';
import { ed25519PublicKey, type PackRow, type StoreIdentity } from '@kura/contract';
import {
  baseRiskOf,
  type Coordinator,
  choosePlacement,
  createGateway,
  embeddedCopyKeys,
  findCity,
  foundCoordinator,
  homeOf,
  storePlaceOf,
} from '@kura/coordinator';
import { copyKeyOf, SUITES } from '@kura/copy-seal';
import { IN_MEMORY } from '@kura/database';
import {
  type DeviceKey,
  deriveMemberKeys,
  type MemberKeys,
  newDevice,
  newRoot,
  savingKeys,
} from '@kura/member-seal';
import { loadNative } from '@kura/native';
import { type FolderShelf, foundShelf, openFolderShelf } from '@kura/store';
import { ManualClock, MemoryDisk, SeededRandom } from '@kura/testing';
import { backup } from './backup/backup.ts';
import type { LineFactory } from './backup/line/line-factory.ts';
import { PackLine } from './backup/line/pack-line.ts';
import { packTee } from './backup/line/pack-tee.ts';
import type { BackupOptions } from './backup/options.ts';
import type { BackupPorts } from './backup/ports.ts';
import { backupOptions } from './backup/test-options.ts';
import { keeperNotes, type NoteCopy } from './check/note-copy.ts';
import type { RepairSteps } from './check/repair.ts';
import type { OwnContext } from './context.ts';
import { forget } from './heads/forget.ts';
import { HistoryMemory, homeHistory } from './heads/history-memory.ts';
import { homePaths } from './home.ts';
import { embeddedDestroyer, type StoreDestroyer } from './prune/store-destroyer.ts';

export const native = loadNative();
const checkingNative = loadNative('twin');

const HOME = '/home';
const SHELF = '/shelf';
/** For a home in Tokyo the order of choice is Frankfurt, Seoul, Osaka. */
const CITIES = ['seoul', 'osaka', 'frankfurt'];
const MINUTE_MS = 60 * 1000;

/** What one command works with. */
export interface TestContext extends OwnContext {
  readonly coordinator: Coordinator;
  readonly stores: ReadonlyMap<StoreId, FolderShelf>;
  readonly lines: LineFactory;
  readonly destroyer: StoreDestroyer;
  readonly steps: RepairSteps;
  readonly keeper: Coordinator;
  readonly noteCopy: NoteCopy;
}

export interface TestStore {
  readonly city: string;
  readonly identity: StoreIdentity;
  disk: MemoryDisk;
  /** It cannot be reached. */
  isAway: boolean;
  /** What the shelf is opened over; a test may put faults in between. */
  wrap: (disk: Disk) => Disk;
}

export interface TestNetworkOptions {
  readonly cities?: readonly string[];
  readonly copies?: number;
}

export class TestNetwork {
  readonly random = new SeededRandom(11);
  readonly clock = new ManualClock();
  readonly shape: NetworkShape = SMALL_SHAPE;
  readonly keys: MemberKeys = deriveMemberKeys(newRoot(this.random));
  readonly stores: TestStore[] = [];
  /** What commands had to tell. */
  readonly warnings: string[] = [];
  readonly copies: number;
  /** The folder that `save` fills and saves. */
  readonly source: string;
  device: DeviceKey;
  disk = new MemoryDisk();
  #coordinator: Coordinator | undefined;

  private constructor(copies: number) {
    this.copies = copies;
    this.device = this.#newDevice();
    this.source = mkdtempSync(join(tmpdir(), 'kura-agent-'));
  }

  static async found(options: TestNetworkOptions = {}): Promise<TestNetwork> {
    const network = new TestNetwork(options.copies ?? 2);
    for (const city of options.cities ?? CITIES) await network.#foundStore(city);
    await network.foundTables(network.copies);
    return network;
  }

  close(): void {
    this.#coordinator?.close();
    rmSync(this.source, { recursive: true });
  }

  get coordinator(): Coordinator {
    return must(this.#coordinator, 'a network that was founded');
  }

  store(city: string): TestStore {
    return must(
      this.stores.find((store) => store.city === city),
      'a store of this network',
    );
  }

  cityOf(storeId: StoreId): string {
    return must(
      this.stores.find(({ identity }) => identity.storeId === storeId),
      'a store of this network',
    ).city;
  }

  // ── Commands ────────────────────────────────────────────────────────────────────────────────────

  async context(disk: Disk = this.disk): Promise<TestContext> {
    const { keys, device, clock, random, shape, coordinator } = this;
    const stores = this.#openShelves();
    const described = await coordinator.describe();
    const network = {
      ...described,
      stores: described.stores.map((store) => {
        const shelf = stores.get(store.identity.storeId);
        if (shelf === undefined) return { ...store, state: 'unreachable' as const, freeBytes: 0 };
        return { ...store, freeBytes: shelf.freeBytes() };
      }),
    };
    const scope = { networkSecret: keys.embeddedNetworkSecret, memberId: keys.memberId, epoch: 0 };
    const copyKeys = new Map(
      described.stores.map(({ identity: { storeId } }) => [
        storeId,
        copyKeyOf({ ...scope, storeId }),
      ]),
    );
    const home = homePaths(HOME);
    const history = new HistoryMemory({
      places: [homeHistory({ disk, random, home, localKey: keys.localKey })],
      log: coordinator.charter.log.origin,
      warn: (message) => this.warnings.push(message),
    });
    const context = {
      ...{ home, keys, device, network, coordinator, stores, copyKeys, history },
      ...{ native, disk, clock, random, shape },
    };
    return {
      ...context,
      lines: linesOf(context),
      keeper: coordinator,
      noteCopy: keeperNotes(coordinator),
      destroyer: destroyerOf(context),
      steps: repairStepsOf(context),
    };
  }

  /** Makes the source hold exactly these files (path → content), and saves it a minute later. */
  async save(
    files: Readonly<Record<string, Uint8Array>>,
    options: Partial<BackupOptions> = {},
    ports?: BackupPorts,
  ): Promise<SnapshotId> {
    rmSync(this.source, { recursive: true });
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.source, path)), { recursive: true });
      writeFileSync(join(this.source, path), content);
    }
    this.clock.advance(MINUTE_MS);
    const request = backupOptions({ paths: [byteString(this.source)], ...options });
    const { snapshotId } = await backup(request, ports ?? (await this.context()));
    return must(snapshotId, 'a snapshot of a backup that was no dry run');
  }

  async forget(ids: readonly SnapshotId[]): Promise<void> {
    await forget(ids, await this.context());
  }

  /** Path of a saved file in snapshots. */
  pathOf(file: string): ByteString {
    return byteString(join(this.source, file));
  }

  rows(): Promise<readonly PackRow[]> {
    return this.coordinator.packs(undefined, 1000);
  }

  /** Once, when the next command has read the packs that there are. */
  afterPacksAreRead(work: () => Promise<unknown>): void {
    const { coordinator } = this;
    const packs = coordinator.packs.bind(coordinator);
    coordinator.packs = async (after, limit) => {
      const rows = await packs(after, limit);
      coordinator.packs = packs;
      await work();
      return rows;
    };
  }

  // ── Accidents ───────────────────────────────────────────────────────────────────────────────────

  /** Index, kept packs and notes of this agent. */
  loseCache(): void {
    this.disk = new MemoryDisk();
  }

  /** Home and tables; new ones know the stores that can be reached, and nothing of what they hold. */
  async loseHome(copies: number): Promise<void> {
    this.loseCache();
    this.device = this.#newDevice();
    await this.foundTables(copies);
  }

  async foundTables(copies: number): Promise<void> {
    this.#coordinator?.close();
    const { keys, clock, random, shape } = this;
    this.#coordinator = await foundCoordinator({
      database: IN_MEMORY,
      clock,
      random,
      networkSecret: keys.embeddedNetworkSecret,
      network: {
        memberId: keys.memberId,
        shape,
        home: homeOf(findCity('tokyo')),
        copies,
        level: 3,
        removalDelayMs: 0,
      },
      stores: this.stores
        .filter((store) => !store.isAway)
        .map(({ identity, disk }) => ({
          identity,
          location: SHELF,
          baseRisk: baseRiskOf(identity.place),
          freeBytes: disk.freeBytes('/'),
        })),
    });
  }

  /** Rot in one leaf of a copy. */
  damage(city: string, row: PackRow, leaf = 0): void {
    const { disk, path } = this.#copyFile(city, row);
    disk.flip(path, leaf * this.shape.leafBytes + 99);
  }

  /** More rot than parity mends: the first, a middle and the last column of a group. */
  ruin(city: string, row: PackRow): void {
    for (const leaf of [0, Math.floor(row.leafCount / 2), row.leafCount - 1]) {
      this.damage(city, row, leaf);
    }
    const { disk, path } = this.#copyFile(city, row);
    const { sizeBytes } = must(disk.stat(path), 'the file of the copy');
    const { leafBytes } = this.shape;
    for (let at = row.leafCount * leafBytes; at < sizeBytes; at += leafBytes) disk.flip(path, at);
  }

  unlinkCopy(city: string, row: PackRow): void {
    const { disk, path } = this.#copyFile(city, row);
    disk.unlink(path);
  }

  #copyFile(city: string, row: PackRow): { disk: MemoryDisk; path: string } {
    const { disk, identity } = this.store(city);
    const copy = row.copies.find(({ storeId }) => storeId === identity.storeId);
    const { copyId } = must(copy, 'a copy of the pack in this city');
    return { disk, path: `${SHELF}/copies/${copyId.slice(0, 2)}/${copyId}` };
  }

  // ── Inside ──────────────────────────────────────────────────────────────────────────────────────

  #newDevice(): DeviceKey {
    return newDevice({ ownerSeed: this.keys.ownerSeed, random: this.random });
  }

  async #foundStore(city: string): Promise<void> {
    const { keys, shape, random, clock } = this;
    const disk = new MemoryDisk();
    const identity = await foundShelf({
      ...{ disk, folder: SHELF, shape, random, clock },
      place: storePlaceOf(findCity(city)),
      suite: must(SUITES[this.stores.length % SUITES.length], 'a suite'),
      ownerKeys: new Map([[keys.memberId, keys.ownerKey]]),
      coordinatorKey: ed25519PublicKey(keys.embeddedNetworkSecret),
    });
    this.stores.push({ city, identity, disk, isAway: false, wrap: (plain) => plain });
  }

  #openShelves(): ReadonlyMap<StoreId, FolderShelf> {
    const { clock, random, shape } = this;
    const there = this.stores.filter((store) => !store.isAway);
    return new Map(
      there.map(({ identity, disk, wrap }) => [
        identity.storeId,
        openFolderShelf({ disk: wrap(disk), folder: SHELF, native, clock, random, shape }),
      ]),
    );
  }
}

interface OpenContext extends OwnContext {
  readonly coordinator: Coordinator;
  readonly stores: ReadonlyMap<StoreId, FolderShelf>;
}

function gatewayOf({ network, stores, keys }: OpenContext) {
  const copyKeys = embeddedCopyKeys(keys.embeddedNetworkSecret);
  return createGateway({ network, stores, keys: copyKeys, native, hashing: 'agent' });
}

/** One line, in this thread. */
export function linesOf(context: OpenContext): LineFactory {
  const { keys, shape, random, disk, home, network, copyKeys } = context;
  const identities = new Map(
    network.stores.map(({ identity }) => [identity.storeId, identity] as const),
  );
  return {
    open: async ({ table, markedPacks, rescue, onFinished }) => {
      const marked = new Set(markedPacks);
      const line = new PackLine({
        ...{ shape, native, checkingNative, random, table, onFinished },
        keys: savingKeys(keys),
        sink: gatewayOf(context),
        copies: { identities, copyKeys },
        tee: packTee({ disk, folder: home.packFolder, shape, bulk: native.bulk }),
        isMarked: (packNumber) => marked.has(packNumber),
        rescue,
        breathe: async () => undefined,
      });
      return [line];
    },
    close: async () => undefined,
  };
}

function destroyerOf({ stores, coordinator }: OpenContext): StoreDestroyer {
  return embeddedDestroyer({
    keeper: coordinator,
    shelves: stores,
    isAlone: async () => (await coordinator.sessions()).length <= 1,
  });
}

function repairStepsOf(context: OpenContext): RepairSteps {
  const { stores, network, shape } = context;
  const gateway = gatewayOf(context);
  return {
    scrub: (storeId, copyId) => must(stores.get(storeId), 'a store that is there').scrub(copyId),
    replicate: (request) => gateway.replicate(request),
    choose: (row, held) => {
      const { level, home } = network;
      const sizeBytes = row.leafCount * shape.leafBytes;
      const request = { copies: 1, level, home, sizeBytes, held };
      return must(choosePlacement({ request, stores: network.stores })[0], 'one was asked for');
    },
  };
}
