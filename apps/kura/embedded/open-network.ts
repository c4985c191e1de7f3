// Opens an embedded network: the passphrase gives the root, the root gives the keys, and everything an agent
// works with hangs on them. Agent, coordinator and stores share this process; they speak through their ports.
import type { OwnContext } from '@kura/agent/context.ts';
import type { LogSource } from '@kura/agent/heads/compare-log.ts';
import { HistoryMemory, homeHistory } from '@kura/agent/heads/history-memory.ts';
import { homePaths } from '@kura/agent/home.ts';
import { KuraError, type StoreId } from '@kura/base';
import type { NetworkDescription } from '@kura/contract';
import type { Coordinator } from '@kura/coordinator';
import { openCoordinator } from '@kura/coordinator/open.ts';
import { type LogKey, MerkleTree, type WitnessPolicy } from '@kura/log';
import { deriveMemberKeys, type Root, unwrapRoot } from '@kura/member-seal';
import type { FolderShelf } from '@kura/store';
import { embeddedCosigning } from './cosigning.ts';
import { deviceKey, readRootFile } from './home-files.ts';
import { copyKeys } from './secrets.ts';
import { openStores } from './stores.ts';
import type { Surroundings } from './surroundings.ts';

export interface OpenNetwork extends OwnContext {
  readonly kind: 'embedded';
  readonly coordinator: Coordinator;
  readonly log: LogKey;
  readonly logSource: LogSource;
  /** By which receipts are judged: the member's own tables say it. */
  readonly witnessPolicy: () => Promise<WitnessPolicy>;
  readonly stores: ReadonlyMap<StoreId, FolderShelf>;
  /** Why stores that are away could not be opened. */
  readonly storeFailures: ReadonlyMap<StoreId, KuraError>;
  close(): void;
}

export interface OpenNetworkOptions {
  readonly homeFolder: string;
  /** Asked for only once the network is known to be there. */
  readonly passphrase: () => Promise<string>;
  /** On its way already. */
  readonly root?: Promise<Root> | undefined;
  /** Something that the person should know and that ends nothing. */
  readonly warn: (message: string) => void;
}

export async function openNetwork(
  options: OpenNetworkOptions,
  surroundings: Surroundings,
): Promise<OpenNetwork> {
  const { disk, clock, random, native } = surroundings;
  const home = homePaths(options.homeFolder);
  const coordinator = await openCoordinator({ database: home.database, clock, random });
  try {
    const root = await (options.root ?? openRoot(options, surroundings));
    const keys = deriveMemberKeys(root);
    coordinator.unlock(keys.embeddedNetworkSecret);
    coordinator.entire.cosignWith(embeddedCosigning(coordinator.entire, options.warn));
    const described = await coordinator.describe();
    const { shelves, failures } = openStores(described, surroundings);
    await welcomeBack(coordinator, described, shelves);
    const device = await deviceKey({ disk, home, random }, keys);
    const place = (await coordinator.devicePlaces()).get(device.deviceId);
    return {
      kind: 'embedded',
      log: coordinator.charter.log,
      witnessPolicy: () => coordinator.entire.witnessPolicy(),
      logSource: ownLog(coordinator),
      home,
      keys,
      device,
      history: new HistoryMemory({
        places: [homeHistory({ disk, random, home, localKey: keys.localKey })],
        log: coordinator.charter.log.origin,
        warn: options.warn,
      }),
      network: { ...withPresence(described, shelves), device: place },
      coordinator,
      stores: shelves,
      storeFailures: failures,
      copyKeys: copyKeys(keys, described.stores),
      native,
      disk,
      clock,
      random,
      shape: described.shape,
      close: () => coordinator.close(),
    };
  } catch (error) {
    coordinator.close();
    throw error;
  }
}

/** All of it is in this process. */
function ownLog(coordinator: Coordinator): LogSource {
  return {
    checkpoint: async () => (await coordinator.log()).checkpoint,
    consistency: async (fromSize, toSize) => {
      const { size, entryHashes } = await coordinator.log();
      if (toSize > size) throw new KuraError('not_found', `the log has ${size} leaves`);
      return MerkleTree.fromEntryHashes(entryHashes).consistencyProof(fromSize, toSize);
    },
  };
}

/** The member's root, by passphrase. `wrong_passphrase`, or `no_network` if the key file is missing. */
export async function openRoot(
  options: Pick<OpenNetworkOptions, 'homeFolder' | 'passphrase'>,
  { disk }: Pick<Surroundings, 'disk'>,
): Promise<Root> {
  const wrapped = readRootFile({ disk, home: homePaths(options.homeFolder) });
  if (wrapped === undefined) {
    throw new KuraError('no_network', `there is no member's key in ${options.homeFolder}`, {
      guidance:
        'Use `kura recover` with your recovery words, or set KURA_HOME to the right folder.',
    });
  }
  return unwrapRoot(wrapped, await options.passphrase());
}

/** A store that was given up (by a repair) and answers again counts again, for whoever reads as well. */
async function welcomeBack(
  coordinator: Coordinator,
  { stores }: NetworkDescription,
  shelves: ReadonlyMap<StoreId, FolderShelf>,
): Promise<void> {
  for (const { identity, state } of stores) {
    if (state !== 'lost' || !shelves.has(identity.storeId)) continue;
    await coordinator.setStoreState(identity.storeId, 'active');
  }
}

/**
 * Notes which stores a backup misses and which it finds again: from then on the days run in which their copies still
 * count (docs/design/ordering.md, "Which copies count"). Commands that only read note nothing: they must work where
 * nothing can be written.
 */
export async function notePresence({ coordinator, stores }: OpenNetwork): Promise<void> {
  const known = await coordinator.describe();
  for (const { identity, state } of known.stores) {
    const { storeId } = identity;
    const now = stores.has(storeId) ? 'active' : 'unreachable';
    const stays = state === 'lost' || state === 'draining';
    if (!stays && state !== now) await coordinator.setStoreState(storeId, now);
  }
}

/** What the tables say, corrected by what answers now. */
function withPresence(
  network: NetworkDescription,
  shelves: ReadonlyMap<StoreId, FolderShelf>,
): NetworkDescription {
  const stores = network.stores.map((store) => {
    const { awaySinceMs, ...known } = store;
    const shelf = shelves.get(store.identity.storeId);
    if (shelf !== undefined) {
      const state = store.state === 'draining' ? ('draining' as const) : ('active' as const);
      return { ...known, state, freeBytes: shelf.freeBytes() };
    }
    const state = store.state === 'lost' ? ('lost' as const) : ('unreachable' as const);
    const away = awaySinceMs === undefined ? {} : { awaySinceMs };
    return { ...known, ...away, state, freeBytes: 0 };
  });
  return { ...network, stores };
}
