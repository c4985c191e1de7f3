// The services that look after what is stored: check, repair, forget, prune, cache.
import { type CheckReport, check } from '@kura/agent/check/check.ts';
import { keeperNotes, type NoteCopy, serviceNotes } from '@kura/agent/check/note-copy.ts';
import { planRepair, type RepairPlan, type RepairPorts, repair } from '@kura/agent/check/repair.ts';
import { homePaths } from '@kura/agent/home.ts';
import { judgeLock } from '@kura/agent/lock/open-lock.ts';
import type { PrunePorts } from '@kura/agent/prune/ports.ts';
import { prune } from '@kura/agent/prune/prune.ts';
import {
  embeddedDestroyer,
  type StoreDestroyer,
  serviceDestroyer,
} from '@kura/agent/prune/store-destroyer.ts';
import type { StoredSnapshot } from '@kura/agent/snapshots/snapshot-store.ts';
import { KuraError } from '@kura/base';
import type { KeptProof } from '@kura/contract';
import { choosePlacement, createGateway, embeddedCopyKeys } from '@kura/coordinator';
import { carryOutTimedOrders } from '@kura/coordinator/removal/timers.ts';
import { transact } from '@kura/database';
import type { CheckRequest, PruneRequest } from '../commands/requests.ts';
import type {
  CacheView,
  CheckView,
  HistoryView,
  PruneView,
  RepairPlanView,
  RepairStepView,
  RepairView,
} from '../commands/views.ts';
import type { OpenNetwork } from '../embedded/open-network.ts';
import { lookEarlyNow } from './early.ts';
import { compareHistory } from './history.ts';
import { placeView, storeOf, storeView } from './network-view.ts';
import type { OwnHome } from './open.ts';
import type { Session } from './session.ts';

const MAX_TOLD_PACKS = 1000;

export function noteCopyOf(network: OwnHome): NoteCopy {
  return network.kind === 'embedded'
    ? keeperNotes(network.coordinator)
    : serviceNotes(network.coordinator);
}

