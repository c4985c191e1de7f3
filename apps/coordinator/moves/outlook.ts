// What a plan is made from, out of the tables: stores as they are, homes and wishes of members, and where packs lie,
// in groups. What is on its way counts as there, so that nothing is asked for twice.
import { DAY_MS, type MemberId, must, type StoreId } from '@kura/base';
import { sql } from 'kysely';
import { COMING_STEPS } from '../db/move-tables.ts';
import type { Rows, StoresTable } from '../db/tables.ts';
import { demotedStores } from '../gateway/scores.ts';
import type { PackGroup } from '../hazards/planner/pack-groups.ts';
import { type Demand, type PlannerStore, World } from '../hazards/planner/world.ts';
import { riskParameters } from '../hazards/risk/parameters.ts';
import { type Site, type SiteFacts, siteOf } from '../hazards/risk/sites.ts';
import type { RiskPicture } from '../hazards/risk/table.ts';
import { readCharter } from '../open.ts';
import { type Danger, stanceAt } from './danger.ts';
import { Demands, demandOfDevice, type MemberDemands } from './demands.ts';
import { hasPacks, indicesOf, readSets, type StoreSets } from './outlook-groups.ts';
import { regionsOf } from './regions.ts';

export interface OutlookGroup extends PackGroup {
  readonly memberId: MemberId;
  /** As the tables name the set: for `packsOfSet`. */
  readonly sets: StoreSets;
  /** Of `stores`, those that hold a copy now. */
  readonly held: readonly number[];
  /** When one of its packs was moved last; -∞ if never. */
  readonly movedMs: number;
}

export interface Outlook {
  readonly atMs: number;
  readonly leafBytes: number;
  /** Wanted of every pack. */
  readonly copies: number;
  readonly storeIds: readonly StoreId[];
  /** In the order of `storeIds`; all calm: `worldOf` knows better. */
  readonly stores: readonly PlannerStore[];
  /** Stores that failed lately count as full: nothing new is sent there for a while. */
  readonly avoided: ReadonlySet<number>;
  /** Silent for so long that they count as lost: they may come back, with what they held. */
  readonly absent: ReadonlySet<number>;
  /** And places of devices that are not at home. */
  readonly homes: readonly Site[];
  readonly demands: readonly Demand[];
  /** Whose each demand is. */
  readonly members: readonly MemberId[];
  /** Of members with packs. */
  readonly ofMembers: ReadonlyMap<MemberId, MemberDemands>;
  readonly groups: readonly OutlookGroup[];
  /** Of all copies. */
  readonly totalBytes: number;
}

export interface OutlookOptions {
  readonly nowMs: number;
  /** What is known of a store beyond its row. */
  readonly factsOf?: (storeId: StoreId) => SiteFacts;
}

/**
 * A store that was silent for so long may never come back: its copies are made anew elsewhere, and are too many when it
 * does. Shorter: a night without power moves a whole store. Longer: packs stay with one copy less for longer.
 */
export const AWAY_IS_LOST_MS = DAY_MS;

/** Of a line that nobody stated: a folder of this machine. */
const UNKNOWN_LINE = Number.POSITIVE_INFINITY;
const BYTES_PER_MBIT = 125_000;

export async function readOutlook(rows: Rows, options: OutlookOptions): Promise<Outlook> {
  const { nowMs } = options;
  const { copies, shape } = await readCharter(rows);
  const { leafBytes } = shape;
  const found = await rows
    .selectFrom('stores')
    .selectAll()
    .where('state', 'in', ['active', 'unreachable', 'draining', 'lost'])
    .orderBy('number')
    .execute();
  const coming = await comingBytes(rows);
  const held = await heldBytes(rows, leafBytes);
  const storeIds = found.map((row) => row.store_id);
  const stores = found.map((row) =>
    plannerStore(row, {
      nowMs,
      comingBytes: coming.get(row.store_id) ?? 0,
      heldBytes: held.get(row.store_id) ?? 0,
      facts: options.factsOf?.(row.store_id) ?? {},
    }),
  );
  const demoted = await demotedStores(rows, nowMs);
  const avoided = new Set(
    [...storeIds.keys()].filter((index) => demoted.has(must(storeIds[index], 'a store'))),
  );
  const indexOf = new Map<string, number>(storeIds.map((storeId, index) => [storeId, index]));
  const absent = new Set(
    [...found.entries()].filter(([, row]) => isLongAway(row, nowMs)).map(([index]) => index),
  );
  const of = await readMembers(rows, { nowMs, copies, leafBytes, indexOf });
  const totalBytes = of.groups.reduce((sum, { bytes, held: at }) => sum + bytes * at.length, 0);
  return { atMs: nowMs, leafBytes, copies, storeIds, stores, avoided, absent, ...of, totalBytes };
}

/** Sites of all stores, then of all homes: what a risk picture is of. */
export const sitesOf = ({ stores, homes }: Outlook): readonly Site[] => [
  ...stores.map(({ site }) => site),
  ...homes,
];

