// A snapshot in custody: what a receipt says of it, in whichever form the receipt is.
import type { SnapshotId } from '@kura/base';
import type { BodyFields } from './body-fields.ts';
import { parseHolders, type ReceiptStore } from './holders.ts';

export interface AcceptedSubject {
  readonly snapshotId: SnapshotId;
  /** The device's head before this one; null for its first. */
  readonly predecessor: SnapshotId | null;
  /** The device that signed the snapshot: its public key, hex. */
  readonly deviceKey: string;
  readonly packCount: number;
  /** Head over the sorted ids of the packs that the snapshot needs, hex. */
  readonly packSetRoot: string;
  /** Ascending by store id. */
  readonly stores: readonly ReceiptStore[];
}

export const ACCEPTED_FIELDS = [
  'snapshotId',
  'predecessor',
  'deviceKey',
  'packCount',
  'packSetRoot',
  'stores',
] as const satisfies readonly (keyof AcceptedSubject)[];

export function readAccepted(fields: BodyFields, noun: string): AcceptedSubject {
  return {
    snapshotId: fields.hex('snapshotId', 32) as SnapshotId,
    predecessor: fields.hexOrNull('predecessor', 32) as SnapshotId | null,
    deviceKey: fields.hex('deviceKey', 32),
    packCount: fields.count('packCount'),
    packSetRoot: fields.hex('packSetRoot', 32),
    stores: parseHolders(fields.list('stores'), noun),
  };
}
