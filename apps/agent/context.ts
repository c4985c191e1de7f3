// What the work of an agent needs from its surroundings. Functions take the narrowest part of it.
import type { Clock, Disk, NetworkShape, Random, StoreId } from '@kura/base';
import type { CoordinatorPort, NetworkDescription, StoreReader } from '@kura/contract';
import type { DeviceKey, MemberKeys, ReaderKeys } from '@kura/member-seal';
import type { Native } from '@kura/native';
import type { HistoryMemory } from './heads/history-memory.ts';
import type { HomePaths } from './home.ts';
import type { Elsewhere } from './read/copy-fetcher.ts';
import type { ReadingLanes } from './read/copy-order.ts';

export interface AgentContext {
  readonly home: HomePaths;
  readonly keys: ReaderKeys;
  readonly network: NetworkDescription;
  readonly coordinator: CoordinatorPort;
  /** What this device, and its card, know of the history. */
  readonly history: HistoryMemory;
  /** Only stores that answer, and only to be read: what is written goes through the sink of a line. */
  readonly stores: ReadonlyMap<StoreId, StoreReader>;
  /** One key per store: takes off the outer cipher (docs/design/format.md, Copy). */
  readonly copyKeys: ReadonlyMap<StoreId, Uint8Array>;
  /** How much is read at once, and in which order copies are tried; default, one after the other, as recorded. */
  readonly lanes?: ReadingLanes;
  /** Where else a pack may lie that no recorded copy gives; default, nowhere. */
  readonly elsewhere?: Elsewhere;
  readonly native: Native;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly shape: NetworkShape;
}

/** Of whoever may also save, sign and remove: not of a card for reading only. */
export interface OwnContext extends AgentContext {
  readonly keys: MemberKeys;
  readonly device: DeviceKey;
}
