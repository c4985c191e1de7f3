// Packs of an embedded network, page by page, each copy with what its store has signed. What is there already is
// passed over by the network, so whoever was killed begins again from the first page.
import { KuraError, type PackId, type SessionId, type StoreId } from '@kura/base';
import type { NetworkDescription } from '@kura/contract';
import type {
  BroughtCopy,
  BroughtPack,
  OldNetwork,
  OldPack,
  TakingCoordinator,
} from './old-network.ts';

/** Of one call. */
const PAGE_PACKS = 500;

export interface BringPacks {
  readonly old: OldNetwork;
  readonly taking: TakingCoordinator;
  /** As it takes over. */
  readonly network: NetworkDescription;
  readonly session: SessionId;
  readonly onProgress: (packs: number) => void;
}

export interface BroughtPacks {
  readonly packs: number;
  readonly copies: number;
}

/** Throws `too_few_stores` if stores that packs need are not in the network, `busy` in the middle of a prune. */
export async function bringPacks(options: BringPacks): Promise<BroughtPacks> {
  const { old, taking, session, onProgress } = options;
  const known = new Set(options.network.stores.map(({ identity }) => identity.storeId));
  let packs = 0;
  let copies = 0;
  let after: PackId | undefined;
  for (;;) {
    const page = await old.acknowledgedPacks({ after, limit: PAGE_PACKS });
    const brought: BroughtPack[] = [];
    for (const pack of page) brought.push(await bring(pack, options, known));
    if (brought.length > 0) await taking.adoptPacks(session, brought);
    packs += brought.length;
    copies += brought.reduce((sum, pack) => sum + pack.copies.length, 0);
    onProgress(packs);
    after = page.at(-1)?.packId;
    if (page.length < PAGE_PACKS || after === undefined) return { packs, copies };
  }
}

async function bring(
  pack: OldPack,
  { old, network }: BringPacks,
  known: ReadonlySet<StoreId>,
): Promise<BroughtPack> {
  if (pack.state === 'destroying') {
    throw new KuraError('busy', 'a prune of the embedded network has not ended', {
      guidance: 'End it first: kura prune',
    });
  }
  const there = pack.copies.filter(({ storeId }) => known.has(storeId));
  if (there.length < network.copies) throw tooFew(pack, old, { known, wanted: network.copies });
  const copies: BroughtCopy[] = [];
  for (const copy of there) {
    const { storeId, copyId, reason } = copy;
    const acknowledgement = copy.acknowledgement ?? (await signAnew(old, storeId, copyId));
    copies.push({ acknowledgement, reason });
  }
  return { packId: pack.packId, leafCount: pack.leafCount, copies };
}

/** The shelf reads the whole copy first. */
function signAnew(
  { stores }: OldNetwork,
  storeId: StoreId,
  copyId: OldPack['copies'][number]['copyId'],
): Promise<BroughtCopy['acknowledgement']> {
  const shelf = stores.get(storeId);
  if (shelf !== undefined) return shelf.acknowledge(copyId);
  throw new KuraError('unreachable', `store ${storeId} has to sign for a copy, and is away`);
}

function tooFew(
  pack: OldPack,
  old: OldNetwork,
  { known, wanted }: { readonly known: ReadonlySet<StoreId>; readonly wanted: number },
): KuraError {
  const missing = pack.copies.filter(({ storeId }) => !known.has(storeId));
  const folders = missing.map(({ storeId }) => folderOf(storeId, old));
  const [first] = folders;
  const why = `pack ${pack.packId} has ${pack.copies.length} copies, ${wanted} are wanted`;
  if (first === undefined) {
    return new KuraError('too_few_stores', why, {
      guidance: 'Bring it to strength first: kura check --repair',
    });
  }
  return new KuraError('too_few_stores', `${why}, and ${first} is not in the network yet`, {
    guidance: 'Enrol and admit that store, then run the same command again.',
    context: { folders: folders.join(', ') },
  });
}

function folderOf(storeId: StoreId, { network }: OldNetwork): string {
  const store = network.stores.find(({ identity }) => identity.storeId === storeId);
  return store?.location ?? storeId;
}
