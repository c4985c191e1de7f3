// A snapshot's record in a pack of its own, durable and recorded: where the tree is there already, or lies under a
// lock.
import { must, type PackId } from '@kura/base';
import { chunkIdOf } from '@kura/format';
import { type LinePlace, withLine } from '../backup/line/with-line.ts';
import type { AgentContext } from '../context.ts';

export interface RecordPlace extends LinePlace {
  /** With the member's keys, as every record has to be. */
  readonly context: Pick<AgentContext, 'keys' | 'native'>;
}

export async function saveRecord(record: Uint8Array, place: RecordPlace): Promise<PackId> {
  const { keys, native } = place.context;
  return await withLine(place, async (line) => {
    const id = chunkIdOf(native.bulk, keys.chunkIdKeys, 'snapshot', record);
    const chunks = [{ id, length: record.length }];
    await line.pack({ kind: 'snapshot', plain: record, chunks });
    const packId = must(await line.finishFolders(), 'the pack of the record');
    await place.recorder.settled();
    return packId;
  });
}
