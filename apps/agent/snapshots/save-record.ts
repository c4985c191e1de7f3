// A snapshot's record in a pack of its own, durable and recorded: where the tree is there already, or lies under a
// lock.
import { must, type PackId, type SessionId } from '@kura/base';
import { chunkIdOf } from '@kura/format';
import type { LineFactory } from '../backup/line/line-factory.ts';
import type { PackRecorder } from '../backup/pack-recorder.ts';
import type { AgentContext } from '../context.ts';
import type { ChunkTable } from '../index/chunk-table.ts';

export interface RecordPlace {
  /** With the member's keys, as every record has to be. */
  readonly context: Pick<AgentContext, 'keys' | 'native'>;
  readonly lines: LineFactory;
  readonly session: SessionId;
  readonly table: ChunkTable;
  readonly recorder: PackRecorder;
}

export async function saveRecord(record: Uint8Array, place: RecordPlace): Promise<PackId> {
  const { context, session, table, recorder } = place;
  const { keys, native } = context;
  const lines = await place.lines.open({
    session,
    table,
    markedPacks: [],
    rescue: async () => false,
    onFinished: (pack) => recorder.add(pack),
  });
  try {
    const line = must(lines[0], 'a line of work');
    const id = chunkIdOf(native.bulk, keys.chunkIdKeys, 'snapshot', record);
    const chunks = [{ id, length: record.length }];
    await line.pack({ kind: 'snapshot', plain: record, chunks });
    const packId = must(await line.finishFolders(), 'the pack of the record');
    await recorder.settled();
    return packId;
  } catch (error) {
    for (const line of lines) await line.abort();
    throw error;
  }
}
