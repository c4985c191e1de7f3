// Calm times: packs that lie where they should not, or clearly worse than they could, get a copy at the better
// place; what is then too many is retired later. Called when nothing in danger is left to do, it leaves packs
// alone around which something is feared, moves no more than its budget, and lets packs rest.
import { must } from '@kura/base';
import { LOWEST_LEVEL } from '../../members/level.ts';
import type { PackGroup } from './pack-groups.ts';
import { planSet, worthwhileReplacement } from './plan.ts';
import { reasonForStore } from './reasons.ts';
import type { Addition, ReplanInput } from './replan.ts';
import { Room, reserveShares } from './reserve.ts';
import type { Demand, World } from './world.ts';

export interface RebalanceInput extends ReplanInput {
  readonly budgetBytes: number;
  /** Groups that were moved too short a time ago to be moved for the better. */
  readonly resting: ReadonlySet<number>;
}

interface Wish {
  readonly leave: number;
  readonly enter: number;
  readonly why: string;
}

export function rebalance(input: RebalanceInput): Addition[] {
  const { world, demands, groups } = input;
  const room = new Room(world, reserveShares(world, demands, groups));
  const additions: Addition[] = [];
  let budget = input.budgetBytes;
  // Lower levels make way for higher ones, so they are looked at first.
  const order = [...groups.entries()].sort(
    ([a, one], [b, other]) => levelOf(demands, one) - levelOf(demands, other) || a - b,
  );
  for (const [index, group] of order) {
    const demand = must(demands[group.demand], 'a demand');
    // What has one copy too many is on its way already.
    if (group.stores.length !== demand.copies) continue;
    const isAllowed = !group.stores.some((store) => isDisallowedAt(world, demand, store));
    if (isAllowed && input.resting.has(index)) continue;
    if (group.bytes > budget || !isCalm(world, group)) continue;
    const wish = wishOf(world, { demand, group, room });
    if (wish === undefined) continue;
    budget -= group.bytes;
    room.take(wish.enter, group.bytes);
    const rest = group.stores.filter((store) => store !== wish.leave);
    const where = reasonForStore(world, demand, { store: wish.enter, present: rest });
    additions.push({
      group: index,
      first: 0,
      packs: group.packs,
      bytes: group.bytes,
      to: wish.enter,
      sources: group.stores,
      leave: wish.leave,
      level: demand.level,
      harmMs: Number.POSITIVE_INFINITY,
      copiesLeft: group.stores.length,
      reason: `${wish.why}; to ${world.store(wish.enter).site.place.city}: ${where}`,
    });
  }
  return additions;
}

/** All its stores are there, none is feared for, and none is held: what an alert says moves nothing here. */
const isCalm = (world: World, group: PackGroup): boolean =>
  group.stores.every((store) => {
    const { state, stance, isHeld } = world.store(store);
    return state === 'active' && stance === 'calm' && isHeld !== true;
  });

/** The member's level or regions do not allow a copy there any more: that does not wait until a pack has rested. */
const isDisallowedAt = (world: World, demand: Demand, store: number): boolean =>
  world.store(store).state === 'active' && !world.mayHold(demand, store);

const levelOf = (demands: readonly Demand[], group: PackGroup): number =>
  demands[group.demand]?.level ?? LOWEST_LEVEL;

interface WishInput {
  readonly demand: Demand;
  readonly group: PackGroup;
  readonly room: Room;
}

function wishOf(world: World, { demand, group, room }: WishInput): Wish | undefined {
  const hasRoom = (store: number): boolean => room.usableBytes(store, demand.level) >= group.bytes;
  const cityOf = (store: number): string => world.store(store).site.place.city;
  const forced = unwelcomeAt(world, demand, { stores: group.stores, room });
  if (forced !== undefined) {
    const rest = group.stores.filter((store) => store !== forced.store);
    const enter = planSet({ world, demand, hasRoom }, rest, 1)?.added[0];
    if (enter === undefined || enter === forced.store) return undefined;
    return { leave: forced.store, enter, why: forced.why };
  }
  const better = worthwhileReplacement({ world, demand, hasRoom }, group.stores);
  if (better === undefined) return undefined;
  const why =
    better.why === 'rules'
      ? `the copy in ${cityOf(better.leave)} breaks a rule that need not be broken`
      : `less than half as likely to be lost as with the copy in ${cityOf(better.leave)}`;
  return { ...better, why };
}

/** A copy that must make way whatever its risk: not allowed there, or in room kept for higher levels. */
export function unwelcomeAt(
  world: World,
  demand: Demand,
  { stores, room }: { readonly stores: readonly number[]; readonly room: Room },
): { readonly store: number; readonly why: string } | undefined {
  for (const store of stores) {
    const { city } = world.store(store).site.place;
    if (isDisallowedAt(world, demand, store)) {
      return { store, why: `the member's level or regions do not allow ${city} any more` };
    }
    if (room.shortOfReserve(store, demand.level) > 0) {
      return { store, why: `${city} is fuller than level ${demand.level} may make it` };
    }
  }
  return undefined;
}
