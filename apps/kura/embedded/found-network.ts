// Founds an embedded network: the member's root, a shelf in each folder, the tables. The tables come last, so
// that a founding which was killed is no network, and can be repeated with the same passphrase.
import { homePaths } from '@kura/agent/home.ts';
import { asKuraError, type Disk, errnoOf, KuraError, must, type NetworkShape } from '@kura/base';
import type { HomeDescription, StoreIdentity, StorePlace } from '@kura/contract';
import { baseRiskOf, foundCoordinator, type StoreRegistration } from '@kura/coordinator';
import { SUITES, type SuiteName } from '@kura/copy-seal';
import {
  deriveMemberKeys,
  type MemberKeys,
  newRoot,
  type Root,
  unwrapRoot,
  type WrapCost,
  wrapRoot,
} from '@kura/member-seal';
import { foundShelf, openFolderShelf } from '@kura/store';
import { readRootFile, writeRootFile } from './home-files.ts';
import { coordinatorKey } from './secrets.ts';
import type { Surroundings } from './surroundings.ts';

export interface StoreToFound {
  /** Absolute. */
  readonly folder: string;
  readonly place: StorePlace;
}

export interface FoundNetworkOptions {
  readonly homeFolder: string;
  readonly passphrase: string;
  readonly cost: WrapCost;
  readonly shape: NetworkShape;
  readonly home: HomeDescription;
  readonly copies: number;
  readonly stores: readonly StoreToFound[];
  /** Of an existing member, who founds again after a total loss. */
  readonly root?: Root;
}

/** An embedded network removes at once: pruning is the owner's own act. */
export const REMOVAL_DELAY_MS = 0;
/** The owner of an embedded network has all its stores. */
export const OWN_LEVEL = 3;

export async function foundNetwork(
  options: FoundNetworkOptions,
  surroundings: Surroundings,
): Promise<MemberKeys> {
  const { disk, clock, random } = surroundings;
  const home = homePaths(options.homeFolder);
  refuseExisting(options, surroundings);
  for (const { folder } of options.stores) refuseNoFolder(folder, surroundings);
  disk.makeFolder(home.folder);
  const root = await rootOf(options, surroundings);
  const keys = deriveMemberKeys(root);
  const stores: StoreRegistration[] = [];
  const suites = suitesFor(options);
  for (const store of options.stores) {
    const suite = must(suites.get(store), 'every store has a suite');
    stores.push(await foundStore({ ...store, suite }, { ...options, keys }, surroundings));
  }
  const coordinator = await foundCoordinator({
    database: home.database,
    clock,
    random,
    networkSecret: keys.embeddedNetworkSecret,
    network: {
      memberId: keys.memberId,
      shape: options.shape,
      home: options.home,
      copies: options.copies,
      level: OWN_LEVEL,
      removalDelayMs: REMOVAL_DELAY_MS,
    },
    stores,
  });
  coordinator.close();
  return keys;
}

/** Fast on every machine of today; the ones behind them take fifty times as long. */
const FAST_SUITES = 3;

/**
 * The first copy goes to the store with the lowest risk, and gets the fastest suite. Suites go round, but no
 * slow one is used before it is needed for copies of one pack to differ.
 */
export function suitesFor({
  stores,
  copies,
}: Pick<FoundNetworkOptions, 'stores' | 'copies'>): ReadonlyMap<StoreToFound, SuiteName> {
  const rotation = SUITES.slice(0, Math.max(FAST_SUITES, copies));
  const byRisk = stores.toSorted((a, b) => baseRiskOf(a.place) - baseRiskOf(b.place));
  return new Map(
    byRisk.map((store, rank) => [
      store,
      must(rotation[rank % rotation.length], 'there are suites'),
    ]),
  );
}

