// The signed record of a snapshot: JSON under the two signatures of `signed-record.ts`. Nothing of a
// record is looked at before both hold; every field is checked after.
import { createHash } from 'node:crypto';
import {
  assert,
  type ByteString,
  KuraError,
  MAX_SNAPSHOT_BYTES,
  type Random,
  type SnapshotId,
  snapshotId,
  toHex,
  utf8,
} from '@kura/base';
import { type DeviceKey, deviceIdOf } from '@kura/member-seal';
import {
  openRecord,
  RECORD_FRAME_BYTES,
  type RecordForm,
  refuseRecord,
  signRecord,
} from './signed-record.ts';
import { bodyOf, parseBody } from './snapshot-body.ts';
import type { Snapshot } from './types.ts';

const FORM: RecordForm = {
  noun: 'snapshot',
  domain: utf8('kura/1 snapshot\n'),
  maxBytes: MAX_SNAPSHOT_BYTES,
};
const MAX_BODY_BYTES = MAX_SNAPSHOT_BYTES - RECORD_FRAME_BYTES;
const NONCE_BYTES = 16;
/** Names of unreadable files: the first ones, as far as they fit; the count is in the journal. */
const MAX_SKIPPED = 1000;
const MAX_SKIPPED_BYTES = 128 * 1024;

export interface SnapshotRequest {
  readonly snapshot: Snapshot;
  readonly device: DeviceKey;
  readonly random: Random;
}

export interface EncodedSnapshot {
  readonly record: Uint8Array;
  readonly snapshotId: SnapshotId;
}

/** Throws `too_large` if paths and tags do not fit a record. Keeps of `skipped` what fits. */
export function encodeSnapshot({ snapshot, device, random }: SnapshotRequest): EncodedSnapshot {
  assert(snapshot.device === device.deviceId, "a snapshot in another device's name");
  const skipped = boundSkipped(snapshot.skipped);
  const body = bodyOf({ ...snapshot, skipped }, toHex(random.bytes(NONCE_BYTES)));
  if (body.length > MAX_BODY_BYTES) {
    throw new KuraError('too_large', 'the paths and tags of the snapshot exceed 1 MiB', {
      guidance: 'Name a common folder instead of every path in it.',
    });
  }
  checkReadable(body);
  const record = signRecord(FORM, body, device);
  return { record, snapshotId: snapshotIdOf(record) };
}

export interface SnapshotInput {
  readonly record: Uint8Array;
  /** The member's owner key: who may certify devices. */
  readonly ownerKey: Uint8Array;
}

export interface DecodedSnapshot {
  readonly snapshot: Snapshot;
  readonly snapshotId: SnapshotId;
  readonly deviceKey: Uint8Array;
}

/** Throws `refused` for signatures, `unsupported` for a newer version, else `corrupt`. */
export function decodeSnapshot({ record, ownerKey }: SnapshotInput): DecodedSnapshot {
  const { body, deviceKey } = openRecord(FORM, record, ownerKey);
  const snapshot = parseBody(body);
  if (snapshot.device !== deviceIdOf(deviceKey)) {
    refuseRecord(FORM, 'it speaks in the name of another device');
  }
  return { snapshot, snapshotId: snapshotIdOf(record), deviceKey };
}

export function snapshotIdOf(record: Uint8Array): SnapshotId {
  return snapshotId(createHash('sha256').update(record).digest('hex'));
}

/** Whatever a reader would refuse is not written. */
function checkReadable(body: Uint8Array): void {
  try {
    parseBody(body);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KuraError('usage', `a snapshot like this cannot be saved: ${why}`, { cause });
  }
}

function boundSkipped(names: readonly ByteString[]): ByteString[] {
  const kept: ByteString[] = [];
  let bytes = 0;
  for (const name of names.slice(0, MAX_SKIPPED)) {
    bytes += name.length;
    if (bytes > MAX_SKIPPED_BYTES) break;
    kept.push(name);
  }
  return kept;
}
