// How a backup comes by its lines of work: threads in the real program, objects in a simulation.
import type { SessionId } from '@kura/base';
import type { HangUp } from '@kura/contract';
import type { ChunkTable } from '../../index/chunk-table.ts';
import type { FinishedPack, Line } from './tasks.ts';

export interface LineSetup {
  /** Within which the packs are sent. */
  readonly session: SessionId;
  /** Default late: a pack is done when it has its copies. */
  readonly hangUp?: HangUp;
  readonly table: ChunkTable;
  /** Numbers of packs that prune has marked: to be rescued before use. */
  readonly markedPacks: readonly number[];
  readonly rescue: (packNumber: number) => Promise<boolean>;
  readonly onFinished: (pack: FinishedPack) => void;
}

export interface LineFactory {
  open(setup: LineSetup): Promise<readonly Line[]>;
  /** Ends threads. */
  close(): Promise<void>;
}
