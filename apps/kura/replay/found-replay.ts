// Founds the network of a replay: a real service in tables in memory, its stores on shelves in memory, its members with
// packs that are really sent, sealed for each store and acknowledged.
import { type MemberId, memberId, must, type PackId, packId, type Random, toHex } from '@kura/base';
import { ed25519PublicKey, type PackRecord } from '@kura/contract';
import {
  baseRiskOf,
  type CoordinatorTables,
  createGateway,
  type Gateway,
  MemberCoordinator,
  MIGRATIONS,
  Network,
  type Processes,
} from '@kura/coordinator';
import { type ServiceKeys, serviceKeys } from '@kura/coordinator/authority/service-keys.ts';
import { foundService, newNetworkId } from '@kura/coordinator/found-service.ts';
import { ServiceCopyKeys } from '@kura/coordinator/gateway/member-keys.ts';
import type { PackLife } from '@kura/coordinator/hazards/replay/history.ts';
import type { Manifest } from '@kura/coordinator/hazards/replay/manifest.ts';
import type {
  NetworkPlan,
  PlannedMember,
  PlannedStore,
} from '@kura/coordinator/hazards/replay/network-plan.ts';
import { type KnownSite, siteAt } from '@kura/coordinator/hazards/replay/places.ts';
import type { SiteFacts } from '@kura/coordinator/hazards/risk/sites.ts';
import { OWN_PLAN } from '@kura/coordinator/members/first-plans.ts';
import { registerMember } from '@kura/coordinator/members/members.ts';
import { setRegion } from '@kura/coordinator/moves/regions.ts';
import { readCharter } from '@kura/coordinator/open.ts';
import { findCity } from '@kura/coordinator/placement/index.ts';
import { IN_MEMORY, openDatabase } from '@kura/database';
import { loadNative, type Native } from '@kura/native';
import type { ReplayClock } from './replay-clock.ts';
import { ReplayRandom } from './replay-random.ts';
import { PACK_BYTES, PACK_LEAVES, Scale } from './scale.ts';
import { REPLAY_SHAPE, Shelves } from './shelves.ts';

const SECRET_BYTES = 32;
const ID_BYTES = 16;

export interface FoundedReplay {
  readonly network: Network;
  readonly keys: ServiceKeys;
  readonly copyKeys: ServiceCopyKeys;
  readonly native: Native;
  readonly shelves: Shelves;
  readonly scale: Scale;
  /** Every site of the manifest, and of the network's own stores. */
  readonly sites: ReadonlyMap<string, KnownSite>;
  /** What is known of a site's building and place. */
  readonly facts: ReadonlyMap<string, SiteFacts>;
  readonly packs: readonly PackLife[];
  /** Packs whose first copies lie where the manifest or file says, not where placement would put them. */
  readonly givenPacks: ReadonlySet<string>;
  readonly memberNames: ReadonlyMap<MemberId, string>;
}

export const packKey = (member: MemberId, pack: PackId): string => `${member} ${pack}`;

