// From samples to verdicts: medians, ratios of the runs of one round, and whether each goal is met. Only
// ratios are judged, because runs of one round share whatever else the machine was doing.
import type { Case, Goal } from './cases.ts';
import type { Sample, ToolResult } from './run.ts';
import type { ToolName } from './tools.ts';

export interface Verdict {
  readonly goal: Goal;
  /** What was measured, in the unit of the goal's limit; undefined if it could not be. */
  readonly measured: number | undefined;
  readonly state: 'met' | 'missed' | 'not measured';
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export type Figure = (sample: Sample) => number;

/** Median of upper over lower, round by round. */
export function ratio(upper: ToolResult, lower: ToolResult, figure: Figure): number {
  const rounds = Math.min(upper.samples.length, lower.samples.length);
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [a, b] = [upper.samples[round], lower.samples[round]];
    if (a !== undefined && b !== undefined) ratios.push(figure(a) / figure(b));
  }
  return median(ratios);
}

const wall: Figure = (sample) => sample.wallSeconds;

export function resultOf(results: readonly ToolResult[], tool: ToolName): ToolResult | undefined {
  return results.find((result) => result.tool === tool && result.samples.length > 0);
}

function measuredFor(goal: Goal, results: readonly ToolResult[]): number | undefined {
  const kura = resultOf(results, 'kura');
  const other = resultOf(results, goal.against);
  if (kura === undefined || other === undefined) return undefined;
  switch (goal.kind) {
    case 'faster':
      return ratio(other, kura, wall);
    case 'slower': {
      const two = resultOf(results, 'kura-2');
      return two === undefined ? undefined : ratio(two, other, wall);
    }
    case 'memory':
      return ratio(kura, other, (sample) => sample.peakBytes);
    case 'stored':
      return ratio(kura, other, (sample) => sample.storedBytes);
    case 'growth':
      return median(kura.samples.map((sample) => sample.storedBytes));
  }
}

export function judge(theCase: Case, results: readonly ToolResult[]): Verdict[] {
  return theCase.goals.map((goal) => {
    const measured = measuredFor(goal, results);
    if (measured === undefined) return { goal, measured, state: 'not measured' };
    const isMet = goal.kind === 'faster' ? measured >= goal.limit : measured <= goal.limit;
    return { goal, measured, state: isMet ? 'met' : 'missed' };
  });
}
