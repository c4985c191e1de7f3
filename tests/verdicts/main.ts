// `npm run verdicts -- --cases N [--seed S]`: labelled cases, three quarters of honest stores, on two processes. At
// least 99.9 % of the verdicts are right where the evidence can tell, at most one honest store in 100,000 is
// accused, every bundle verifies, and none that was forged. Ends with one line of figures, and with 1 on a
// violation.
import { readOptions } from '../proof/options.ts';
import { answerParent, playInChildren, readRange, type SeedRange } from '../proof/seed-ranges.ts';
import { wholeNumber } from '../proof/whole-number.ts';
import { CANARIES, deadCanary } from './canary.ts';
import { type Figures, noFigures, type Outcome, playSeed } from './play.ts';

const CANARY_CASES = 400;
const MIN_RIGHT_SHARE = 0.999;
const MAX_ACCUSED_SHARE = 1e-5;
/** More would only repeat the same fault. */
const MAX_SHOWN = 8;

function addUp(sum: Figures, more: Figures): void {
  for (const key of Object.keys(sum) as (keyof Figures)[]) sum[key] += more[key];
}

function playRange({ first, stride, count }: SeedRange): Outcome {
  const figures = noFigures();
  const violations: string[] = [];
  for (let index = 0; index < count; index++) {
    const what = playSeed(first + index * stride, figures);
    if (what !== undefined && violations.length < MAX_SHOWN) violations.push(what);
  }
  return { figures, violations };
}

function isHeld(figures: Figures, cases: number): boolean {
  const { accused, honest, right, tellable, forgedTaken, wrongUntold } = figures;
  return (
    figures.cases === cases &&
    accused <= MAX_ACCUSED_SHARE * honest &&
    right >= MIN_RIGHT_SHARE * tellable &&
    wrongUntold <= (1 - MIN_RIGHT_SHARE) * (cases - tellable) &&
    forgedTaken === 0
  );
}

async function main(cases: number, first: number): Promise<number> {
  const unseen = deadCanary(CANARY_CASES);
  if (unseen !== undefined) {
    process.stderr.write(`verdicts: "${unseen}" was not noticed; nothing here can be trusted\n`);
    return 1;
  }
  const startMs = performance.now();
  const outcomes = await playInChildren<Outcome>(import.meta.url, { first, count: cases });
  const figures = noFigures();
  for (const outcome of outcomes) addUp(figures, outcome.figures);
  const violations = outcomes.flatMap((outcome) => outcome.violations);
  for (const what of violations.slice(0, MAX_SHOWN)) process.stderr.write(`verdicts: ${what}\n`);
  const { honest, accused, tellable, right, wrongUntold, forged, forgedTaken } = figures;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  process.stdout.write(
    `verdicts: ${figures.cases} cases; ${right} of ${tellable} right where the evidence can tell ` +
      `(${((100 * right) / tellable).toFixed(3)} %); ${accused} of ${honest} honest stores accused; ` +
      `${wrongUntold} impossible verdicts on the others; ${forgedTaken} of ${forged} forgeries taken; ` +
      `${Object.keys(CANARIES).length} canaries noticed; ${seconds} s\n`,
  );
  return isHeld(figures, cases) ? 0 : 1;
}

const values = readOptions({
  name: 'verdicts',
  proves: 'Verdicts are right where the evidence can tell, and accuse no honest store.',
  options: {
    cases: 'N: labelled cases, 1,000 unless given',
    seed: 'N: the first of them; alone, only that one',
    range: '', // of a child
  },
});
if (values.range !== undefined) {
  answerParent(playRange(readRange(values.range)));
} else {
  const read = wholeNumber('verdicts');
  const isReplay = values.seed !== undefined && values.cases === undefined;
  const cases = read(values.cases ?? (isReplay ? '1' : '1000'), '--cases');
  process.exitCode = await main(cases, read(values.seed ?? '1', '--seed'));
}
