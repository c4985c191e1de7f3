// Builds one line of work: the agent's line, and behind its sink the gateway and the stores of this process, or
// the way to a network of others. The same for a thread and for a line without one. Modules are imported one by one:
// a thread should load what it needs and nothing else.
import { PackLine } from '@kura/agent/backup/line/pack-line.ts';
import { packTee } from '@kura/agent/backup/line/pack-tee.ts';
import type { FinishedPack } from '@kura/agent/backup/line/tasks.ts';
import { homePaths } from '@kura/agent/home.ts';
import { ChunkTable, type ChunkTableMemory } from '@kura/agent/index/chunk-table.ts';
import type { SpeedTable } from '@kura/agent/line-speed/line-speed.ts';
import type { NetworkAccess } from '@kura/agent/network/access.ts';
import type { SessionId, StoreId } from '@kura/base';
import type { HangUp, NetworkDescription, PackSink } from '@kura/contract';
import type { LetterKeys } from '@kura/copy-seal';
import type { SavingKeys } from '@kura/member-seal';
import { loadNative } from '@kura/native';
import type { KnownCopies } from '../network/network-line.ts';
import type { Surroundings } from './surroundings.ts';

/** How a line's packs reach the stores. Plain data. */
export type LineWay =
  | { readonly kind: 'embedded'; readonly networkSecret: Uint8Array }
  | {
      readonly kind: 'service';
      readonly access: NetworkAccess;
      /** By which the largest size of packs follows from the line's speed (C8). */
      readonly packSizes: SpeedTable;
      /** The device's own, for when it is called back. */
      readonly deviceSeed: Uint8Array;
      /** For the keys of a store that joins meanwhile. */
      readonly letterKeys: LetterKeys;
    };

/** Plain data: all that a line needs to know. */
export interface LineBlueprint {
  readonly homeFolder: string;
  readonly session: SessionId;
  readonly hangUp: HangUp;
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

export async function buildLine(
  blueprint: LineBlueprint,
  callbacks: LineCallbacks,
  surroundings: Surroundings,
): Promise<PackLine> {
  const { network, keys } = blueprint;
  const { disk, random, native } = surroundings;
  const copies = {
    identities: new Map(
      network.stores.map(({ identity }) => [identity.storeId, identity] as const),
    ),
    copyKeys: new Map(blueprint.copyKeys),
  };
  const marked = new Set(blueprint.markedPacks);
  return new PackLine({
    shape: network.shape,
    native,
    checkingNative: loadNative('twin'),
    keys,
    random,
    table: new ChunkTable(blueprint.table),
    ...(await wayOf(blueprint, copies, surroundings)),
    copies,
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

/** Its code, for which nothing but the kind has to be known. */
export async function loadWay(kind: LineWay['kind']): Promise<void> {
  await (kind === 'service' ? import('../network/network-line.ts') : import('./folder-line.ts'));
}

async function wayOf(
  { network, way, homeFolder, session, hangUp }: LineBlueprint,
  known: KnownCopies,
  surroundings: Surroundings,
): Promise<{ readonly sink: PackSink; readonly maxLeaves?: () => number }> {
  if (way.kind === 'service') {
    const { networkLine } = await import('../network/network-line.ts');
    const { disk } = surroundings;
    const { shape } = network;
    const { access, ...rest } = way;
    return networkLine(access, { shape, session, hangUp, known, homeFolder, disk, ...rest });
  }
  const { folderLine } = await import('./folder-line.ts');
  return { sink: folderLine(network, way.networkSecret, surroundings) };
}
