// Leaves of a copy on their way out of a store: whole windows of a copy that is there, or no answer.
import type { AlarmClock, CopyId, NetworkShape } from '@kura/base';
import type { StoreReader } from '@kura/contract';
import type { PagePool } from '@kura/native';
import type { BodySource } from '@kura/wire/body.ts';
import { leavesPerPiece, type ReadingSlot, sendLeaves } from '@kura/wire/leaf-stream.ts';
import { checkWindows, type LeafRange } from '../shelf/fetch.ts';

export interface LeafReading extends LeafRange {
  readonly store: StoreReader;
  readonly shape: NetworkShape;
  readonly copyId: CopyId;
  readonly signal: AbortSignal;
  readonly slot: ReadingSlot;
  readonly pool: PagePool;
  readonly clock: AlarmClock;
}

/** Throws `usage` unless the range is whole windows of the copy, and what the store throws. */
export async function leafStream(reading: LeafReading): Promise<BodySource> {
  const { store, shape, copyId, firstLeaf, leafCount, signal, slot, pool, clock } = reading;
  try {
    // Of a single piece the store says so itself, and its table need not be read for it.
    if (leafCount > leavesPerPiece(shape)) {
      checkWindows(shape, (await store.stat(copyId)).leafCount, reading);
    }
  } catch (error) {
    slot.giveBack();
    throw error;
  }
  return sendLeaves({
    ...{ shape, firstLeaf, leafCount, signal, slot, pool, clock },
    fetch: (first, count, into) => store.fetch(copyId, first, count, into, signal),
  });
}
