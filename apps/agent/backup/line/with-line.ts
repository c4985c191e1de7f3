// One line of work beside any backup: what is written anew out of what is stored, or a record alone. It takes nothing
// from packs that a prune has marked, and so rescues none.
import { must, type SessionId } from '@kura/base';
import type { ChunkTable } from '../../index/chunk-table.ts';
import type { PackRecorder } from '../pack-recorder.ts';
import type { LineFactory } from './line-factory.ts';
import type { Line } from './tasks.ts';

export interface LinePlace {
  readonly lines: LineFactory;
  readonly session: SessionId;
  readonly table: ChunkTable;
  /** Of every pack that is finished. */
  readonly recorder: PackRecorder;
}

/** The line is aborted if the work throws; its packs are finished by the work. */
export async function withLine<Result>(
  { lines, session, table, recorder }: LinePlace,
  work: (line: Line) => Promise<Result>,
): Promise<Result> {
  const opened = await lines.open({
    session,
    table,
    markedPacks: [],
    rescue: async () => false,
    onFinished: (pack) => recorder.add(pack),
  });
  try {
    return await work(must(opened[0], 'a line of work'));
  } catch (error) {
    for (const line of opened) await line.abort();
    throw error;
  }
}