/** The world as the planner wants it: `picture` is of `sitesOf(outlook)`. */
export function worldOf(outlook: Outlook, danger: Danger, picture: RiskPicture): World {
  const stores = outlook.stores.map((store, index) => {
    const storeId = must(outlook.storeIds[index], 'a store');
    const { stance } = stanceAt(danger, storeId);
    return outlook.avoided.has(index) ? { ...store, stance, freeBytes: 0 } : { ...store, stance };
  });
  return new World({ stores, homes: outlook.homes, picture });
}

// ── Stores ────────────────────────────────────────────────────────────────────────────────────────

interface StoreUse {
  readonly nowMs: number;
  readonly comingBytes: number;
  readonly heldBytes: number;
  readonly facts: SiteFacts;
}

function plannerStore(row: StoresTable, use: StoreUse): PlannerStore {
  const { nowMs, comingBytes, heldBytes, facts } = use;
  const { city, lat, lon, power_area: powerArea, operator, state } = row;
  const { roomFactor } = riskParameters().decisions;
  const known = operator === null ? facts : { operator, ...facts };
  return {
    site: siteOf(row.store_id, { city, lat, lon, powerArea }, known),
    suite: row.suite,
    state: standingOf(row, nowMs),
    stance: 'calm',
    isDraining: state === 'draining',
    isHeld: row.is_held === 1,
    minimumLevel: row.minimum_level,
    capacityBytes: row.capacity_bytes ?? row.free_bytes + roomFactor * heldBytes,
    freeBytes: Math.max(0, row.free_bytes - roomFactor * comingBytes),
    costPerGib: row.rank,
    bytesPerSecond: row.line_mbit === null ? UNKNOWN_LINE : row.line_mbit * BYTES_PER_MBIT,
    regions: regionsOf(row),
  };
}

function standingOf(row: StoresTable, nowMs: number): PlannerStore['state'] {
  if (row.state === 'lost' || isLongAway(row, nowMs)) return 'lost';
  return row.state === 'unreachable' ? 'unreachable' : 'active';
}

function isLongAway({ state, away_since_ms: sinceMs }: StoresTable, nowMs: number): boolean {
  return state === 'unreachable' && sinceMs !== null && nowMs - sinceMs >= AWAY_IS_LOST_MS;
}

async function comingBytes(rows: Rows): Promise<ReadonlyMap<StoreId, number>> {
  const sums = await rows
    .selectFrom('move_packs')
    .select(['store_id', (all) => all.fn.sum('size_bytes').as('bytes')])
    .where('step', 'in', [...COMING_STEPS])
    .groupBy('store_id')
    .execute();
  return new Map(sums.map((row) => [row.store_id, Number(row.bytes)]));
}

async function heldBytes(rows: Rows, leafBytes: number): Promise<ReadonlyMap<StoreId, number>> {
  const { rows: sums } = await sql<{
    readonly store_id: StoreId;
    readonly leaves: number | string;
  }>`
    select c.store_id, sum(p.leaf_count) as leaves from copies c
    join packs p on p.member_id = c.member_id and p.pack_id = c.pack_id
    where c.state = 'held' group by c.store_id`.execute(rows);
  return new Map(sums.map((row) => [row.store_id, Number(row.leaves) * leafBytes]));
}

// ── Members ───────────────────────────────────────────────────────────────────────────────────────

type OfMembers = Pick<Outlook, 'homes' | 'demands' | 'members' | 'ofMembers' | 'groups'>;

interface Reading {
  readonly nowMs: number;
  readonly leafBytes: number;
  readonly copies: number;
  readonly indexOf: ReadonlyMap<string, number>;
}

async function readMembers(
  rows: Rows,
  { nowMs, leafBytes, copies, indexOf }: Reading,
): Promise<OfMembers> {
  const known = await Demands.begin(rows, copies);
  const groups: OutlookGroup[] = [];
  for (const row of await rows.selectFrom('members').selectAll().orderBy('member_id').execute()) {
    const memberId = row.member_id;
    if (!(await hasPacks(rows, memberId))) continue;
    const own = await known.add(rows, row, nowMs);
    const { placed } = own;
    for (const { packs, leaves, movedMs, ...sets } of await readSets(rows, { memberId, placed })) {
      const held = indicesOf(sets.held, indexOf);
      const coming = indicesOf(sets.coming, indexOf);
      groups.push({
        demand: demandOfDevice(own, sets.device),
        memberId,
        sets,
        held,
        stores: [...new Set([...held, ...coming])].sort((a, b) => a - b),
        packs,
        bytes: leaves * leafBytes,
        movedMs: movedMs ?? Number.NEGATIVE_INFINITY,
      });
    }
  }
  const { homes, demands, members, ofMembers } = known;
  return { homes, demands, members, ofMembers, groups };
}
