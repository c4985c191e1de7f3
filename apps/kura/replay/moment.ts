// One moment of a replay, for whoever shows it: what was heard and what happened, what the network believes now, and
// what it decided.

import type { Unplaced } from '@kura/coordinator/hazards/planner/replan.ts';
import type { Look, MoveLife } from '@kura/coordinator/hazards/replay/history.ts';
import type { HeardStep } from '@kura/coordinator/hazards/replay/step-feed.ts';
import type { Stance } from '@kura/coordinator/hazards/risk/table.ts';
import type { PowerNews } from './power.ts';

export interface StanceNews {
  readonly site: string;
  readonly stance: Stance | 'gone';
}

export interface Moment {
  readonly atMs: number;
  /** Steps of the manifest that became known just now. */
  readonly heard: readonly HeardStep[];
  readonly power: readonly PowerNews[];
  readonly look: Look;
  readonly stances: readonly StanceNews[];
  /** Moves that were decided, began, ended or were given up. */
  readonly moves: readonly MoveLife[];
  readonly unplaced: readonly Pick<Unplaced, 'packs' | 'reason'>[];
}

/** Whether anything at all is worth a line. */
export function isNews({ heard, power, stances, moves }: Moment): boolean {
  return [heard, power, stances, moves].some((list) => list.length > 0);
}
