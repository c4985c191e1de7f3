// What is feared now, as moves need it: the events in force, and how the network stands to each store. Whoever
// watches the feeds brings it; without feeds nothing is feared anywhere.
import type { StoreId } from '@kura/base';
import type { HazardEvent } from '../hazards/events/hazard-event.ts';
import { FIRST_STANCE, type StanceState } from '../hazards/risk/table.ts';

export interface Danger {
  readonly atMs: number;
  readonly events: readonly HazardEvent[];
  /** A store without an entry is calm, and always was. */
  readonly stances: ReadonlyMap<StoreId, StanceState>;
}

export const noDanger = (atMs: number): Danger => ({ atMs, events: [], stances: new Map() });

export const stanceAt = ({ stances }: Danger, storeId: StoreId): StanceState =>
  stances.get(storeId) ?? FIRST_STANCE;
