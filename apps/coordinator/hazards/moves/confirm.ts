// Which dangers need no second look before much is moved: those that two feeds report, those that a store reports of
// itself, copies that are gone, and what the operator empties. A single feed that lies can move only as much as the cap
// allows.
import type { HazardEvent } from '../events/hazard-event.ts';
import type { PackGroup } from '../planner/pack-groups.ts';
import { type Addition, isSafe } from '../planner/replan.ts';
import type { World } from '../planner/world.ts';

export interface ConfirmInput {
  readonly world: World;
  readonly groups: readonly PackGroup[];
  readonly additions: readonly Addition[];
  readonly events: readonly HazardEvent[];
}

/** Groups whose every endangered copy is so by a confirmed event. */
export function confirmedGroups({ world, groups, additions, events }: ConfirmInput): Set<number> {
  const isSure = confirmedStores(world, events);
  return new Set(
    additions.map(({ group }) => group).filter((group) => groups[group]?.stores.every(isSure)),
  );
}

/** Of a store: nothing is feared there, or not only one feed says so. */
export function confirmedStores(
  world: World,
  events: readonly HazardEvent[],
): (store: number) => boolean {
  const sure = new Set(events.filter(isConfirmed).map((event) => event.id));
  return (store) => {
    const { state, isDraining } = world.store(store);
    if (isSafe(world, store) || state === 'lost' || isDraining === true) return true;
    // By the worst cause: it is the one that the reason names.
    const [worst] = world.picture.sites[store]?.causes ?? [];
    return worst !== undefined && sure.has(worst.eventId);
  };
}

const isConfirmed = ({ sources, source }: HazardEvent): boolean =>
  new Set(sources).size > 1 || source === 'store';
