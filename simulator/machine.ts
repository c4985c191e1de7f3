// The simulated machine and the places of its stores: disks that remember what was synced, tables, keys, a
// clock, and processes that come and go. It founds a network and loses things; what is done with it is in steps/.
import { must, type StoreId } from '@kura/base';
import type { StoreIdentity } from '@kura/contract';
import {
  baseRiskOf,
  type CoordinatorDatabase,
  findCity,
  foundCoordinator,
  homeOf,
  type StoreRegistration,
} from '@kura/coordinator';
import type { DeviceKey } from '@kura/member-seal';
import { allocatePages, type Bulk, loadNative, type Native } from '@kura/native';
import { SeededRandom } from '@kura/testing';
import { Coverage } from './coverage.ts';
import { EventLog } from './event-log.ts';
import { type Fault, Life, SimulatedClock } from './life.ts';
import { Site } from './mortal-disk.ts';
import { pooledBulk } from './pooled-bulk.ts';
import {
  emptyTables,
  giveTables,
  memberKeys,
  preparedDevice,
  preparedStore,
  SHAPE,
  takeTables,
} from './prepared.ts';
import { forgetMemories, giveMemoriesBack } from './reused-memory.ts';
import { sourcePosix } from './source-posix.ts';
import { SourceTree } from './source-tree.ts';

export interface MachineOptions {
  readonly seed: number;
  /** Disks of stores that say they have synced, and have not: the rule that must not be broken. */
  readonly canary: boolean;
}

export interface StoreSite {
  readonly site: Site;
  readonly identity: StoreIdentity;
}

let bulk: Bulk | undefined;

/** One pool for all seeds of this process. */
function bulkOf(native: Native): Bulk {
  bulk ??= pooledBulk(native.bulk);
  return bulk;
}

/** Removal is the owner's own act in an embedded network: nothing waits. */
const REMOVAL_DELAY_MS = 0;
const OWN_LEVEL = 3;
const FIRST_PID = 1000;

export class Machine {
  readonly options: MachineOptions;
  /** Draws the schedule and the world's accidents. */
  readonly random: SeededRandom;
  /** What the program under test gets as chance. */
  readonly given: SeededRandom;
  readonly clock: SimulatedClock;
  readonly log = new EventLog();
  readonly coverage = new Coverage();
  readonly home = new Site('home');
  readonly stores: StoreSite[] = [];
  readonly shape = SHAPE;
  readonly copies: number;
  readonly source: SourceTree;
  readonly native: Native;
  readonly keys = memberKeys;
  device: DeviceKey;
  tables: CoordinatorDatabase | undefined;
  readonly living = new Map<number, Life>();
  #nextPid = FIRST_PID;
  #nextSite = 0;
  #devices = 0;

  constructor(options: MachineOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
    this.given = this.random.fork();
    this.clock = new SimulatedClock(this.random.fork());
    this.source = new SourceTree(this.random.fork());
    const native = loadNative();
    this.native = {
      kind: native.kind,
      bulk: bulkOf(native),
      posix: sourcePosix(this.source),
      allocateLargePages: allocatePages,
    };
    this.device = preparedDevice(0);
    this.copies = this.random.below(4) === 0 ? 3 : 2;
  }

  /** One store more than copies, or two: one may be lost and strength can still be had. */
  async found(): Promise<void> {
    const count = this.copies + 1 + this.random.below(2);
    while (this.stores.length < count) await this.foundStore();
    await this.foundTables();
  }

  async foundStore(): Promise<StoreSite> {
    const index = this.#nextSite++;
    const site = new Site(`store${index}`);
    const { medium, identity } = await preparedStore(index, site.folder);
    site.medium = medium;
    const store = { site, identity };
    this.stores.push(store);
    return store;
  }

  /** Empty tables with the stores that there are. */
  async foundTables(): Promise<void> {
    const database = this.tables ?? (await takeTables());
    this.tables = database;
    const { memberId, embeddedNetworkSecret } = this.keys;
    await foundCoordinator({
      database,
      clock: this.clock,
      random: this.given,
      networkSecret: embeddedNetworkSecret,
      network: {
        memberId,
        shape: this.shape,
        home: homeOf(findCity('tokyo')),
        copies: this.copies,
        level: OWN_LEVEL,
        removalDelayMs: REMOVAL_DELAY_MS,
      },
      stores: this.stores.map((store) => this.registrationOf(store)),
      processes: this.coordinatorProcesses(FIRST_PID),
    });
  }

  storeById(storeId: StoreId): StoreSite {
    const store = this.stores.find(({ identity }) => identity.storeId === storeId);
    return must(store, 'a store that this machine has');
  }

  // ── Processes ───────────────────────────────────────────────────────────────────────────────────

  begin(fault: Fault | undefined): Life {
    return this.#life(fault);
  }

  end(life: Life): void {
    life.die();
    this.living.delete(life.pid);
  }

  coordinatorProcesses(pid: number) {
    const nameOf = (number: number) => ({
      host: 'machine',
      boot: 'boot',
      pidSpace: '',
      pid: number,
      started: '',
    });
    return {
      self: nameOf(pid),
      liveness: (other: { readonly pid: number }) =>
        this.living.has(other.pid) ? ('alive' as const) : ('dead' as const),
    };
  }

  shelfProcesses(pid: number) {
    return { id: pid, startedMs: 0, lives: (id: number) => this.living.has(id) };
  }

  #life(fault: Fault | undefined): Life {
    const pid = this.#nextPid++;
    const { log, clock, coverage, random } = this;
    const life = new Life({ pid, log, clock, coverage, random, fault });
    this.living.set(pid, life);
    return life;
  }

  // ── Accidents ───────────────────────────────────────────────────────────────────────────────────

  /** Everything stops at once, and what was not synced may be lost or torn, on every disk. */
  powerLoss(): void {
    for (const life of this.living.values()) life.die();
    this.living.clear();
    this.coverage.note('power cut');
    for (const { site } of this.stores) this.cutPower(site);
    this.cutPower(this.home);
  }

  /** Of one disk. */
  cutPower({ medium }: Site): void {
    const { coverage } = this;
    const { names, pages } = medium.crash(this.random);
    coverage.note('unsynced name lost', names.lost);
    coverage.note('unsynced name kept', names.kept);
    coverage.note('unsynced page lost', pages.lost);
    coverage.note('unsynced page torn', pages.torn);
    coverage.note('unsynced page kept', pages.kept);
  }

  /** Home with all its files, and the tables. */
  async loseHome(): Promise<void> {
    for (const life of this.living.values()) life.die();
    this.living.clear();
    this.home.replaceMedium();
    this.device = preparedDevice(++this.#devices);
    await emptyTables(must(this.tables, 'the tables are founded first'));
    await this.foundTables();
  }

  registrationOf({ site, identity }: StoreSite): StoreRegistration {
    return {
      identity,
      location: site.folder,
      baseRisk: baseRiskOf(identity.place),
      freeBytes: site.medium.freeBytes('/'),
    };
  }

  /** To be called when nobody works here any more. */
  close({ isSound }: { readonly isSound: boolean }): void {
    if (isSound) giveMemoriesBack();
    else forgetMemories();
    if (this.tables === undefined) return;
    // Whoever broke a rule may have left a transaction open.
    if (isSound) giveTables(this.tables);
    else this.tables.close();
  }
}
