// Builds one line of work of an embedded network: the agent's line, and behind its sink the gateway and the
// stores of this process. The same for a thread and for a line without one. Modules are imported one by one:
// a thread should load what it needs and nothing else.
import { PackLine } from '@kura/agent/backup/line/pack-line.ts';
import { packTee } from '@kura/agent/backup/line/pack-tee.ts';
import type { FinishedPack } from '@kura/agent/backup/line/tasks.ts';
import { homePaths } from '@kura/agent/home.ts';
import { ChunkTable, type ChunkTableMemory } from '@kura/agent/index/chunk-table.ts';
import type { StoreId } from '@kura/base';
import type { NetworkDescription } from '@kura/contract';
import { createGateway, embeddedCopyKeys } from '@kura/coordinator/gateway/index.ts';
import type { SavingKeys } from '@kura/member-seal';
import { loadNative } from '@kura/native';
import { openStores } from './stores.ts';
import type { Surroundings } from './surroundings.ts';

/** How a line's packs reach the stores. Plain data. */
export type LineWay = { readonly kind: 'embedded'; readonly networkSecret: Uint8Array };

/** Plain data: all that a line needs to know. */
export interface LineBlueprint {
  readonly homeFolder: string;
  readonly network: NetworkDescription;
  readonly keys: SavingKeys;
  readonly way: LineWay;
  readonly copyKeys: ReadonlyMap<StoreId, Uint8Array>;
  readonly table: ChunkTableMemory;
  readonly markedPacks: readonly number[];
}

export interface LineCallbacks {
  readonly onFinished: (pack: FinishedPack) => void;
  readonly rescue: (packNumber: number) => Promise<boolean>;
  readonly breathe: () => Promise<void>;
}

export function buildLine(
  blueprint: LineBlueprint,
  callbacks: LineCallbacks,
  surroundings: Surroundings,
): PackLine {
  const { network, keys, way, copyKeys } = blueprint;
  const { disk, random, native } = surroundings;
  const { shelves } = openStores(network, surroundings);
  const identities = new Map(
    network.stores.map(({ identity }) => [identity.storeId, identity] as const),
  );
  const marked = new Set(blueprint.markedPacks);
  return new PackLine({
    shape: network.shape,
    native,
    checkingNative: loadNative('twin'),
    keys,
    random,
    table: new ChunkTable(blueprint.table),
    sink: createGateway({
      ...{ network, stores: shelves, native },
      keys: embeddedCopyKeys(way.networkSecret),
      hashing: 'agent',
    }),
    copies: { identities, copyKeys },
    tee: packTee({
      disk,
      folder: homePaths(blueprint.homeFolder).packFolder,
      shape: network.shape,
      bulk: native.bulk,
    }),
    isMarked: (packNumber) => marked.has(packNumber),
    ...callbacks,
    rescue: async (packNumber) => {
      const isRescued = await callbacks.rescue(packNumber);
      if (isRescued) marked.delete(packNumber);
      return isRescued;
    },
  });
}
