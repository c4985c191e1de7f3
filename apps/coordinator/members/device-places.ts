// Where devices are that are not at home: copies of what such a device saves keep away from it as well (rows A5, A6,
// A9). What nobody has said is not guessed: a device that travels and keeps quiet counts as at home.
import { isDeepStrictEqual } from 'node:util';
import type { DeviceId, PackId } from '@kura/base';
import type { PlaceDescription } from '@kura/contract';
import { nextTick } from '../db/batches.ts';
import type { DevicePlacesTable, MemberRows } from '../db/tables.ts';
import { refuseRestless } from './members.ts';

/** By device, in the order of their ids. */
export async function readDevicePlaces(
  of: MemberRows,
): Promise<ReadonlyMap<DeviceId, PlaceDescription>> {
  const { places } = await readPlaced(of);
  return new Map([...places].map(([deviceId, { place }]) => [deviceId, place]));
}

export interface Placed {
  readonly places: ReadonlyMap<
    DeviceId,
    { readonly place: PlaceDescription; readonly sinceMs: number }
  >;
  /** When a device was last said to be at home again; -∞: never. */
  readonly homeAgainMs: number;
}

/** With the times of what was said last. */
export async function readPlaced(of: MemberRows): Promise<Placed> {
  const places = new Map<DeviceId, { place: PlaceDescription; sinceMs: number }>();
  let homeAgainMs = Number.NEGATIVE_INFINITY;
  for (const row of await placeRows(of)) {
    const { device_id: deviceId, since_ms: sinceMs } = row;
    const place = placeIn(row);
    if (place === undefined) homeAgainMs = Math.max(homeAgainMs, sinceMs);
    else places.set(deviceId, { place, sinceMs });
  }
  return { places, homeAgainMs };
}

/** Of the device that sends a pack; undefined: it is at home. */
export async function placeOfSender(
  of: MemberRows,
  packId: PackId,
): Promise<PlaceDescription | undefined> {
  const row = await of.rows
    .selectFrom('uploads')
    .innerJoin('device_places', (join) =>
      join
        .onRef('device_places.member_id', '=', 'uploads.member_id')
        .onRef('device_places.device_id', '=', 'uploads.device_id'),
    )
    .selectAll('device_places')
    .where('uploads.member_id', '=', of.memberId)
    .where('uploads.pack_id', '=', packId)
    .executeTakeFirst();
  return row === undefined ? undefined : placeIn(row);
}

export interface PlaceChange {
  readonly deviceId: DeviceId;
  /** undefined: it is at home again. */
  readonly place: PlaceDescription | undefined;
  readonly nowMs: number;
}

/** Saying the same again is no change. */
export async function setDevicePlace(of: MemberRows, change: PlaceChange): Promise<void> {
  const known = await placeRowOf(of, change.deviceId);
  if (!isSame(known, change)) await writePlace(of, known, change);
}

/** As `setDevicePlace`, in a service; throws `busy` for a device that moves too often. */
export async function changeDevicePlace(of: MemberRows, change: PlaceChange): Promise<void> {
  const known = await placeRowOf(of, change.deviceId);
  if (isSame(known, change)) return;
  const changes = [known?.since_ms ?? null, known?.before_ms ?? null];
  refuseRestless("a device's place", changes, change.nowMs);
  await writePlace(of, known, change);
}

/** Of a device that was sent away: what it saved is as of home. */
export async function forgetDevicePlace(of: MemberRows, deviceId: DeviceId): Promise<void> {
  const { numDeletedRows } = await of.rows
    .deleteFrom('device_places')
    .where('member_id', '=', of.memberId)
    .where('device_id', '=', deviceId)
    .executeTakeFirstOrThrow();
  if (numDeletedRows > 0n) await nextTick(of);
}

function placeRows({ rows, memberId }: MemberRows): Promise<readonly DevicePlacesTable[]> {
  return rows
    .selectFrom('device_places')
    .selectAll()
    .where('member_id', '=', memberId)
    .orderBy('device_id')
    .execute();
}

async function placeRowOf(
  of: MemberRows,
  deviceId: DeviceId,
): Promise<DevicePlacesTable | undefined> {
  return (await placeRows(of)).find((row) => row.device_id === deviceId);
}

function placeIn({
  name,
  lat,
  lon,
  power_area: powerArea,
}: DevicePlacesTable): PlaceDescription | undefined {
  if (name === null || lat === null || lon === null || powerArea === null) return undefined;
  return { name, lat, lon, powerArea };
}

function isSame(known: DevicePlacesTable | undefined, { place }: PlaceChange): boolean {
  return isDeepStrictEqual(known === undefined ? undefined : placeIn(known), place);
}

/** Whoever plans moves sees it by the member's counter. */
async function writePlace(
  of: MemberRows,
  known: DevicePlacesTable | undefined,
  { deviceId, place, nowMs }: PlaceChange,
): Promise<void> {
  const { rows, memberId } = of;
  const columns = {
    ...{ name: place?.name ?? null, lat: place?.lat ?? null, lon: place?.lon ?? null },
    power_area: place?.powerArea ?? null,
    ...{ since_ms: nowMs, before_ms: known?.since_ms ?? null },
  };
  await rows
    .insertInto('device_places')
    .values({ member_id: memberId, device_id: deviceId, ...columns })
    .onConflict((same) => same.columns(['member_id', 'device_id']).doUpdateSet(columns))
    .execute();
  await nextTick(of);
}