export async function foundReplay(
  manifest: Manifest,
  plan: NetworkPlan,
  clock: ReplayClock,
): Promise<FoundedReplay> {
  const random = new ReplayRandom();
  const networkSecret = random.bytes(SECRET_BYTES);
  const database = await openDatabase<CoordinatorTables>({
    path: IN_MEMORY,
    migrations: MIGRATIONS,
  });
  try {
    await foundService(newNetworkId(random), {
      ...{ database, clock, random, networkSecret, copies: firstCopiesOf(plan) },
      shape: REPLAY_SHAPE,
      removalDelayMs: 0,
      operator: 'replay',
    });
    const charter = await readCharter(database.kysely);
    const network = new Network({ database, charter, clock, random, processes: ALONE });
    network.unlock(networkSecret);
    const founded = await new Founding({ manifest, plan, network, networkSecret, random }).found();
    await database.kysely.updateTable('network').set({ copies: plan.copies }).execute();
    network.setCopies(plan.copies);
    return founded;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A manifest may begin with fewer copies than are wanted: then the rest is the network's first task. */
function firstCopiesOf({ copies, members }: NetworkPlan): number {
  return Math.min(copies, ...members.map(({ copiesAt }) => copiesAt?.length ?? copies));
}

/** Nobody else works on these tables. */
const ALONE: Processes = {
  self: { host: 'replay', boot: '', pidSpace: '', pid: 0, started: '' },
  liveness: () => 'alive',
};

interface FoundingParts {
  readonly manifest: Manifest;
  readonly plan: NetworkPlan;
  readonly network: Network;
  readonly networkSecret: Uint8Array;
  readonly random: Random;
}

class Founding {
  readonly #parts: FoundingParts;
  readonly #keys: ServiceKeys;
  readonly #copyKeys: ServiceCopyKeys;
  readonly #native = loadNative();
  readonly #shelves: Shelves;
  readonly #scale: Scale;
  readonly #sites = new Map<string, KnownSite>();
  readonly #facts = new Map<string, SiteFacts>();
  readonly #packs: PackLife[] = [];
  readonly #givenPacks = new Set<string>();
  readonly #memberNames = new Map<MemberId, string>();

  constructor(parts: FoundingParts) {
    const { network, networkSecret, random, plan, manifest } = parts;
    this.#parts = parts;
    this.#keys = serviceKeys(networkSecret);
    const { gatewaySecret, coordinatorKey } = this.#keys;
    this.#copyKeys = new ServiceCopyKeys(gatewaySecret, () => network.database.kysely);
    const { clock } = network;
    this.#shelves = new Shelves({ native: this.#native, clock, random, coordinatorKey });
    this.#scale = new Scale(plan);
    for (const [name, place] of manifest.sites) this.#sites.set(name, siteAt(name, place));
  }

  async found(): Promise<FoundedReplay> {
    const { plan, network } = this.#parts;
    for (const store of plan.stores) await this.#foundStore(store);
    for (const [name, { facts }] of this.#sites) {
      if (!this.#facts.has(name)) this.#facts.set(name, facts);
    }
    for (const member of plan.members) await this.#foundMember(member);
    return {
      network,
      keys: this.#keys,
      copyKeys: this.#copyKeys,
      native: this.#native,
      shelves: this.#shelves,
      scale: this.#scale,
      sites: this.#sites,
      facts: this.#facts,
      packs: this.#packs,
      givenPacks: this.#givenPacks,
      memberNames: this.#memberNames,
    };
  }

  /** A site of the manifest, a place of its own, or a city. */
  #siteOf(name: string, place: PlannedStore['place']): KnownSite {
    const known = this.#sites.get(name);
    if (known !== undefined && place === undefined) return known;
    const site = siteAt(name, place ?? findCity(name));
    this.#sites.set(name, site);
    return site;
  }

  async #foundStore(store: PlannedStore): Promise<void> {
    const { network } = this.#parts;
    const { place, facts } = this.#siteOf(store.site, store.place);
    const { operator, building, heightM, coastKm } = store;
    this.#facts.set(store.site, {
      ...facts,
      ...(operator === undefined ? {} : { operator }),
      ...(building === undefined ? {} : { building }),
      ...(heightM === undefined ? {} : { heightM }),
      ...(coastKm === undefined ? {} : { coastKm }),
    });
    const capacityBytes = this.#scale.capacityBytes(store);
    const bytesPerSecond = this.#scale.bytesPerSecond(store);
    const shelf = this.#shelves.found({ site: store.site, place, capacityBytes, bytesPerSecond });
    const registration = {
      identity: shelf.store.identity,
      location: store.site,
      baseRisk: baseRiskOf(place),
      freeBytes: capacityBytes,
      minimumLevel: store.minimumLevel,
      service: {
        kind: 'strict' as const,
        readerAddress: undefined,
        lineMbit: this.#scale.lineMbit(store),
        capacityBytes,
        rank: 0,
        operator: operator ?? '',
      },
    };
    await network.registerStore(registration);
  }

  async #foundMember(member: PlannedMember): Promise<void> {
    const { network, random, plan } = this.#parts;
    const { database, clock } = network;
    const id = memberId(toHex(random.bytes(ID_BYTES)));
    const ownerKey = ed25519PublicKey(random.bytes(SECRET_BYTES));
    this.#memberNames.set(id, member.name);
    const { city: name, lat, lon, powerArea } = this.#siteOf(member.home, undefined).place;
    const keys = { ownerKey, noticeKey: ownerKey, cardKeyHash: ownerKey };
    await database.transact(async (rows) => {
      const home = { name, lat, lon, powerArea };
      const own = { planId: OWN_PLAN, ownLevel: member.level, nowMs: clock.nowMs() };
      await registerMember(rows, { memberId: id, home, keys, ...own });
      for (const rule of ['pinned', 'forbidden'] as const) {
        for (const region of member[rule]) {
          await setRegion({ rows, memberId: id }, { region, rule }, plan.copies);
        }
      }
    });
    for (const { storeId, store } of this.#shelves.all) {
      const { pseudonym } = await this.#copyKeys.keysFor(id, storeId);
      await store.admitOwner(pseudonym, ownerKey);
    }
    await this.#savePacks(member, id);
  }

  /** As a backup does: sent to the gateway, acknowledged by every store, then recorded. */
  async #savePacks(member: PlannedMember, id: MemberId): Promise<void> {
    const { network, random } = this.#parts;
    const coordinator = new MemberCoordinator({ network, memberId: id });
    const gateway = await this.#gatewayFor(coordinator, member.copiesAt);
    const session = await coordinator.beginSession('backup');
    for (let index = 0; index < member.packs; index++) {
      const pack = packId(toHex(random.bytes(32)));
      const record = await this.#send(gateway, pack);
      await coordinator.recordPacks(session, [record]);
      const key = packKey(id, pack);
      if (member.copiesAt !== undefined) this.#givenPacks.add(key);
      this.#packs.push({
        key,
        member: member.name,
        level: member.level,
        firstSites: record.copies.map(
          ({ acknowledgement }) => this.#shelves.shelf(acknowledgement.storeId).site,
        ),
      });
    }
    await coordinator.endSession(session);
    await this.#rest(id);
  }

  async #gatewayFor(
    coordinator: MemberCoordinator,
    copiesAt: readonly string[] | undefined,
  ): Promise<Gateway> {
    const description = await coordinator.describe();
    const ids = copiesAt?.map((site) => must(this.#shelves.at(site), 'a store').storeId);
    const { copies } = this.#parts.plan;
    const network =
      ids === undefined
        ? { ...description, copies }
        : {
            ...description,
            copies: ids.length,
            stores: description.stores.filter(({ identity }) => ids.includes(identity.storeId)),
          };
    const parts = { stores: this.#shelves, keys: this.#copyKeys, native: this.#native };
    return createGateway({ network, ...parts, hashing: 'gateway' });
  }

  async #send(gateway: Gateway, pack: PackId): Promise<PackRecord> {
    const upload = await gateway.open(pack, PACK_LEAVES);
    try {
      await upload.write(this.#parts.random.bytes(PACK_BYTES));
      return await upload.finish();
    } catch (error) {
      upload.abort();
      throw error;
    }
  }

  /** What was placed a moment ago rests: a replay shows what dangers move, not what calm would tidy up. */
  async #rest(id: MemberId): Promise<void> {
    const { database, clock } = this.#parts.network;
    await database.transact(async (rows) => {
      const moved = { moved_ms: clock.nowMs() };
      await rows.updateTable('packs').set(moved).where('member_id', '=', id).execute();
    });
  }
}
