// The program of a restore's thread: reads contents straight from the stores and writes files.
import { ChunkTable, type ChunkTableMemory } from '@kura/agent/index/chunk-table.ts';
import type { NetworkAccess } from '@kura/agent/network/access.ts';
import type { DescribedNetwork } from '@kura/agent/network/describe-network.ts';
import { ChunkReader } from '@kura/agent/read/chunk-reader.ts';
import { contentSource } from '@kura/agent/read/content-source.ts';
import { CopyFetcher } from '@kura/agent/read/copy-fetcher.ts';
import { PackOpener } from '@kura/agent/read/pack-opener.ts';
import { TreeReader } from '@kura/agent/read/tree-reader.ts';
import type { FileBatch, WriterPlace } from '@kura/agent/restore/file-batch.ts';
import { FileWriter } from '@kura/agent/restore/file-writer.ts';
import { must, type StoreId } from '@kura/base';
import type { NetworkDescription, PackRow, StoreReader } from '@kura/contract';
import type { MemberKeys } from '@kura/member-seal';
import { openStores } from './stores.ts';
import { realSurroundings, type Surroundings } from './surroundings.ts';
import { threadServer } from './thread-server.ts';

/** How copies are read. Plain data. */
export type ReadingWay =
  | { readonly kind: 'embedded' }
  | {
      readonly kind: 'service';
      readonly access: NetworkAccess;
      readonly described: DescribedNetwork;
    };

/** Plain data: all that a writer needs to know. */
export interface WriterBlueprint {
  readonly way: ReadingWay;
  readonly network: NetworkDescription;
  readonly keys: Pick<MemberKeys, 'epoch' | 'publicKeys' | 'privateKeys' | 'chunkIdKeys'>;
  readonly copyKeys: ReadonlyMap<StoreId, Uint8Array>;
  readonly table: ChunkTableMemory;
  readonly packs: readonly PackRow[];
  readonly place: WriterPlace;
}

let writer: FileWriter | undefined;

async function begin(blueprint: WriterBlueprint): Promise<void> {
  const { network, keys, copyKeys, table, packs, place } = blueprint;
  const surroundings = realSurroundings();
  const { bulk, posix } = surroundings.native;
  const { shape } = network;
  const stores = await readersOf(blueprint, surroundings);
  const fetcher = new CopyFetcher({ stores, copyKeys, bulk, shape });
  const opener = new PackOpener({ fetcher, keys, bulk, shape, local: undefined });
  const chunks = new ChunkReader({
    table: new ChunkTable(table),
    packByNumber: (number) => must(packs[number], 'a pack number out of range'),
    opener,
    chunkIdKeys: keys.chunkIdKeys,
    bulk,
  });
  const content = contentSource({ chunks, trees: new TreeReader(chunks) });
  writer = new FileWriter({ posix, content, place });
}

async function readersOf(
  { network, way }: WriterBlueprint,
  surroundings: Surroundings,
): Promise<ReadonlyMap<StoreId, StoreReader>> {
  if (way.kind === 'embedded') return openStores(network, surroundings).shelves;
  const { networkReaders } = await import('../network/network-readers.ts');
  return networkReaders(way.access, way.described);
}

threadServer<never>().serve({
  begin: (blueprint: WriterBlueprint) => begin(blueprint),
  write: (batch: FileBatch) => must(writer, 'a writer is begun before it works').write(batch),
  close: async () => writer?.close(),
});
