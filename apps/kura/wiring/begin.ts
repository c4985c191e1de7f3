// The services behind `init` and `recover`: they make a network where there is none.
import { homePaths } from '@kura/agent/home.ts';
import { type RecoverSummary, recover } from '@kura/agent/recover/recover.ts';
import type { StoredSnapshot } from '@kura/agent/snapshots/snapshot-store.ts';
import { KuraError, STANDARD_SHAPE } from '@kura/base';
import type { HomeDescription, NetworkDescription, StorePlace } from '@kura/contract';
import {
  assertSpread,
  baseRiskOf,
  choosePlacement,
  findCity,
  foundCoordinator,
  homeOf,
  MIN_DISTANCE_KM,
  type StoreRegistration,
  storePlaceOf,
} from '@kura/coordinator';
import { deriveMemberKeys, STANDARD_COST, wordsToRoot, wrapRoot } from '@kura/member-seal';
import { type FolderShelf, openFolderShelf } from '@kura/store';
import type {
  FurtherDeviceRequest,
  InitRequest,
  JoinRequest,
  RecoverRequest,
} from '../commands/requests.ts';
import type { NetworkView, RecoveryView } from '../commands/views.ts';
import { foundNetwork, OWN_LEVEL, REMOVAL_DELAY_MS } from '../embedded/found-network.ts';
import { writeRootFile } from '../embedded/home-files.ts';
import { readPointer } from '../network/home-pointer.ts';
import { networkView } from './network-view.ts';
import { realFolder } from './real-folder.ts';
import type { Session } from './session.ts';
import { snapshotView } from './snapshot-view.ts';

/** What `kura init` keeps if nobody says anything else. */
const USUAL_COPIES = 2;

export async function init(session: Session, request: InitRequest): Promise<NetworkView> {
  const { settings, surroundings } = session;
  const stores = request.stores.map(({ folder, place }) => ({
    folder: realFolder(folder),
    place: storePlaceOf(findCity(place)),
  }));
  const [first] = request.stores;
  const place = request.home ?? first?.place;
  if (place === undefined) {
    throw new KuraError('usage', 'a network needs at least one store', {
      guidance: 'Give --store FOLDER=CITY once for each store.',
    });
  }
  const home = homeOf(findCity(place));
  if (isTaken(session)) {
    throw new KuraError('already_exists', `there is a Kura network in ${settings.home} already`, {
      guidance: 'Use it, or set KURA_HOME to another folder.',
    });
  }
  await foundNetwork(
    {
      homeFolder: settings.home,
      passphrase: await settings.secrets.newPassphrase(),
      cost: STANDARD_COST,
      shape: STANDARD_SHAPE,
      home,
      copies: request.copies,
      stores,
    },
    surroundings,
  );
  const { network } = await session.network();
  warnOfNearness(network, settings.warn);
  return networkView(network);
}

/** A network may be founded so; but nobody should learn it from a disaster. */
function warnOfNearness(network: NetworkDescription, warn: (message: string) => void): void {
  const { copies, level, home, stores } = network;
  const chosen = choosePlacement({ request: { copies, level, home, sizeBytes: 0 }, stores });
  const { closestKm } = assertSpread(chosen, stores, copies);
  if (closestKm >= MIN_DISTANCE_KM) return;
  const km = Math.round(closestKm);
  warn(
    `two copies of everything will lie ${km} km apart: one disaster can take both. Add a store that is farther away.`,
  );
}

/** The code of the wire is loaded by whoever joins, not by whoever founds a network of folders. */
export async function join(session: Session, request: JoinRequest): Promise<NetworkView> {
  const { settings, surroundings } = session;
  const home = homeOf(findCity(request.home));
  const { joinHome } = await import('../network/join.ts');
  await joinHome(
    {
      ...request,
      home,
      homeFolder: settings.home,
      deviceName: request.device,
      passphrase: await settings.secrets.newPassphrase(),
      loginPassphrase: await request.loginPassphrase(),
      environment: settings.environment,
    },
    surroundings,
  );
  return networkView((await session.network()).network);
}

export async function joinFurther(
  session: Session,
  request: FurtherDeviceRequest,
): Promise<NetworkView> {
  const { settings, surroundings } = session;
  const { secrets, environment, home: homeFolder } = settings;
  const { joinFurther: joinAs } = await import('../network/log-in.ts');
  // A card that is known opens the new one as well; with words alone there is no passphrase yet.
  const isKnown = 'card' in request.from;
  await joinAs(
    {
      ...{ ...request, homeFolder, environment, deviceName: request.device },
      passphrase: await (isKnown ? secrets.passphrase() : secrets.newPassphrase()),
      loginPassphrase: await request.loginPassphrase(),
    },
    surroundings,
  );
  return networkView((await session.network()).network);
}

