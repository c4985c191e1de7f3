// What a verified receipt says, for a person.
import { isoTime } from '@kura/base';
import { describeRecord, headOfRecord } from './custody-record.ts';
import type { OpenedReceipt } from './receipt-verifier.ts';

export const UNWITNESSED = 'unwitnessed: not enough independent witnesses have cosigned this log';

/** A few lines: what, where, which entry of which log, and who saw it when. */
export function describeReceipt(opened: OpenedReceipt): string {
  const { receipt, record, checkpoint, cosignatures, isWitnessed } = opened;
  const stores = record.kind === 'snapshot' ? record.receipt.stores : [];
  const lines = [
    `${isoTime(headOfRecord(record).timeMs)}: ${describeRecord(record)}`,
    ...stores.map(({ copies, city, suite }) => `${copies} copies in ${city}, ${suite}`),
    `entry ${receipt.leafIndex} of the log ${checkpoint.origin}, which had ${checkpoint.size}`,
    ...cosignatures.map(({ witness, timeMs }) => `seen by ${witness.name} at ${isoTime(timeMs)}`),
  ];
  return [...lines, isWitnessed ? 'witnessed' : UNWITNESSED].join('\n');
}