export class Care {
  readonly #session: Session;
  #report: CheckReport | undefined;
  #plan: RepairPlan | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  async check(request: CheckRequest): Promise<CheckView> {
    const network = await this.#session.own();
    const history = await compareHistory(this.#session, request.acceptOlder ? 'always' : 'no');
    const report = await check(request.readData, {
      ...network,
      noteCopy: noteCopyOf(network),
      onProgress: (done, total) => this.#progress('checking', done, total),
    });
    this.#session.settings.progress.finish();
    this.#report = report;
    const proofs = await network.coordinator.proofs();
    const shut = await this.#shutSnapshots();
    const accepts = request.acceptOlder;
    const early = await lookEarlyNow(this.#session, {
      maxBytes: Number.POSITIVE_INFINITY,
      accepts,
    });
    return { ...checkView({ report, history, proofs, network, shut }), early };
  }

  /** By their records alone: to open a lock would be told to the member, each time. */
  async #shutSnapshots(): Promise<CheckView['shutSnapshots']> {
    const { snapshots } = await this.#session.reading();
    // What cannot be read is told as lost, or away.
    const all = await snapshots.listReadable(() => undefined);
    return all.flatMap((stored) => {
      const why = stored.snapshot.lock === undefined ? undefined : refusalOf(stored);
      return why === undefined ? [] : [{ id: stored.id, why }];
    });
  }

  async planRepair(): Promise<RepairPlanView> {
    const network = await this.#session.embedded();
    if (this.#report === undefined)
      await this.check({ readData: { kind: 'none' }, acceptOlder: false });
    if (this.#report === undefined) throw new KuraError('usage', 'nothing has been checked');
    this.#plan = planRepair(this.#report, this.#repairPorts(network));
    return planView(this.#plan, network);
  }

  async repair(): Promise<RepairView> {
    const network = await this.#session.embedded();
    if (this.#plan === undefined) await this.planRepair();
    if (this.#plan === undefined) throw new KuraError('usage', 'nothing has been planned');
    const done = await repair(this.#plan, this.#repairPorts(network));
    this.#session.settings.progress.finish();
    const hurt = done.packsBelowStrength + done.packsAway + done.packsLost;
    if (hurt === 0) await giveUpMissingStores(network);
    return done;
  }

  async prune(request: PruneRequest): Promise<PruneView> {
    const network = await this.#session.own();
    if (network.kind === 'embedded') await endTerms(network);
    const summary = await prune(request, {
      ...network,
      lines: this.#session.lines(),
      destroyer: destroyerOf(network),
      ...(await lettersOf(network)),
      onProgress: (done, total) => this.#progress('pruning', done, total),
    });
    this.#session.settings.progress.finish();
    await this.#session.forgetReading();
    return summary;
  }

  async cache(): Promise<CacheView> {
    const { surroundings, settings } = this.#session;
    const { disk } = surroundings;
    const home = homePaths(settings.home);
    const sizeOf = (folder: string): number =>
      filesIn(disk, folder).reduce(
        (sum, name) => sum + (disk.stat(`${folder}/${name}`)?.sizeBytes ?? 0),
        0,
      );
    const reading = await this.#session.reading();
    return {
      folder: `${home.folder}/agent`,
      indexBytes: sizeOf(home.indexFolder),
      packBytes: sizeOf(home.packFolder),
      indexedPacks: reading.catalogue.size,
      freedBytes: 0,
    };
  }

  async clearCache(): Promise<CacheView> {
    const { surroundings, settings } = this.#session;
    const { disk } = surroundings;
    const home = homePaths(settings.home);
    const before = await this.cache();
    await this.#session.forgetReading();
    for (const folder of [home.indexFolder, home.packFolder, home.resumeFolder]) {
      for (const name of filesIn(disk, folder)) disk.unlink(`${folder}/${name}`);
    }
    const freedBytes = before.indexBytes + before.packBytes;
    return { ...before, indexBytes: 0, packBytes: 0, indexedPacks: 0, freedBytes };
  }

  async rebuildCache(): Promise<CacheView> {
    await this.clearCache();
    return await this.cache();
  }

  #repairPorts(network: OpenNetwork): RepairPorts {
    const { coordinator, stores, native, keys } = network;
    const networkSecret = keys.embeddedNetworkSecret;
    const gateway = createGateway({
      ...{ network: network.network, stores, native },
      keys: embeddedCopyKeys(networkSecret),
      hashing: 'agent',
    });
    return {
      ...network,
      keeper: coordinator,
      onProgress: (done, total) => this.#progress('repairing', done, total),
      steps: {
        scrub: async (storeId, copyId) => {
          const store = stores.get(storeId);
          if (store === undefined) throw new KuraError('unreachable', `store ${storeId} is away`);
          return await store.scrub(copyId);
        },
        replicate: (request) => gateway.replicate(request),
        choose: (row, held) => {
          const { home, device, level } = network.network;
          const sizeBytes = row.leafCount * network.shape.leafBytes;
          const request = { copies: 1, level, home, device, sizeBytes, held };
          const [choice] = choosePlacement({ request, stores: network.network.stores });
          if (choice === undefined) throw new KuraError('too_few_stores', 'no other store is left');
          return choice;
        },
      },
      coordinator,
    };
  }

  #progress(phase: string, done: number, total: number): void {
    this.#session.stopIfAsked();
    const { progress } = this.#session.settings;
    progress.update({ phase, filesDone: done, filesTotal: total, bytesDone: 0 });
  }
}

/** What a coordinator does by itself: here nobody else is there to do it. */
async function endTerms({ coordinator }: OpenNetwork): Promise<void> {
  const { database, clock } = coordinator.entire;
  const { memberId } = coordinator;
  await transact(database, (rows) => carryOutTimedOrders(rows, { memberId, nowMs: clock.nowMs() }));
}

function filesIn(disk: Session['surroundings']['disk'], folder: string): readonly string[] {
  if (disk.stat(folder) === undefined) return [];
  return disk.list(folder).map((entry) => entry.name);
}

export async function lettersOf(network: OwnHome): Promise<Pick<PrunePorts, 'letters'>> {
  if (network.kind === 'embedded') return {};
  const { CardLetters } = await import('@kura/agent/card/card-letters.ts');
  return { letters: new CardLetters(network.coordinator, network.files) };
}

function destroyerOf(home: OwnHome): StoreDestroyer {
  if (home.kind === 'service') return serviceDestroyer(home.coordinator);
  const { stores, coordinator } = home;
  return embeddedDestroyer({
    keeper: coordinator,
    shelves: stores,
    isAlone: async () => (await coordinator.sessions()).length <= 1,
  });
}

/** Nothing depends on them any more: everything has all its copies elsewhere. */
async function giveUpMissingStores({ network, stores, coordinator }: OpenNetwork): Promise<void> {
  for (const { identity } of network.stores) {
    if (!stores.has(identity.storeId)) await coordinator.setStoreState(identity.storeId, 'lost');
  }
}

/** Undefined: its stamps agree. */
function refusalOf(stored: StoredSnapshot): string | undefined {
  try {
    judgeLock(stored);
    return undefined;
  } catch (error) {
    if (error instanceof KuraError) return error.message;
    throw error;
  }
}

function checkView({
  report,
  history,
  proofs,
  network,
  shut,
}: {
  readonly shut: CheckView['shutSnapshots'];
  readonly report: CheckReport;
  readonly history: HistoryView;
  readonly proofs: readonly KeptProof[];
  readonly network: OwnHome;
}): Omit<CheckView, 'early'> {
  const described = network.network;
  const hurtStores = [...report.hurtStores].flatMap(([storeId, why]) => {
    const store = storeOf(described, storeId);
    return store === undefined ? [] : [{ store: storeView(store), why }];
  });
  const storesInDanger = described.stores.flatMap((store) =>
    store.danger === undefined ? [] : [{ store: storeView(store), why: store.danger }],
  );
  const nameOf = (storeId: (typeof described.stores)[number]['identity']['storeId']): string => {
    const store = storeOf(described, storeId);
    return store === undefined ? storeId : placeView(store.identity.place).cityName;
  };
  const times = proofs.map(({ provedMs }) => provedMs);
  const oldestMs = times.length === 0 ? undefined : Math.min(...times);
  return {
    history,
    shutSnapshots: shut,
    proofs: { count: times.length, oldestMs },
    packs: report.packs,
    snapshots: report.snapshots,
    copiesRead: report.copiesRead,
    bytesRead: report.bytesRead,
    hurtStores,
    storesInDanger,
    movesThemselves: network.kind === 'service',
    hurtPacks: report.hurtPacks.slice(0, MAX_TOLD_PACKS).map((pack) => ({
      packId: pack.row.packId,
      isLost: pack.isLost,
      intactCopies: pack.intactCopies,
      wantedCopies: described.copies,
      hurt: pack.hurt.map(({ storeId, why }) => ({ storeId, cityName: nameOf(storeId), why })),
    })),
    hurtPackCount: report.hurtPacks.length,
    lostPackCount: report.hurtPacks.filter((pack) => pack.isLost).length,
    awayPackCount: report.hurtPacks.filter((pack) => pack.intactCopies === 0 && !pack.isLost)
      .length,
    lostSnapshots: report.lostSnapshots,
  };
}

function planView(plan: RepairPlan, network: OpenNetwork): RepairPlanView {
  const steps = new Map<string, RepairStepView>();
  for (const { act, storeId, row } of plan.items) {
    const store = storeOf(network.network, storeId);
    const key = `${act}:${storeId}`;
    const before = steps.get(key);
    steps.set(key, {
      act,
      cityName: store === undefined ? storeId : placeView(store.identity.place).cityName,
      folder: store?.location ?? '',
      copies: (before?.copies ?? 0) + 1,
      bytes: (before?.bytes ?? 0) + row.leafCount * network.shape.leafBytes,
    });
  }
  const hopeless = new Map<string, number>();
  for (const { why } of plan.hopeless) hopeless.set(why, (hopeless.get(why) ?? 0) + 1);
  return {
    steps: [...steps.values()],
    hopeless: [...hopeless].map(([why, packs]) => ({ packs, why })),
  };
}
