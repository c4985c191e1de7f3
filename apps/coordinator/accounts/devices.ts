// A member's devices: certified by the owner, let in by a certificate of the network, and sent away by one row. A card
// is one of them, and at most one is good (`cards.ts`).
import { type DeviceId, KuraError } from '@kura/base';
import type { CertificateName } from '@kura/certificates';
import { MAX_DEVICES } from '@kura/contract/wire/endpoints/account.ts';
import { revokeHolder } from '../authority/revocations.ts';
import type { Noting } from '../custody/log-events.ts';
import { noteDeviceKey } from '../custody/note-key-change.ts';
import type { DeviceKind, DevicesTable, MemberRows } from '../db/tables.ts';
import { tell } from '../inbox/inbox.ts';
import {
  changeDevicePlace,
  forgetDevicePlace,
  type PlaceChange,
} from '../members/device-places.ts';
import { endCard } from './cards.ts';

export interface NewDevice {
  readonly deviceId: DeviceId;
  readonly kind: DeviceKind;
  readonly publicKey: Uint8Array;
  readonly name: string;
}

export async function readDevices({
  rows,
  memberId,
}: MemberRows): Promise<readonly DevicesTable[]> {
  return rows
    .selectFrom('devices')
    .selectAll()
    .where('member_id', '=', memberId)
    .orderBy('added_ms')
    .orderBy('device_id')
    .execute();
}

/** One that is there already stays as it is; one that was removed is `refused`. Throws `too_large`. */
export async function addDevice(of: MemberRows, device: NewDevice, noting: Noting): Promise<void> {
  const all = await readDevices(of);
  const known = all.find((one) => one.device_id === device.deviceId);
  if (known !== undefined) return checkLiving(known);
  if (all.length >= MAX_DEVICES) {
    throw new KuraError(
      'too_large',
      `a member has at most ${MAX_DEVICES} devices, with removed ones`,
    );
  }
  const { deviceId, kind, publicKey, name } = device;
  const { nowMs } = noting;
  await of.rows
    .insertInto('devices')
    .values({
      member_id: of.memberId,
      device_id: deviceId,
      kind,
      public_key: publicKey,
      name,
      added_ms: nowMs,
      revoked_ms: null,
    })
    .execute();
  await noteDeviceKey(of, { deviceId, kind, publicKey }, noting);
  if (all.some((one) => one.kind === 'device'))
    await tell(of, { kind: 'device', body: { added: name, deviceId }, nowMs });
}

function checkLiving(device: DevicesTable): void {
  if (device.revoked_ms === null) return;
  throw new KuraError('refused', 'this device was removed by its owner', {
    guidance: 'Join with a new device key.',
    context: { reason: 'revoked' },
  });
}

/** Throws `refused` for a device that was removed, or that no one added. */
export async function checkDevice(of: MemberRows, deviceId: DeviceId): Promise<void> {
  const known = (await readDevices(of)).find((one) => one.device_id === deviceId);
  if (known !== undefined) return checkLiving(known);
  throw new KuraError('refused', 'this device is not known here', {
    context: { reason: 'revoked' },
  });
}

/** Throws `not_found`, `refused` for one that was removed, `usage` for a card, `busy`. */
export async function placeDevice(of: MemberRows, change: PlaceChange): Promise<void> {
  const known = (await readDevices(of)).find((one) => one.device_id === change.deviceId);
  if (known === undefined) throw new KuraError('not_found', 'there is no such device');
  checkLiving(known);
  if (known.kind === 'card') {
    throw new KuraError('usage', 'a card saves nothing, so it has no place', {
      guidance: 'Say where a device is.',
    });
  }
  await changeDevicePlace(of, change);
}

/** With every certificate that it has; of a card, with its grants. Throws `not_found`. */
export async function removeDevice(
  of: MemberRows,
  device: { readonly deviceId: DeviceId; readonly network: string },
  noting: Noting,
): Promise<void> {
  const { deviceId, network } = device;
  const { nowMs } = noting;
  const known = (await readDevices(of)).find((one) => one.device_id === deviceId);
  if (known === undefined) throw new KuraError('not_found', 'there is no such device');
  if (known.revoked_ms !== null) return;
  await of.rows
    .updateTable('devices')
    .set({ revoked_ms: nowMs })
    .where('member_id', '=', of.memberId)
    .where('device_id', '=', deviceId)
    .execute();
  await forgetDevicePlace(of, deviceId);
  if (known.kind === 'card') await endCard(of, { keyHash: known.public_key, nowMs });
  const name: CertificateName = { role: 'device', network, member: of.memberId, device: deviceId };
  await revokeHolder(of.rows, name, { why: 'the device was removed', nowMs });
  await noteDeviceKey(of, { deviceId, kind: known.kind, publicKey: undefined }, noting);
  await tell(of, { kind: 'device', body: { removed: known.name, deviceId }, nowMs });
}
