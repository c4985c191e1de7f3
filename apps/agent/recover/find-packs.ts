// Which packs lie on a store, found with the member's keys alone: takes the outer cipher off the first leaf of
// each copy and asks the pack who it is. Copies of others, and those beyond healing, are passed over and counted.
import { type CopyId, KuraError, type NetworkShape, type PackId, type StoreId } from '@kura/base';
import type { CopyStat, StoreKeeperPort } from '@kura/contract';
import { checkLeafTable, copyIdOf, openCopyCipher, suiteOf, verifyLeaves } from '@kura/copy-seal';
import { decodeHeader, type EnvelopeCache, openHeader } from '@kura/format';
import { FIRST_LOCK_EPOCH, type MemberKeys } from '@kura/member-seal';
import type { Native } from '@kura/native';
import { isHealed } from './heal.ts';

export interface FoundCopy {
  readonly packId: PackId;
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  readonly leafCount: number;
  readonly root: Uint8Array;
}

export interface FindPacksOptions {
  readonly store: StoreKeeperPort;
  readonly copyKey: Uint8Array;
  readonly keys: MemberKeys;
  readonly native: Native;
  readonly shape: NetworkShape;
  readonly envelopes: EnvelopeCache;
  readonly onPassedOver: () => void;
}

export async function* findPacks(options: FindPacksOptions): AsyncGenerator<FoundCopy> {
  const { store, onPassedOver } = options;
  for await (const copyId of store.enumerate()) {
    let found = await identify(copyId, options);
    if (found === 'damaged' && (await isHealed(store, copyId))) {
      found = await identify(copyId, options);
    }
    if (typeof found === 'string') onPassedOver();
    else yield found;
  }
}

/** damaged: not what the store took in · foreign: another member's, as far as anyone can see. */
type NoPack = 'damaged' | 'foreign';

async function identify(copyId: CopyId, options: FindPacksOptions): Promise<FoundCopy | NoPack> {
  const { store, shape, native } = options;
  const window = new Uint8Array(shape.windowLeaves * shape.leafBytes);
  try {
    const stat = await store.stat(copyId);
    await store.fetch(copyId, 0, shape.windowLeaves, window);
    const { leafHashes, root } = stat;
    const { bulk } = native;
    const { leafBytes } = shape;
    const bad = verifyLeaves({ bulk, leafHashes, firstLeaf: 0, bytes: window, leafBytes });
    if (bad.length > 0 || !checkLeafTable(leafHashes, root)) return 'damaged';
    return openedBy(stat, window, options);
  } catch (error) {
    // A medium may refuse one file and give all others; a store that went away ends the recovery.
    if (error instanceof KuraError && error.code !== 'unreachable') return 'damaged';
    throw error;
  }
}

/** What the member's keys make of the first window of a copy. */
function openedBy(
  { copyId, leafCount, root }: CopyStat,
  window: Uint8Array,
  { store, copyKey, keys, native, shape, envelopes }: FindPacksOptions,
): FoundCopy | NoPack {
  const { storeId, suite } = store.identity;
  const { leafBytes } = shape;
  const { bulk } = native;
  const cipher = openCopyCipher({
    ...{ bulk, copyKey, copyId, leafBytes },
    suite: suiteOf(suite),
    direction: 'decrypt',
  });
  try {
    cipher.apply(0, window, window);
    const packId = packIdOf(window, keys, envelopes);
    if (copyIdOf(copyKey, packId) !== copyId) return 'foreign';
    return { packId, storeId, copyId, leafCount, root };
  } catch (error) {
    if (error instanceof KuraError) return 'foreign';
    throw error;
  } finally {
    cipher.free();
  }
}

/** A pack under a lock says who it is as well; that it is this member's, the name of its copy shows. */
function packIdOf(window: Uint8Array, keys: MemberKeys, envelopes: EnvelopeCache): PackId {
  const { epoch, packId } = decodeHeader(window);
  return epoch >= FIRST_LOCK_EPOCH ? packId : openHeader(window, keys, envelopes).packId;
}
