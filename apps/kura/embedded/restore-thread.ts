// The program of a restore's thread: reads contents straight from the stores and writes files.
import { ChunkTable, type ChunkTableMemory } from '@kura/agent/index/chunk-table.ts';
import { ChunkReader } from '@kura/agent/read/chunk-reader.ts';
import { contentSource } from '@kura/agent/read/content-source.ts';
import { CopyFetcher, type Elsewhere } from '@kura/agent/read/copy-fetcher.ts';
import { copyOrder, type OrderChoice, type ReadingLanes } from '@kura/agent/read/copy-order.ts';
import { PackOpener } from '@kura/agent/read/pack-opener.ts';
import { sourceOf } from '@kura/agent/read/read-ahead.ts';
import { storeCities } from '@kura/agent/read/store-cities.ts';
import { TreeReader } from '@kura/agent/read/tree-reader.ts';
import type { FileBatch, WriterPlace } from '@kura/agent/restore/file-batch.ts';
import { FileWriter } from '@kura/agent/restore/file-writer.ts';
import { must, type StoreId } from '@kura/base';
import type { NetworkDescription, PackRow, StoreReader } from '@kura/contract';
import type { MemberKeys } from '@kura/member-seal';
import type { ReadersWay } from '../network/network-readers.ts';
import { realSurroundings, type Surroundings } from './surroundings.ts';
import { threadServer } from './thread-server.ts';

/** How copies are read. Plain data. */
export type ReadingWay = { readonly kind: 'embedded' } | ReadersWay;

/** Plain data: all that a writer needs to know. */
export interface WriterBlueprint {
  readonly way: ReadingWay;
  /** Which stores the person wants. */
  readonly choice: OrderChoice;
  /** Over a line: how much this thread reads at once. */
  readonly laneCount: number;
  readonly homeFolder: string;
  readonly network: NetworkDescription;
  readonly keys: Pick<MemberKeys, 'epoch' | 'publicKeys' | 'privateKeys' | 'chunkIdKeys'>;
  readonly copyKeys: ReadonlyMap<StoreId, Uint8Array>;
  readonly table: ChunkTableMemory;
  readonly packs: readonly PackRow[];
  /** As of the reading that the table is of. */
  readonly isPartlyAway: boolean;
  readonly place: WriterPlace;
}

let writer: FileWriter | undefined;
let atEnd: (() => Promise<void>) | undefined;

async function begin(blueprint: WriterBlueprint): Promise<void> {
  const { network, keys, copyKeys, table, packs, isPartlyAway, place } = blueprint;
  const surroundings = realSurroundings();
  const { bulk, posix } = surroundings.native;
  const { shape } = network;
  const { remember, lanes, ...reading } = await readersOf(blueprint, surroundings);
  atEnd = remember;
  const open = { ...reading, copyKeys, bulk, shape, cityOf: storeCities(network) };
  const fetchers = Array.from(
    { length: lanes.count },
    (_, lane) => new CopyFetcher({ ...open, order: lanes.order(lane) }),
  );
  const fetcher = sourceOf(fetchers, shape, lanes);
  const opener = new PackOpener({ fetcher, keys, bulk, shape, local: undefined });
  const chunks = new ChunkReader({
    table: new ChunkTable(table),
    packByNumber: (number) => must(packs[number], 'a pack number out of range'),
    opener,
    chunkIdKeys: keys.chunkIdKeys,
    bulk,
    isPartlyAway,
  });
  const content = contentSource({ chunks, trees: new TreeReader(chunks) });
  writer = new FileWriter({ posix, content, place });
}

interface Readers {
  readonly stores: ReadonlyMap<StoreId, StoreReader>;
  readonly lanes: ReadingLanes;
  readonly elsewhere?: Elsewhere;
  readonly remember: () => Promise<void>;
}

async function readersOf(
  { network, way, choice, laneCount, homeFolder }: WriterBlueprint,
  surroundings: Surroundings,
): Promise<Readers> {
  if (way.kind !== 'embedded') {
    const { networkReaders } = await import('../network/network-readers.ts');
    const { shape } = network;
    const { disk, native } = surroundings;
    return await networkReaders(way, { shape, choice, laneCount, homeFolder, disk, native });
  }
  // A thread that reads over a line never pays for the code of shelves.
  const { openStores } = await import('./stores.ts');
  const order = copyOrder(choice, { random: surroundings.random });
  return {
    stores: openStores(network, surroundings).shelves,
    lanes: { count: 1, order: () => order },
    remember: async () => undefined,
  };
}

threadServer<never>().serve({
  begin: (blueprint: WriterBlueprint) => begin(blueprint),
  write: (batch: FileBatch) => must(writer, 'a writer is begun before it works').write(batch),
  close: async () => {
    await writer?.close();
    await atEnd?.();
  },
});
