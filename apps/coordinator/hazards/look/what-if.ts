// What a disaster would do to a network as it is now: stores that it strikes, copies that its members would miss, how
// likely all of somebody's copies go together, and which moves would follow. Reads the tables and writes nothing.
import { type MemberId, must, type StoreId } from '@kura/base';
import type { WhatIfView } from '@kura/contract/wire/endpoints/hazards.ts';
import type { Rows } from '../../db/tables.ts';
import type { Danger } from '../../moves/danger.ts';
import { type Outlook, readOutlook, sitesOf, worldOf } from '../../moves/outlook.ts';
import { planNow } from '../../moves/plan-now.ts';
import type { Network } from '../../network.ts';
import { readDanger } from '../history/danger.ts';
import type { World } from '../planner/world.ts';
import { RiskPictures } from '../risk/risk-pictures.ts';
import { FIRST_STANCE, nextStance, type RiskPicture, type Stance } from '../risk/table.ts';
import { parseScenario } from './scenario.ts';

/** As the contract has it. */
const MAX_LISTED = 1000;
const MOST_COPIES_HIT = 15;

export interface WhatIfQuery {
  /** The file's text. */
  readonly scenario: string;
  /** Only this member's packs and moves. */
  readonly member?: MemberId | undefined;
}

interface Sight {
  readonly danger: Danger;
  readonly picture: RiskPicture;
  readonly world: World;
}

/** Throws `usage` for a scenario that makes no sense. */
export async function whatIf(
  network: Pick<Network, 'database' | 'clock'>,
  { scenario: text, member }: WhatIfQuery,
): Promise<WhatIfView> {
  const { database, clock } = network;
  const nowMs = clock.nowMs();
  return database.read(async (rows) => {
    const whole = await readOutlook(rows, { nowMs });
    const outlook = member === undefined ? whole : onlyOf(whole, member);
    const scenario = parseScenario(text, {
      nowMs,
      stores: outlook.stores.map(({ site }, index) => ({
        storeId: must(outlook.storeIds[index], 'a store'),
        powerArea: site.place.powerArea,
      })),
    });
    const now = await readDanger(rows, nowMs);
    const pictures = new RiskPictures();
    const before = sightOf(outlook, now, pictures);
    const feared = { ...now, events: [...now.events, ...scenario.events] };
    const after = sightOf(outlook, feared, pictures);
    return {
      title: scenario.title,
      atMs: nowMs,
      horizonHours: after.picture.horizonHours,
      stores: storesOf(outlook, before, after),
      members: membersOf(outlook, before, after),
      ...(await planOf(rows, outlook, after)),
    };
  });
}

function onlyOf(outlook: Outlook, member: MemberId): Outlook {
  return { ...outlook, groups: outlook.groups.filter(({ memberId }) => memberId === member) };
}

function sightOf(outlook: Outlook, danger: Danger, pictures: RiskPictures): Sight {
  const nowMs = danger.atMs;
  const picture = pictures.of(sitesOf(outlook), danger);
  const stances = new Map(
    outlook.storeIds.map((storeId, index) => {
      const risk = must(picture.sites[index], 'a risk of every store');
      return [storeId, nextStance(danger.stances.get(storeId) ?? FIRST_STANCE, risk, nowMs)];
    }),
  );
  const seen = { ...danger, stances };
  return { danger: seen, picture, world: worldOf(outlook, seen, picture) };
}

const stanceOf = ({ danger }: Sight, storeId: StoreId): Stance =>
  danger.stances.get(storeId)?.stance ?? 'calm';

/** Those that the scenario changes anything for, the worst first. */
function storesOf(outlook: Outlook, before: Sight, after: Sight): WhatIfView['stores'] {
  const rows = outlook.storeIds.map((storeId, index) => {
    const was = must(before.picture.sites[index], 'a risk');
    const is = must(after.picture.sites[index], 'a risk');
    return {
      storeId,
      city: must(outlook.stores[index], 'a store').site.place.city,
      stanceBefore: stanceOf(before, storeId),
      stanceAfter: stanceOf(after, storeId),
      before: { lost: was.lost, unreachable: was.unreachable },
      after: { lost: is.lost, unreachable: is.unreachable },
    };
  });
  const struck = rows.filter(
    (row) => row.after.lost > row.before.lost || row.after.unreachable > row.before.unreachable,
  );
  const weight = ({ after: { lost, unreachable } }: (typeof rows)[number]) => lost + unreachable;
  return struck.sort((a, b) => weight(b) - weight(a));
}

/** Members with packs where it strikes, those that miss the most first. */
function membersOf(outlook: Outlook, before: Sight, after: Sight): WhatIfView['members'] {
  const isHit = (store: number): boolean => {
    const storeId = must(outlook.storeIds[store], 'a store');
    return stanceOf(after, storeId) === 'leave' && stanceOf(before, storeId) !== 'leave';
  };
  const members = [...outlook.ofMembers].flatMap(([memberId, { atHome }]) => {
    const groups = outlook.groups.filter((group) => group.memberId === memberId);
    const packsByCopiesHit: number[] = [];
    let [jointLossBefore, jointLossAfter] = [0, 0];
    for (const { held, packs, demand: index } of groups) {
      const demand = must(outlook.demands[index], 'a demand');
      const hit = Math.min(MOST_COPIES_HIT, held.filter(isHit).length);
      while (packsByCopiesHit.length <= hit) packsByCopiesHit.push(0);
      packsByCopiesHit[hit] = (packsByCopiesHit[hit] ?? 0) + packs;
      jointLossBefore = Math.max(jointLossBefore, before.world.lossOf(demand, held));
      jointLossAfter = Math.max(jointLossAfter, after.world.lossOf(demand, held));
    }
    if (packsByCopiesHit.length < 2 && jointLossAfter <= jointLossBefore) return [];
    const packs = groups.reduce((sum, group) => sum + group.packs, 0);
    const { level } = must(outlook.demands[atHome], 'a demand');
    return [{ memberId, level, packs, packsByCopiesHit, jointLossBefore, jointLossAfter }];
  });
  members.sort((a, b) => b.jointLossAfter - a.jointLossAfter || b.level - a.level);
  return members.slice(0, MAX_LISTED);
}

async function planOf(
  rows: Rows,
  outlook: Outlook,
  { world, danger }: Sight,
): Promise<Pick<WhatIfView, 'moves' | 'unplaced'>> {
  const { transfers, unplaced, isCalm } = await planNow(rows, {
    outlook,
    world,
    events: danger.events,
  });
  const memberOf = (group: number): MemberId => must(outlook.groups[group], 'a group').memberId;
  const moves = (isCalm ? [] : transfers)
    .slice(0, MAX_LISTED)
    .map(({ addition, from, ...rest }) => {
      const { group, level, packs, bytes, to, reason } = addition;
      return {
        memberId: memberOf(group),
        ...{ level, packs, bytes, reason },
        from: from === undefined ? undefined : outlook.storeIds[from],
        to: must(outlook.storeIds[to], 'a store'),
        city: world.store(to).site.place.city,
        endMs: Number.isFinite(rest.endMs) ? Math.round(rest.endMs) : undefined,
        isLate: rest.isLate,
        state: rest.state,
      };
    });
  return {
    moves,
    unplaced: unplaced
      .slice(0, MAX_LISTED)
      .map(({ group, packs, reason }) => ({ memberId: memberOf(group), packs, reason })),
  };
}