export async function recoverAll(session: Session, request: RecoverRequest): Promise<RecoveryView> {
  const { settings, surroundings } = session;
  const { disk, random, clock } = surroundings;
  const home = homePaths(settings.home);
  if (isTaken(session)) {
    throw new KuraError('already_exists', `there is a Kura network in ${settings.home} already`, {
      guidance: 'Set KURA_HOME to a folder that is not there yet.',
    });
  }
  const root = wordsToRoot(request.words);
  const keys = deriveMemberKeys(root);
  const shelves = request.storeFolders.map(realFolder).map((folder) => ({
    folder,
    shelf: openFolderShelf({ ...surroundings, folder }),
  }));
  const [first] = shelves;
  if (first === undefined) throw new KuraError('usage', 'a recovery needs at least one store');
  for (const { folder, shelf } of shelves) refuseForeign(shelf, folder, keys.memberId);
  const passphrase = await settings.secrets.newPassphrase();
  const wrapped = await wrapRoot({ root, passphrase, cost: STANDARD_COST, random });
  disk.makeFolder(home.folder);
  await writeRootFile({ disk, home, random }, wrapped);
  const asked = request.home === undefined ? undefined : homeOf(findCity(request.home));
  const coordinator = await foundCoordinator({
    database: home.database,
    clock,
    random,
    networkSecret: keys.embeddedNetworkSecret,
    network: {
      memberId: keys.memberId,
      shape: first.shelf.record.shape,
      home: asked ?? homeAt(first.shelf.identity.place),
      copies: Math.min(request.copies ?? USUAL_COPIES, shelves.length),
      level: OWN_LEVEL,
      removalDelayMs: REMOVAL_DELAY_MS,
    },
    stores: shelves.map(({ folder, shelf }) => registrationOf(folder, shelf)),
  });
  coordinator.close();
  return await adopt(session, { home: asked, copies: request.copies });
}

/** An embedded network is here, or a membership of another one. */
function isTaken({ settings, surroundings }: Session): boolean {
  const { disk } = surroundings;
  const isEmbedded = disk.stat(homePaths(settings.home).database) !== undefined;
  return isEmbedded || readPointer(disk, settings.home) !== undefined;
}

/** Where the first store is, until a snapshot or a person says where home is. */
function homeAt({ city, lat, lon, powerArea }: StorePlace): HomeDescription {
  return { name: city, lat, lon, powerArea };
}

function refuseForeign(shelf: FolderShelf, folder: string, memberId: string): void {
  if ([...shelf.record.owners.keys()].some((owner) => owner === memberId)) return;
  throw new KuraError(
    'refused',
    `the store in ${folder} holds nothing of whoever has these words`,
    {
      guidance: 'Check the words, and that this is one of your stores.',
    },
  );
}

function registrationOf(folder: string, shelf: FolderShelf): StoreRegistration {
  return {
    identity: shelf.identity,
    location: folder,
    baseRisk: baseRiskOf(shelf.identity.place),
    freeBytes: shelf.freeBytes(),
  };
}

/** What a person says counts before what the snapshots say. */
async function adopt(
  session: Session,
  asked: { readonly home: HomeDescription | undefined; readonly copies: number | undefined },
): Promise<RecoveryView> {
  const network = await session.embedded();
  const { coordinator } = network;
  const { progress } = session.settings;
  const summary: RecoverSummary = await recover({
    ...network,
    shelves: network.stores,
    adopting: coordinator,
    onProgress: (done, total) =>
      progress.update({ phase: 'recovering', filesDone: done, filesTotal: total, bytesDone: 0 }),
  });
  const now = await coordinator.describe();
  const wanted = asked.copies ?? summary.founding?.copies;
  const home = asked.home ?? now.home;
  const copies = Math.min(wanted ?? now.copies, now.stores.length);
  await coordinator.adoptFounding({ home, copies });
  const snapshots: readonly StoredSnapshot[] = await (await session.reading()).snapshots.list();
  return {
    network: networkView({ ...network.network, home, copies }),
    snapshots: snapshots.map((one) => snapshotView(one, undefined)),
    packs: summary.packs,
    packsUnreadable: summary.packsUnreadable,
    copiesPassedOver: summary.passedOver,
    snapshotsIncomplete: summary.incomplete,
    snapshotsAbsent: summary.absent,
    copiesWanted: wanted,
    isHomeKnown: asked.home !== undefined || summary.founding !== undefined,
  };
}
