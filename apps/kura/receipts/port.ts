// What the commands of receipts ask, whoever has the answer: tables in this process, a coordinator, or a card.
import type { SnapshotId } from '@kura/base';
import type { Receipt, WitnessPolicy } from '@kura/log';

export interface KeptReceipt {
  /** Of the receipt of a snapshot; undefined for any other event of custody. */
  readonly snapshotId: SnapshotId | undefined;
  readonly receipt: Receipt;
}

export interface ReceiptsPort {
  /** Whom this home believes: pinned when it joined, and never taken from a receipt. */
  policy(): Promise<WitnessPolicy>;
  /** Of these snapshots; one that has none is left out. */
  ofSnapshots(ids: readonly SnapshotId[]): AsyncIterable<KeptReceipt>;
  /** Every other event, in the order of the member's chain. */
  ofEvents(): AsyncIterable<KeptReceipt>;
}
