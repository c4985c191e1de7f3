// What a run has done, counted.
import { addCounts, type Counts } from './coverage.ts';

export interface Figures {
  steps: number;
  /** Processes that died in the middle of a command. */
  crashes: number;
  /** Faults that were planned: crashes, failing calls, stores that lost their power. */
  faults: number;
  /** Copies hurt behind a store's back. */
  rot: number;
  /** Snapshots read back and compared. */
  restores: number;
  /** How often each accident and each path was reached. */
  readonly reached: Counts;
}

export function noFigures(): Figures {
  return { steps: 0, crashes: 0, faults: 0, rot: 0, restores: 0, reached: {} };
}

export function addFigures(sum: Figures, more: Figures): void {
  sum.steps += more.steps;
  sum.crashes += more.crashes;
  sum.faults += more.faults;
  sum.rot += more.rot;
  sum.restores += more.restores;
  addCounts(sum.reached, more.reached);
}