function refuseExisting(options: FoundNetworkOptions, { disk }: Surroundings): void {
  if (disk.stat(homePaths(options.homeFolder).database) !== undefined) {
    throw new KuraError(
      'already_exists',
      `there is a Kura network in ${options.homeFolder} already`,
      {
        guidance: 'Use it, or set KURA_HOME to another folder.',
      },
    );
  }
  const folders = options.stores.map((store) => store.folder);
  if (new Set(folders).size !== folders.length) {
    throw new KuraError('usage', 'two stores have the same folder', {
      guidance: 'Give every store a folder of its own, on a disk of its own.',
    });
  }
  if (options.stores.length < options.copies) {
    const message = `${options.copies} copies need as many stores, not ${options.stores.length}`;
    throw new KuraError('too_few_stores', message, {
      guidance: 'Name more stores, or fewer copies.',
    });
  }
}

/** Before anything is written: a slip of the pen must not leave half a network. */
function refuseNoFolder(folder: string, { disk }: Surroundings): void {
  if (isFolderOrFree(folder, disk)) return;
  const message = `a store cannot be in ${folder}: that is a file or a link, or lies below a file`;
  throw new KuraError('usage', message, {
    guidance: 'Name a folder, or a path that does not exist yet.',
  });
}

/** A shelf never follows a link at its own name: whoever turns it elsewhere would swap the store. */
function isFolderOrFree(path: string, disk: Disk): boolean {
  try {
    const found = disk.stat(path);
    return found === undefined || found.kind === 'folder';
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return false;
    throw asKuraError(error, `${path} cannot be looked at`);
  }
}

/** The root of a founding that was killed is taken up again: its shelves are under it. */
async function rootOf(options: FoundNetworkOptions, surroundings: Surroundings): Promise<Root> {
  const { disk, random } = surroundings;
  const home = homePaths(options.homeFolder);
  const { passphrase, cost } = options;
  const begun = readRootFile({ disk, home });
  if (begun !== undefined && options.root === undefined) {
    return await openBegun(begun, passphrase, options.homeFolder);
  }
  const root = options.root ?? newRoot(random);
  const wrapped = await wrapRoot({ root, passphrase, cost, random });
  await writeRootFile({ disk, home, random }, wrapped);
  return root;
}

async function openBegun(begun: unknown, passphrase: string, homeFolder: string): Promise<Root> {
  try {
    return await unwrapRoot(begun, passphrase, { allowFastCost: true });
  } catch (error) {
    if (!(error instanceof KuraError && error.code === 'wrong_passphrase')) throw error;
    const message = `a network was begun in ${homeFolder} under another passphrase`;
    throw new KuraError('wrong_passphrase', message, {
      guidance: 'Give that passphrase, or set KURA_HOME to another folder.',
      cause: error,
    });
  }
}

async function foundStore(
  store: StoreToFound & { readonly suite: string },
  network: FoundNetworkOptions & { readonly keys: MemberKeys },
  surroundings: Surroundings,
): Promise<StoreRegistration> {
  const { disk } = surroundings;
  const { folder, place } = store;
  const identity =
    ownShelf(folder, network, surroundings) ??
    (await foundShelf({
      ...surroundings,
      folder,
      place,
      suite: store.suite,
      shape: network.shape,
      ownerKeys: new Map([[network.keys.memberId, network.keys.ownerKey]]),
      coordinatorKey: coordinatorKey(network.keys),
    }));
  return {
    identity,
    location: folder,
    baseRisk: baseRiskOf(identity.place),
    freeBytes: disk.freeBytes(folder),
  };
}

/** A shelf that an earlier, interrupted founding of the same member left; anything else is not ours. */
function ownShelf(
  folder: string,
  network: { readonly keys: MemberKeys; readonly shape: NetworkShape },
  surroundings: Surroundings,
): StoreIdentity | undefined {
  try {
    const shelf = openFolderShelf({ ...surroundings, folder, shape: network.shape });
    const owner = shelf.record.owners.get(network.keys.memberId);
    return owner === undefined ? undefined : shelf.identity;
  } catch (error) {
    if (error instanceof KuraError && error.code === 'unreachable') return undefined;
    throw error;
  }
}
