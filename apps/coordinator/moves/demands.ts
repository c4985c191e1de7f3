// What members want of their packs: one demand for what was saved at home, one for each device that is elsewhere. Which
// of them a pack belongs to follows from the device that saved it.
import { type DeviceId, type MemberId, must } from '@kura/base';
import type { PlaceDescription } from '@kura/contract';
import type { MembersTable, Rows } from '../db/tables.ts';
import type { Demand } from '../hazards/planner/world.ts';
import { type Site, siteOfHome } from '../hazards/risk/sites.ts';
import { readLevel } from '../members/contract.ts';
import { readPlaced } from '../members/device-places.ts';
import { homeIn } from '../members/members.ts';
import { allRegions, NO_REGIONS, type Regions } from './regions.ts';

/** Which of a member's devices are elsewhere, as far as they count for packs. */
export interface PlacedDevices {
  readonly ids: readonly DeviceId[];
  /** Saved every pack of which nobody wrote down who did: the only device that there is. */
  readonly only: DeviceId | undefined;
}

/** As indices into `Demands.demands`. */
export interface MemberDemands {
  readonly atHome: number;
  readonly byDevice: ReadonlyMap<DeviceId, number>;
  readonly placed: PlacedDevices;
}

/** Collects demands, and their places without repetition. */
export class Demands {
  readonly demands: Demand[] = [];
  /** Whose each demand is. */
  readonly members: MemberId[] = [];
  readonly homes: Site[] = [];
  readonly ofMembers = new Map<MemberId, MemberDemands>();
  readonly #copies: number;
  readonly #regions: ReadonlyMap<MemberId, Regions>;
  readonly #homeAt = new Map<string, number>();

  private constructor(copies: number, regions: ReadonlyMap<MemberId, Regions>) {
    this.#copies = copies;
    this.#regions = regions;
  }

  static async begin(rows: Rows, copies: number): Promise<Demands> {
    return new Demands(copies, await allRegions(rows));
  }

  async add(rows: Rows, member: MembersTable, nowMs: number): Promise<MemberDemands> {
    const of = { rows, memberId: member.member_id };
    const { pinned, forbidden } = this.#regions.get(of.memberId) ?? NO_REGIONS;
    const { places, homeAgainMs } = await readPlaced(of);
    const atHome = {
      level: await readLevel(of, nowMs),
      home: this.#indexOf(homeIn(member)),
      copies: this.#copies,
      placedMs: Math.max(member.home_since_ms ?? Number.NEGATIVE_INFINITY, homeAgainMs),
      ...(pinned.length === 0 ? {} : { pinned }),
      ...(forbidden.length === 0 ? {} : { forbidden }),
    };
    const demands = {
      atHome: this.#push(of.memberId, atHome),
      byDevice: new Map(
        [...places].map(([deviceId, { place, sinceMs }]) => {
          const placedMs = Math.max(sinceMs, member.home_since_ms ?? sinceMs);
          const elsewhere = { ...atHome, device: this.#indexOf(place), placedMs };
          return [deviceId, this.#push(of.memberId, elsewhere)];
        }),
      ),
      placed: { ids: [...places.keys()], only: await onlyDevice(of, [...places.keys()]) },
    };
    this.ofMembers.set(of.memberId, demands);
    return demands;
  }

  #push(memberId: MemberId, demand: Demand): number {
    this.members.push(memberId);
    return this.demands.push(demand) - 1;
  }

  #indexOf(place: PlaceDescription): number {
    const { name, lat, lon, powerArea } = place;
    const key = `${name} ${lat} ${lon} ${powerArea}`;
    if (!this.#homeAt.has(key)) this.#homeAt.set(key, this.homes.push(siteOfHome(place)) - 1);
    return must(this.#homeAt.get(key), 'a place');
  }
}

/** `device`: that saved it and is elsewhere; null: at home. */
export function demandOfDevice(
  { atHome, byDevice }: MemberDemands,
  device: DeviceId | null,
): number {
  return (device === null ? undefined : byDevice.get(device)) ?? atHome;
}

/** `savedBy`: as the pack's row has it. */
export function demandOfPack(demands: MemberDemands, savedBy: DeviceId | null): number {
  return demandOfDevice(demands, savedBy ?? demands.placed.only ?? null);
}

/** Of a member with one device that one, if it is elsewhere. An embedded network has one, and no rows of devices. */
async function onlyDevice(
  { rows, memberId }: { readonly rows: Rows; readonly memberId: MemberId },
  placed: readonly DeviceId[],
): Promise<DeviceId | undefined> {
  const [only, ...others] = placed;
  if (only === undefined || others.length > 0) return undefined;
  const living = await rows
    .selectFrom('devices')
    .select('device_id')
    .where('member_id', '=', memberId)
    .where('kind', '=', 'device')
    .where('revoked_ms', 'is', null)
    .execute();
  return living.every(({ device_id }) => device_id === only) ? only : undefined;
}
