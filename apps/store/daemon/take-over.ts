// A shelf that obeys another coordinator becomes one of this network's, if that coordinator has handed it over: the
// folder of an embedded network that its owner brings along (docs/design/adoption.md). Its id, its key, its cipher
// and its copies stay as they are.
import { asKuraError, equalBytes, KuraError } from '@kura/base';
import { HANDOVER_BYTES, openHandover } from '@kura/contract';
import { encodeRecord, type ShelfRecord } from '../identity.ts';
import { readShelf } from '../presence.ts';
import { replaceDurably } from '../shelf/durable-write.ts';
import { shelfPaths } from '../shelf/layout.ts';
import { systemProcesses } from '../shelf/sweep.ts';
import { readSmallFile } from '../small-file.ts';
import type { StoreSurroundings } from './surroundings.ts';

/** The record of the shelf in `folder`, which obeys `coordinatorKey` now. Throws `refused` unless it may. */
export async function takeOverShelf(
  folder: string,
  coordinatorKey: Uint8Array,
  { disk, random }: Pick<StoreSurroundings, 'disk' | 'random'>,
): Promise<ShelfRecord> {
  const record = readShelf(disk, folder);
  if (equalBytes(record.coordinatorKey, coordinatorKey)) return record;
  const { storeId } = record.identity;
  const paths = shelfPaths(folder);
  const signed = readSmallFile(disk, paths.handover, HANDOVER_BYTES);
  if (signed === undefined) {
    throw new KuraError('refused', `the shelf of store ${storeId} is another's`, {
      guidance:
        'It obeys another network. Choose an empty folder, or let its owner hand it over: kura adopt',
    });
  }
  openHandover(signed, { from: record.coordinatorKey, to: coordinatorKey, storeId });
  const taken = { ...record, coordinatorKey };
  try {
    const place = { disk, incoming: paths.incoming, processId: systemProcesses.id, random };
    await replaceDurably(place, { path: paths.record, bytes: encodeRecord(taken) });
  } catch (error) {
    throw asKuraError(error, `the shelf in ${folder} could not be taken over`);
  }
  return taken;
}
