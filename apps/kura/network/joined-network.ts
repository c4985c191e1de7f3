// Opens a home that belongs to a network of others: the passphrase opens the card, the card has keys, certificate
// and addresses, and what the network says today comes from the network. No table and no store is in this process.
import { CardFiles } from '@kura/agent/card/card-files.ts';
import { CardFolder } from '@kura/agent/card/card-folder.ts';
import type { OwnContext } from '@kura/agent/context.ts';
import type { GivenBack } from '@kura/agent/give-back/give-back.ts';
import { cardHistory } from '@kura/agent/heads/card-history.ts';
import type { LogSource } from '@kura/agent/heads/compare-log.ts';
import { HistoryMemory, homeHistory } from '@kura/agent/heads/history-memory.ts';
import { homePaths } from '@kura/agent/home.ts';
import type { SpeedTable } from '@kura/agent/line-speed/line-speed.ts';
import { type NetworkAccess, openService } from '@kura/agent/network/access.ts';
import type { DescribedNetwork } from '@kura/agent/network/describe-network.ts';
import { openStoreReaders } from '@kura/agent/network/open-readers.ts';
import { RemoteAccount } from '@kura/agent/network/remote-account.ts';
import type { RemoteCoordinator } from '@kura/agent/network/remote-coordinator.ts';
import { remoteLog } from '@kura/agent/network/remote-log.ts';
import { policyFor } from '@kura/agent/network/witness-policy.ts';
import { readStoreSpeeds } from '@kura/agent/read/store-speeds.ts';
import { KuraError, type StoreId, systemAlarmClock } from '@kura/base';
import type { LetterKeys } from '@kura/copy-seal';
import type { LogKey, WitnessPolicy } from '@kura/log';
import { deriveMemberKeys, type Root } from '@kura/member-seal';
import { parseAddress } from '@kura/wire/address.ts';
import { proxyFor } from '@kura/wire/client/proxy.ts';
import type { Surroundings } from '../embedded/surroundings.ts';
import { readAgentConfig } from './agent-config.ts';
import { bringUpToDate, deviceOf, fetchFor, keptCoordinator, letterKeysOf } from './card-care.ts';
import { giveBackAll, giveBackAwaited } from './give-back.ts';
import type { HomePointer } from './home-pointer.ts';
import { choiceOf, openMedia, withMedia } from './media.ts';
import { MAX_LANES, measured, patienceFor } from './network-readers.ts';

export interface JoinedNetwork extends OwnContext {
  readonly kind: 'service';
  readonly coordinator: RemoteCoordinator;
  readonly log: LogKey;
  readonly logSource: LogSource;
  /** By which receipts are judged: pinned on the card. */
  readonly witnessPolicy: () => Promise<WitnessPolicy>;
  readonly account: RemoteAccount;
  readonly files: CardFiles;
  /** What letters of the network to this member are opened with. */
  readonly letterKeys: LetterKeys;
  /** What the network says of stores, keys and grants now, on the card. */
  readonly renewStores: () => Promise<void>;
  readonly packSizes: SpeedTable;
  /** What a rebuilt network got when this was opened; undefined: it asked for nothing, or could not be served. */
  readonly givenBack: GivenBack | undefined;
  readonly giveBack: (finishes: boolean) => Promise<GivenBack>;
  /** For whoever works in threads of its own. */
  readonly access: NetworkAccess;
  readonly described: DescribedNetwork;
  /** Absolute: disks that were sent, among the stores. */
  readonly media: readonly string[];
  /** Why stores that the network believes to be there are not read, as far as is known when it is opened. */
  readonly storeFailures: ReadonlyMap<StoreId, KuraError>;
  close(): void;
}

export interface JoinedHome {
  readonly homeFolder: string;
  readonly pointer: HomePointer;
  /** Of the card. */
  readonly passphrase: () => Promise<string>;
  /** Absolute: disks that were sent. */
  readonly media: readonly string[];
  /** Where the usual variables of a proxy are. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of each direction, in bytes a second; 0 for none. */
  readonly limits: NetworkAccess['limits'];
  /** Something that the person should know and that ends nothing. */
  readonly warn: (message: string) => void;
}

/** Connections of one process to one address. */
const CONNECTIONS = 8;

