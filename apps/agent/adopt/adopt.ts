// Brings an embedded network into one of programs (docs/design/adoption.md, steps 4 to 7): keys, packs, snapshots,
// and a look at a sample through the network that has them now. Each step may be repeated; nothing is removed
// anywhere.
import { KuraError, must, type NetworkShape } from '@kura/base';
import type { NetworkDescription } from '@kura/contract';
import { withinSession } from '../within-session.ts';
import { bringPacks } from './bring-packs.ts';
import { bringSnapshots } from './bring-snapshots.ts';
import type { OldNetwork, TakingCoordinator } from './old-network.ts';

export interface AdoptOptions {
  readonly old: OldNetwork;
  readonly taking: TakingCoordinator;
  readonly onProgress: (packs: number) => void;
}

export interface AdoptSummary {
  /** Stores that are in both networks. */
  readonly stores: number;
  readonly packs: number;
  readonly copies: number;
  /** Those that were not there before. */
  readonly snapshots: number;
}

/** Throws `too_few_stores`, `busy`, `unsupported`, `already_exists`, or what the contract refuses. */
export async function adoptNetwork(options: AdoptOptions): Promise<AdoptSummary> {
  const { old, taking, onProgress } = options;
  const network = await taking.describe();
  checkShape(old.shape, network.shape);
  const stores = await adoptStores(options, network);
  return await withinSession(taking, 'backup', async (session) => {
    const packs = await bringPacks({ old, taking, network, session, onProgress });
    const snapshots = await bringSnapshots({ old, taking, session });
    return { stores, ...packs, snapshots };
  });
}

async function adoptStores(
  { old, taking }: AdoptOptions,
  { stores }: NetworkDescription,
): Promise<number> {
  const known = new Set(stores.map(({ identity }) => identity.storeId));
  const both = old.network.stores.filter(({ identity }) => known.has(identity.storeId));
  for (const { identity } of both) {
    const { storeId } = identity;
    await taking.adoptStore(storeId, must(old.copyKeys.get(storeId), 'a store has a key'));
  }
  return both.length;
}

function checkShape(old: NetworkShape, taking: NetworkShape): void {
  if (JSON.stringify(old) === JSON.stringify(taking)) return;
  throw new KuraError('unsupported', 'the network has packs of another shape than this one', {
    guidance: 'Save anew there: what is in one shape of packs cannot be taken over by another.',
  });
}
