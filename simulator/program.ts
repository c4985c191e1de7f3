// The program as one process of the simulated machine runs it: opens coordinator and shelves, and hands the
// agent what it needs. The same wiring as the real command's, over disks and tables that may end any moment.
import { homePaths, type OwnContext, PackLine, packTee } from '@kura/agent';
import type { LineFactory } from '@kura/agent/backup/line/line-factory.ts';
import { keeperNotes, type NoteCopy } from '@kura/agent/check/note-copy.ts';
import type { RepairSteps } from '@kura/agent/check/repair.ts';
import { HistoryMemory, homeHistory } from '@kura/agent/heads/history-memory.ts';
import { embeddedDestroyer, type StoreDestroyer } from '@kura/agent/prune/store-destroyer.ts';
import { KuraError, must, type StoreId } from '@kura/base';
import {
  type Coordinator,
  choosePlacement,
  createGateway,
  embeddedCopyKeys,
  openCoordinator,
} from '@kura/coordinator';
import { copyKeyOf } from '@kura/copy-seal';
import { savingKeys } from '@kura/member-seal';
import { loadNative } from '@kura/native';
import { type FolderShelf, openFolderShelf } from '@kura/store';
import type { Coverage } from './coverage.ts';
import type { Life } from './life.ts';
import type { Machine } from './machine.ts';
import { mortalDisk, type Site } from './mortal-disk.ts';
import { mortalTables } from './mortal-tables.ts';

export interface Program extends OwnContext {
  readonly life: Life;
  readonly coordinator: Coordinator;
  readonly stores: ReadonlyMap<StoreId, FolderShelf>;
  readonly lines: LineFactory;
  readonly destroyer: StoreDestroyer;
  readonly repairSteps: RepairSteps;
  readonly keeper: Coordinator;
  readonly noteCopy: NoteCopy;
}

const COPY_EPOCH = 0;

export async function startProgram(machine: Machine, life: Life, homeSite: Site): Promise<Program> {
  const { keys, native, clock, given: random, shape, coverage } = machine;
  const disk = mortalDisk({ site: homeSite, life, coverage, neverSyncs: false });
  const coordinator = await openCoordinator({
    database: mortalTables(must(machine.tables, 'the tables are founded first'), life),
    clock,
    random,
    networkSecret: keys.embeddedNetworkSecret,
    processes: machine.coordinatorProcesses(life.pid),
  });
  const described = await coordinator.describe();
  const stores = openShelves(machine, life);
  const network = {
    ...described,
    stores: described.stores.map((store) => {
      const shelf = stores.get(store.identity.storeId);
      if (shelf === undefined) return { ...store, state: 'unreachable' as const, freeBytes: 0 };
      return { ...store, freeBytes: shelf.freeBytes() };
    }),
  };
  const scope = { networkSecret: keys.embeddedNetworkSecret, memberId: keys.memberId };
  const copyKeys = new Map(
    described.stores.map(({ identity: { storeId } }) => [
      storeId,
      copyKeyOf({ ...scope, storeId, epoch: COPY_EPOCH }),
    ]),
  );
  const home = homePaths(homeSite.folder);
  const { device } = machine;
  const lineCount = machine.random.below(4) === 0 ? 2 : 1;
  const history = new HistoryMemory({
    places: [homeHistory({ disk, random, home, localKey: keys.localKey })],
    log: coordinator.charter.log.origin,
    // What a person would be told: a seed judges by what was acknowledged.
    warn: () => undefined,
  });
  const context = {
    ...{ home, keys, device, network, coordinator, stores, copyKeys, history },
    ...{ native, disk, clock, random, shape },
  };
  return {
    ...context,
    life,
    lines: inlineLines(context, coverage, lineCount),
    keeper: coordinator,
    noteCopy: keeperNotes(coordinator),
    destroyer: destroyerOf(context),
    repairSteps: repairStepsOf(context),
  };
}

/** Those that can be opened; a store that is away never stops the others. */
function openShelves(machine: Machine, life: Life): ReadonlyMap<StoreId, FolderShelf> {
  const { coverage } = machine;
  const shelves = new Map<StoreId, FolderShelf>();
  const storeKeys = new Map(
    machine.stores.map(({ identity }) => [identity.storeId, identity.publicKey] as const),
  );
  for (const { site, identity } of machine.stores) {
    const { storeId, publicKey, inventoryEpoch } = identity;
    try {
      const shelf = openFolderShelf({
        disk: mortalDisk({ site, life, coverage, neverSyncs: machine.options.canary }),
        folder: site.folder,
        native: machine.native,
        clock: machine.clock,
        random: machine.given,
        shape: machine.shape,
        expected: { storeId, publicKey, inventoryEpoch },
        storeKeys,
        processes: machine.shelfProcesses(life.pid),
      });
      shelves.set(storeId, shelf);
    } catch (error) {
      life.check();
      if (!(error instanceof KuraError)) throw error;
    }
  }
  return shelves;
}

interface OpenContext extends OwnContext {
  readonly coordinator: Coordinator;
  readonly stores: ReadonlyMap<StoreId, FolderShelf>;
}

function gatewayOf({ network, stores, keys, native }: OpenContext) {
  const copyKeys = embeddedCopyKeys(keys.embeddedNetworkSecret);
  return createGateway({ network, stores, keys: copyKeys, native, hashing: 'agent' });
}

/** Lines without threads. */
function inlineLines(context: OpenContext, coverage: Coverage, count: number): LineFactory {
  const { keys, native, shape, random, disk, home, network, copyKeys } = context;
  const identities = new Map(
    network.stores.map(({ identity }) => [identity.storeId, identity] as const),
  );
  return {
    open: async (setup) => {
      if (count > 1) coverage.note('backup with two lines');
      const marked = new Set(setup.markedPacks);
      const rescue = async (packNumber: number): Promise<boolean> => {
        const isRescued = await setup.rescue(packNumber);
        if (isRescued) marked.delete(packNumber);
        return isRescued;
      };
      return Array.from(
        { length: count },
        () =>
          new PackLine({
            shape,
            native,
            checkingNative: loadNative('twin'),
            keys: savingKeys(keys),
            random,
            table: setup.table,
            sink: gatewayOf(context),
            copies: { identities, copyKeys },
            tee: packTee({ disk, folder: home.packFolder, shape, bulk: native.bulk }),
            onFinished: setup.onFinished,
            isMarked: (packNumber) => marked.has(packNumber),
            rescue,
            breathe: async () => undefined,
          }),
      );
    },
    close: async () => undefined,
  };
}

function destroyerOf({ stores, coordinator }: OpenContext): StoreDestroyer {
  return embeddedDestroyer({
    keeper: coordinator,
    shelves: stores,
    isAlone: async () => {
      const sessions = await coordinator.sessions();
      return sessions.filter(({ kind }) => kind !== 'check' && kind !== 'restore').length === 1;
    },
  });
}

function repairStepsOf(context: OpenContext): RepairSteps {
  const { stores, network, shape } = context;
  const gateway = gatewayOf(context);
  return {
    scrub: (storeId, copyId) => must(stores.get(storeId), 'a store that is open').scrub(copyId),
    replicate: (request) => gateway.replicate(request),
    choose: (row, held) => {
      const { level, home } = network;
      const sizeBytes = row.leafCount * shape.leafBytes;
      const request = { copies: 1, level, home, sizeBytes, held };
      const [choice] = choosePlacement({ request, stores: network.stores });
      return must(choice, 'one was asked for');
    },
  };
}
