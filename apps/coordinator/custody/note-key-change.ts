// A key that a member's data hangs on is another one now: a device's, the card's, that of copies at one store. The
// member can prove later which keys the network believed, and when.
import { hash } from 'node:crypto';
import { type DeviceId, type StoreId, toHex } from '@kura/base';
import type { DeviceKind, MemberRows } from '../db/tables.ts';
import { type Noting, noteEvent } from './log-events.ts';

/** `publicKey`: of a card already a hash (db/tables.ts); undefined: it was withdrawn. */
export async function noteDeviceKey(
  of: MemberRows,
  device: {
    readonly deviceId: DeviceId;
    readonly kind: DeviceKind;
    readonly publicKey: Uint8Array | undefined;
  },
  noting: Noting,
): Promise<void> {
  const { deviceId, kind, publicKey } = device;
  const newKeyHash =
    publicKey === undefined ? null : kind === 'card' ? publicKey : sha256(publicKey);
  const subject = {
    what: kind === 'card' ? ('card' as const) : ('device-certificate' as const),
    which: deviceId,
    newKeyHash: newKeyHash === null ? null : toHex(newKeyHash),
  };
  await noteEvent(of, { event: 'key-changed', subject, about: deviceId }, noting);
}

/** Copies at this store are under another key of the outer cipher. */
export async function noteCopyKey(
  of: MemberRows,
  { storeId, copyKey }: { readonly storeId: StoreId; readonly copyKey: Uint8Array },
  noting: Noting,
): Promise<void> {
  const newKeyHash = toHex(sha256(copyKey));
  const subject = { what: 'copy-key' as const, which: storeId, newKeyHash };
  await noteEvent(of, { event: 'key-changed', subject, about: storeId }, noting);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}
