// Everything needed to read what is stored: the packs, where chunks are, folders and snapshots. Opened once
// per command.
import { must, type PackId, type PackIds } from '@kura/base';
import type { ReaderKeys } from '@kura/member-seal';
import type { AgentContext } from '../context.ts';
import type { ChunkTable } from '../index/chunk-table.ts';
import { loadChunkTables } from '../index/load-index.ts';
import { PackCatalogue } from '../index/pack-catalogue.ts';
import { strengthOf } from '../index/strength.ts';
import { SnapshotStore } from '../snapshots/snapshot-store.ts';
import { ChunkReader } from './chunk-reader.ts';
import { type CopyFault, CopyFetcher } from './copy-fetcher.ts';
import { ONE_LANE } from './copy-order.ts';
import { isLoss } from './losses.ts';
import { PackOpener } from './pack-opener.ts';
import { sourceOf } from './read-ahead.ts';
import { storeCities } from './store-cities.ts';
import { TreeReader } from './tree-reader.ts';

export interface ReadingOptions {
  /** For saving, only chunks in packs at strength count; for reading, all that are known. */
  readonly purpose: 'save' | 'read';
  /** Of the lock that the context's keys are of; default, none (docs/design/locks.md). */
  readonly lock?: PackIds;
  readonly onFault?: (fault: CopyFault) => void;
  readonly onRebuilt?: (done: number, total: number) => void;
  readonly onUnreadable?: (packId: PackId, error: unknown) => void;
}

export interface Reading {
  readonly keys: ReaderKeys;
  readonly catalogue: PackCatalogue;
  /** What some packs hold is not known, for their stores are away. */
  readonly isPartlyAway: boolean;
  /** For saving, what may be used again; `chunks` reads also what is below strength. */
  readonly table: ChunkTable;
  readonly fetcher: CopyFetcher;
  readonly opener: PackOpener;
  readonly chunks: ChunkReader;
  readonly trees: TreeReader;
  readonly snapshots: SnapshotStore;
  close(): void;
}

export async function openReading(
  context: AgentContext,
  options: ReadingOptions,
): Promise<Reading> {
  const { coordinator, native, shape, disk, home, keys, network, random } = context;
  const { bulk } = native;
  const { onFault, onRebuilt } = options;
  const { lanes = ONE_LANE } = context;
  const fetchers = fetchersOf({ ...context, lanes }, onFault);
  const fetcher = must(fetchers[0], 'at least one lane');
  const local = { disk, folder: home.packFolder };
  const open = { keys, bulk, shape, local };
  const opener = new PackOpener({ ...open, fetcher: sourceOf(fetchers, shape, lanes) });
  const closeAll = (): void => {
    for (const one of fetchers) one.close();
  };
  const catalogue = await PackCatalogue.load(
    coordinator,
    strengthOf(network, context.clock.nowMs()),
  );
  const isSaving = options.purpose === 'save';
  let isPartlyAway = false;
  const { usable, readable } = await loadChunkTables({
    access: { disk, folder: home.indexFolder, localKey: keys.localKey, random },
    catalogue,
    lock: options.lock,
    mayUse: (entry) => !isSaving || entry.isStrong,
    openers:
      fetchers.length === 1
        ? [opener]
        : fetchers.map((one) => new PackOpener({ ...open, fetcher: one })),
    onUnreadable: (packId, error) => {
      isPartlyAway ||= !isLoss(error);
      options.onUnreadable?.(packId, error);
    },
    ...(onRebuilt === undefined ? {} : { onRebuilt }),
  }).catch((error: unknown) => {
    closeAll();
    throw error;
  });
  const chunks = new ChunkReader({
    table: readable,
    packByNumber: (number) => catalogue.byNumber(number).row,
    opener,
    chunkIdKeys: keys.chunkIdKeys,
    bulk,
    isPartlyAway,
  });
  return {
    ...{ keys, catalogue },
    isPartlyAway,
    table: usable,
    fetcher,
    opener,
    chunks,
    trees: new TreeReader(chunks),
    snapshots: new SnapshotStore({ coordinator, opener, keys, bulk }),
    close: () => {
      chunks.close();
      closeAll();
    },
  };
}

/** One for each lane. */
function fetchersOf(
  context: AgentContext & Required<Pick<AgentContext, 'lanes'>>,
  onFault: ReadingOptions['onFault'],
): CopyFetcher[] {
  const { stores, copyKeys, native, shape, network, elsewhere, lanes } = context;
  const fetching = {
    ...{ stores, copyKeys, shape, bulk: native.bulk, cityOf: storeCities(network) },
    ...(onFault === undefined ? {} : { onFault }),
    ...(elsewhere === undefined ? {} : { elsewhere }),
  };
  return Array.from(
    { length: lanes.count },
    (_, lane) => new CopyFetcher({ ...fetching, order: lanes.order(lane) }),
  );
}
