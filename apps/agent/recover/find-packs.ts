// Which packs lie on a store, found with the member's keys alone: takes the outer cipher off the first leaf of
// each copy and asks the pack who it is. Copies of others, and damaged ones, are passed over and counted.
import {
  type ErrorCode,
  KuraError,
  type NetworkShape,
  type PackId,
  type StoreId,
} from '@kura/base';
import type { StoreKeeperPort } from '@kura/contract';
import {
  type CopyCipher,
  checkLeafTable,
  copyIdOf,
  openCopyCipher,
  suiteOf,
  verifyLeaves,
} from '@kura/copy-seal';
import { type EnvelopeCache, openHeader } from '@kura/format';
import type { MemberKeys } from '@kura/member-seal';
import type { Native } from '@kura/native';

export interface FoundCopy {
  readonly packId: PackId;
  readonly storeId: StoreId;
  readonly copyId: ReturnType<typeof copyIdOf>;
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
  for (const copyId of store.enumerate()) {
    const found = await identify(copyId, options);
    if (found === undefined) onPassedOver();
    else yield found;
  }
}

const NOT_OURS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'missing',
  'corrupt',
  'refused',
  'unsupported',
]);

async function identify(
  copyId: FoundCopy['copyId'],
  options: FindPacksOptions,
): Promise<FoundCopy | undefined> {
  const { store, copyKey, keys, native, shape, envelopes } = options;
  const { bulk } = native;
  let cipher: CopyCipher | undefined;
  try {
    const { leafCount, root, leafHashes } = await store.stat(copyId);
    const window = new Uint8Array(shape.windowLeaves * shape.leafBytes);
    await store.fetch(copyId, 0, shape.windowLeaves, window);
    const leaf = { bulk, leafHashes, firstLeaf: 0, bytes: window, leafBytes: shape.leafBytes };
    if (!checkLeafTable(leafHashes, root) || verifyLeaves(leaf).length > 0) return undefined;
    const suite = suiteOf(store.identity.suite);
    const { leafBytes } = shape;
    cipher = openCopyCipher({ bulk, suite, copyKey, copyId, leafBytes, direction: 'decrypt' });
    cipher.apply(0, window, window);
    const { packId } = openHeader(window, keys, envelopes);
    if (copyIdOf(copyKey, packId) !== copyId) return undefined;
    return { packId, storeId: store.identity.storeId, copyId, leafCount, root };
  } catch (error) {
    // Damaged, or another member's: not ours to read. Whatever else is wrong ends the recovery.
    if (error instanceof KuraError && NOT_OURS.has(error.code)) return undefined;
    throw error;
  } finally {
    cipher?.free();
  }
}