/** Throws what opening the card throws, `unreachable`, or `refused` with the network's reason. */
export async function openJoined(
  home: JoinedHome,
  surroundings: Surroundings,
): Promise<JoinedNetwork> {
  const { disk, random, native, clock } = surroundings;
  const { packSizes } = await readAgentConfig({ ...home, disk }, home.environment);
  const files = await openCard(home, surroundings);
  const identity = files.identity();
  const known = files.network();
  const keys = deriveMemberKeys(identity.root as Root);
  const log = { origin: known.logOrigin, publicKey: known.logKey };
  const access = accessOf(files, home);
  const around = { clock: systemAlarmClock, random };
  const service = openService(access, around);
  try {
    const directory = await fetchFor(files, service);
    const { described, keyring } = directory;
    const { network } = described;
    if (network.memberId !== keys.memberId) {
      throw new KuraError('refused', 'the network takes this card for another member', {
        guidance: 'Join anew with the recovery words.',
      });
    }
    await bringUpToDate(files, directory, { service, random });
    const speeds = readStoreSpeeds(disk, home.homeFolder, systemAlarmClock);
    const patienceMs = patienceFor(speeds);
    const readers = openStoreReaders({ described, access, service, patienceMs, ...around });
    const { shape } = network;
    const media = await openMedia(home.media, { disk, native });
    const paths = homePaths(home.homeFolder);
    const inHome = homeHistory({ disk, random, home: paths, localKey: keys.localKey });
    const history = new HistoryMemory({
      places: [inHome, cardHistory(files)],
      log: known.logOrigin,
      warn: home.warn,
    });
    const { warn, media: folders } = home;
    const returning = { files, keys, service, access, patienceMs, history, native, random, warn };
    const givenBack = described.awaitsReturns ? await giveBackAwaited(returning) : undefined;
    const awaitsReturns = described.awaitsReturns && givenBack?.isEnded !== true;
    return {
      kind: 'service',
      ...{ home: paths, history, givenBack },
      giveBack: (finishes) => giveBackAll(returning, finishes),
      ...{ keys, device: deviceOf(identity), network, described, access, media: folders },
      coordinator: keptCoordinator({
        ...{ files, service, directory, keys, history, native, random, warn, awaitsReturns },
      }),
      ...measured(withMedia(readers.stores, media, network), {
        ...{ shape, speeds, laneCount: MAX_LANES, choice: choiceOf(media) },
      }),
      storeFailures: new Map(),
      ...{ account: new RemoteAccount(service.coordinator), files, packSizes },
      letterKeys: letterKeysOf(identity, known),
      renewStores: async () => files.saveStores((await fetchFor(files, service)).stores),
      copyKeys: keyring.copyKeys,
      log,
      logSource: remoteLog(service.coordinator),
      witnessPolicy: async () => policyFor(log, files.network().witnessPolicy),
      ...{ native, disk, clock, random, shape },
      close: () => {
        readers.close();
        service.close();
      },
    };
  } catch (error) {
    service.close();
    throw withWayOut(error);
  }
}

/** What a person can do about the two ends of a membership's daily life: a certificate's, and the network's. */
function withWayOut(error: unknown): unknown {
  if (!(error instanceof KuraError)) return error;
  const { code, message, context, cause } = error;
  const isExpired = code === 'refused' && context.reason === 'expired';
  if (isExpired) {
    return new KuraError(code, message, { context, cause, guidance: 'Log in again: kura login' });
  }
  if (code !== 'unreachable') return error;
  const guidance = 'Try again later. Reading goes without the network: add --card with the card.';
  return new KuraError(code, message, { context, cause, guidance });
}

/** By which way, and as whom, the network is reached: what the card says. */
export function accessOf(
  files: CardFiles,
  { environment, limits }: Pick<JoinedHome, 'environment' | 'limits'>,
): NetworkAccess {
  const { coordinators, gateways, rootPem, level } = files.network();
  return {
    ...{ coordinators, gateways, rootPem, level, limits },
    identity: files.identity().deviceTls,
    proxy: proxyOf(coordinators, environment),
    connections: CONNECTIONS,
  };
}

/** One for all: coordinators, gateways and readers are reached in the same way. */
export function proxyOf(
  [address]: readonly string[],
  environment: JoinedHome['environment'],
): string | undefined {
  return address === undefined ? undefined : proxyFor(parseAddress(address), environment);
}

export async function openCard(
  { pointer, passphrase }: Pick<JoinedHome, 'pointer' | 'passphrase'>,
  { disk, random }: Pick<Surroundings, 'disk' | 'random'>,
): Promise<CardFiles> {
  const card = await CardFolder.open({ disk, random, folder: pointer.card }, await passphrase());
  return new CardFiles(card, { networkId: pointer.networkId, service: 'custody' });
}
