// Leaves of a copy on their way out of a store, with its table before them if that is wanted: whole windows of a copy
// that is there, or no answer.
import type { AlarmClock, CopyId, NetworkShape } from '@kura/base';
import type { StoreReader } from '@kura/contract';
import { encodeCopyTable } from '@kura/contract/wire/copy-table.ts';
import type { PagePool } from '@kura/native';
import type { BodySource } from '@kura/wire/body.ts';
import { leavesPerPiece, type ReadingSlot, sendLeaves } from '@kura/wire/leaf-stream.ts';
import { checkWindows, type LeafRange } from '../shelf/fetch.ts';

export interface LeafReading extends LeafRange {
  readonly store: StoreReader;
  readonly shape: NetworkShape;
  readonly copyId: CopyId;
  readonly withTable?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly slot: ReadingSlot;
  readonly pool: PagePool;
  readonly clock: AlarmClock;
}

/** Throws `usage` unless the range is whole windows of the copy, and what the store throws. */
export async function leafStream(reading: LeafReading): Promise<BodySource> {
  const { store, shape, copyId, firstLeaf, leafCount, signal, slot, pool, clock } = reading;
  const { withTable = false } = reading;
  let lead: Uint8Array | undefined;
  try {
    // Of a single piece the store says so itself, and its table need not be read for it.
    if (withTable || leafCount > leavesPerPiece(shape)) {
      const stat = await store.stat(copyId);
      checkWindows(shape, stat.leafCount, reading);
      lead = withTable ? encodeCopyTable(stat) : undefined;
    }
  } catch (error) {
    slot.giveBack();
    throw error;
  }
  return sendLeaves({
    ...{ shape, firstLeaf, leafCount, lead, signal, slot, pool, clock },
    fetch: (first, count, into) => store.fetch(copyId, first, count, into, signal),
  });
}
