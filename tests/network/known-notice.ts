// For tests that cannot wait for thirty days: as if a store had known a notice of closing for so much longer, by the
// store's own code, on the files of its state.
import { systemRandom as random, type StoreId } from '@kura/base';
import { nodeDisk } from '@kura/native';
import { ClosingBook } from '@kura/store/closing/closing-book.ts';
import { FiledClosings } from '@kura/store/closing/closing-files.ts';
import { StateFolder } from '@kura/store/daemon/state-folder.ts';

export interface KnownNotice {
  /** State of the store's program. */
  readonly state: string;
  readonly storeId: StoreId;
  readonly coordinatorKey: Uint8Array;
  readonly ownerKey: Uint8Array;
  readonly notice: Uint8Array;
  readonly heldMs: number;
  readonly nowMs: number;
}

export async function knowNotice(known: KnownNotice): Promise<void> {
  const { state, storeId, coordinatorKey, ownerKey, notice, heldMs, nowMs } = known;
  const { place, closings } = await StateFolder.open(nodeDisk, state, { random, nowMs });
  let passedMs = 0;
  const book = new ClosingBook(new FiledClosings(place, closings), {
    nowMs: () => nowMs + passedMs,
    elapsedMs: () => passedMs,
  });
  const authority = { storeId, coordinatorKey, ownerKeyOf: () => ownerKey };
  await book.hear(notice, authority);
  passedMs = heldMs;
  await book.hear(notice, authority);
}
