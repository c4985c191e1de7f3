// `npm run histories -- --count N [--seed S]`: simulated histories of hazards over the pure decisions of planner
// and moves, on two processes. No copy is deleted because of an alert, no pack falls below its minimum by the
// network's own act, no level is served before a higher one, no pack moves more than twice for one event, and
// every danger is answered within one poll. Ends with one line of figures, and with 1 on a violation.
import { parseArgs } from 'node:util';
import { answerParent, playInChildren, readRange, type SeedRange } from '../proof/seed-ranges.ts';
import { wholeNumber } from '../proof/whole-number.ts';
import { CANARIES } from './canary.ts';
import { type Figures, noFigures, playHistory } from './history.ts';

const CANARY_HISTORIES = 40;
/** More would only repeat the same fault. */
const MAX_SHOWN = 5;

interface Outcome {
  readonly figures: Figures;
  readonly histories: number;
  readonly violations: readonly string[];
}

function addUp(sum: Figures, more: Figures): void {
  for (const key of Object.keys(sum) as (keyof Figures)[]) sum[key] += more[key];
}

function playRange({ first, stride, count }: SeedRange): Outcome {
  const figures = noFigures();
  const violations: string[] = [];
  for (let index = 0; index < count; index++) {
    const seed = first + index * stride;
    const result = playHistory(seed);
    addUp(figures, result.figures);
    for (const what of result.violations.slice(0, 1)) violations.push(`--seed ${seed}: ${what}`);
  }
  return { figures, histories: count, violations };
}

/** The first canary that nobody notices. */
function deadCanary(): string | undefined {
  return Object.entries(CANARIES).find(([, { retire, what }]) => {
    for (let seed = 1; seed <= CANARY_HISTORIES; seed++) {
      if (playHistory(seed, retire).violations.some((one) => what.test(one))) return false;
    }
    return true;
  })?.[0];
}

async function main(count: number, first: number): Promise<number> {
  const unseen = deadCanary();
  if (unseen !== undefined) {
    process.stderr.write(`histories: "${unseen}" was not caught; nothing here can be trusted\n`);
    return 1;
  }
  const startMs = performance.now();
  const outcomes = await playInChildren<Outcome>(import.meta.url, { first, count });
  const figures = noFigures();
  for (const outcome of outcomes) addUp(figures, outcome.figures);
  const violations = outcomes.flatMap((outcome) => outcome.violations);
  for (const what of violations.slice(0, MAX_SHOWN)) process.stderr.write(`histories: ${what}\n`);
  const histories = outcomes.reduce((sum, outcome) => sum + outcome.histories, 0);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  process.stdout.write(
    `histories: ${histories} played, ${figures.polls} polls, ${figures.hazards} hazards, ` +
      `${figures.additions} additions, ${figures.retired} retired, ${figures.unplaced} refused; ` +
      `${figures.storesLost} stores and ${figures.packsLost} packs lost by the world; ` +
      `${violations.length} violations; ${seconds} s\n`,
  );
  return violations.length === 0 && histories === count ? 0 : 1;
}

const { values } = parseArgs({
  options: {
    count: { type: 'string' },
    seed: { type: 'string' },
    range: { type: 'string' },
  },
});
if (values.range !== undefined) {
  answerParent(playRange(readRange(values.range)));
} else {
  const read = wholeNumber('histories');
  const isReplay = values.seed !== undefined && values.count === undefined;
  const count = read(values.count ?? (isReplay ? '1' : '100'), '--count');
  process.exitCode = await main(count, read(values.seed ?? '1', '--seed'));
}
