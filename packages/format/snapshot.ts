// The signed record of a snapshot: JSON under two signatures, the owner's of the device and the
// device's of everything. Nothing of a record is looked at before both hold; every field is checked
// after.
//
// u32 length ‖ body ‖ 32 device key ‖ 64 owner's signature ‖ 64 device's signature
import { createHash } from 'node:crypto';
import {
  assert,
  ByteReader,
  type ByteString,
  concatBytes,
  KuraError,
  MAX_SNAPSHOT_BYTES,
  type Random,
  type SnapshotId,
  snapshotId,
  toHex,
  utf8,
} from '@kura/base';
import {
  type DeviceKey,
  deviceIdOf,
  SIGNATURE_BYTES,
  SIGNING_KEY_BYTES,
  signAs,
  verifyDevice,
  verifySignature,
} from '@kura/member-seal';
import { bodyOf, parseBody } from './snapshot-body.ts';
import type { Snapshot } from './types.ts';

const DOMAIN = utf8('kura/1 snapshot\n');
const LENGTH_BYTES = 4;
const SIGNED_TAIL_BYTES = SIGNING_KEY_BYTES + SIGNATURE_BYTES;
const MAX_BODY_BYTES = MAX_SNAPSHOT_BYTES - LENGTH_BYTES - SIGNED_TAIL_BYTES - SIGNATURE_BYTES;
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
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, body.length, true);
  const signed = concatBytes(length, body, device.publicKey, device.ownerSignature);
  const record = concatBytes(signed, signAs(device.seed, concatBytes(DOMAIN, signed)));
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
  const reader = new ByteReader(record, 'snapshot');
  if (record.length > MAX_SNAPSHOT_BYTES) reader.fail('it is too long');
  const length = reader.u32();
  if (length > MAX_BODY_BYTES) reader.fail('its body is too long');
  const body = reader.raw(length);
  const deviceKey = reader.raw(SIGNING_KEY_BYTES).slice();
  const ownerSignature = reader.raw(SIGNATURE_BYTES);
  const signature = reader.raw(SIGNATURE_BYTES);
  reader.end();
  if (!verifyDevice({ publicKey: deviceKey, ownerSignature, ownerKey })) {
    refuse('its device is not certified by the owner');
  }
  const message = concatBytes(DOMAIN, record.subarray(0, record.length - SIGNATURE_BYTES));
  if (!verifySignature({ publicKey: deviceKey, message, signature })) {
    refuse('it is not what its device signed');
  }
  const snapshot = parseBody(body);
  if (snapshot.device !== deviceIdOf(deviceKey)) refuse('it speaks in the name of another device');
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

function refuse(what: string): never {
  throw new KuraError('refused', `the snapshot is refused: ${what}`, {
    guidance:
      'Somebody may have made or changed it; look at the other snapshots with kura snapshots.',
  });
}
