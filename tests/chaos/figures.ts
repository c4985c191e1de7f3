// What a run has done, counted.
import type { Ended } from '../real/kura.ts';

/** What a member does while something happens. */
export type Work = 'backup' | 'restore';

export interface Figures {
  /** By "kind victim". */
  readonly accidents: Map<string, number>;
  /** Commands that were under way when something happened. */
  readonly struck: Record<Work, number>;
  /** Programs that ended by themselves, and were started again. */
  revived: number;
  /** Commands that failed after an accident, and were repeated. */
  repeats: number;
  /** Commands that ended with fewer copies than wanted. */
  degraded: number;
  /** Snapshots that were acknowledged, and brought back and compared. */
  compared: number;
  /** For whoever reads why a run failed. */
  last: Ended | undefined;
}

export function noFigures(): Figures {
  const counts = { revived: 0, repeats: 0, degraded: 0, compared: 0 };
  return { accidents: new Map(), struck: { backup: 0, restore: 0 }, ...counts, last: undefined };
}

export function count(figures: Figures, kind: string, victim: string): void {
  const name = `${kind} ${victim}`;
  figures.accidents.set(name, (figures.accidents.get(name) ?? 0) + 1);
}

/** "kill 12 (coordinator 3, ada 9), silent 2 (…)" */
function describeAccidents(accidents: Figures['accidents']): string {
  const kinds = new Map<string, { total: number; readonly each: string[] }>();
  for (const [name, times] of [...accidents].sort()) {
    const [kind = '', victim = ''] = name.split(' ');
    const known = kinds.get(kind) ?? { total: 0, each: [] };
    known.total += times;
    known.each.push(`${victim} ${times}`);
    kinds.set(kind, known);
  }
  return [...kinds]
    .map(([kind, { total, each }]) => `${kind} ${total} (${each.join(', ')})`)
    .join(', ');
}

export function describeFigures(figures: Figures): string {
  const { struck, revived, repeats, degraded, compared } = figures;
  const rounds = [...figures.accidents.values()].reduce((sum, times) => sum + times, 0);
  return (
    `${rounds} rounds, ${struck.backup} backups and ${struck.restore} restores struck: ` +
    `${describeAccidents(figures.accidents)}; ${revived} programs revived, ` +
    `${repeats} commands repeated, ${degraded} degraded, ${compared} snapshots restored and compared`
  );
}
