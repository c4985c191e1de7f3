// What a run has done, counted.
import type { Ended } from '../real/kura.ts';

export interface Figures {
  /** By the name of the program; "member" is the command of a member. */
  readonly kills: Map<string, number>;
  /** Commands that failed after a kill, and were repeated. */
  repeats: number;
  /** Commands that ended with fewer copies than wanted. */
  degraded: number;
  /** Snapshots that were acknowledged, and brought back and compared. */
  compared: number;
  last: Ended | undefined;
}

export function noFigures(): Figures {
  return { kills: new Map(), repeats: 0, degraded: 0, compared: 0, last: undefined };
}

export function describeFigures({ kills, repeats, degraded, compared }: Figures): string {
  const all = [...kills.values()].reduce((sum, count) => sum + count, 0);
  const each = [...kills].sort().map(([name, count]) => `${name} ${count}`);
  return (
    `${all} killed (${each.join(', ')}), ${repeats} commands repeated, ${degraded} degraded, ` +
    `${compared} snapshots restored and compared`
  );
}
