// Plays a range of seeds in this process and tells the parent: a line of figures now and then, every violation
// at once. Runs as a child of main.ts, one per core, because a simulated process needs a thread of its own.

import { addFigures, type Figures, noFigures } from './figures.ts';
import { playSeed } from './seed.ts';

/** What a child says, one JSON line each. */
export interface RangeNews {
  readonly figures: Figures;
  readonly seeds: number;
  readonly violations: readonly { readonly seed: number; readonly steps: readonly string[] }[];
}

/** Seeds between two reports: few enough to show progress, many enough to cost nothing. */
const REPORT_SEEDS = 25;

/** Every `stride`-th seed from `first`, `count` of them. */
export interface SeedRange {
  readonly first: number;
  readonly stride: number;
  readonly count: number;
}

export async function playRange(range: SeedRange, tell: (news: RangeNews) => void): Promise<void> {
  let news = emptyNews();
  for (let index = 0; index < range.count; index++) {
    const seed = range.first + index * range.stride;
    const { figures, steps, violation } = await playSeed({ seed, canary: false });
    addFigures(news.figures, figures);
    news.seeds++;
    if (violation !== undefined) news.violations.push({ seed, steps });
    if (violation === undefined && news.seeds < REPORT_SEEDS) continue;
    tell(news);
    news = emptyNews();
  }
  tell(news);
}

function emptyNews() {
  const violations: { seed: number; steps: readonly string[] }[] = [];
  return { figures: noFigures(), seeds: 0, violations };
}

if (process.argv[2] === '--range') {
  const [first, stride, count] = process.argv.slice(3).map(Number);
  await playRange({ first: first ?? 0, stride: stride ?? 1, count: count ?? 0 }, (news) => {
    process.stdout.write(`${JSON.stringify(news)}\n`);
  });
}
