// `npm run simulate -- --seeds N [--seed S] [--coverage] [--canary]`: plays N seeds over all cores, or one seed
// step by step. Ends with one line of figures, and with an error if any rule was broken, if the canary was not
// caught, or if a long run never reached something that it should prove.
import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { playCanary } from './canary.ts';
import { coverageTable, REACHABLE, unreached } from './coverage.ts';
import { addFigures, type Figures, noFigures } from './figures.ts';
import type { RangeNews, SeedRange } from './range.ts';
import { playSeed, type SeedResult } from './seed.ts';

const DEFAULT_SEEDS = 100;
/** More cores than this are of no use to anyone who waits. */
const MAX_PROCESSES = 64;
/**
 * A seed leaves much garbage and nothing else: with a larger young generation, and a heap that is not taken for
 * full after a few seeds, a third of the collector's work is gone.
 */
const CHILD_OPTIONS = ['--max-semi-space-size=32', '--initial-heap-size=512'];
/** More would only repeat the same fault. */
const MAX_VIOLATIONS_SHOWN = 5;
/** A long run says now and then how far it is. */
const PROGRESS_SEEDS = 5000;
/** In so many seeds everything that has a name is reached many times over. */
const COVERING_SEEDS = 10_000;
const FIRST_SEED = 1;
/** A child that says nothing for so long hangs in one seed. */
const SILENCE_MS = 120_000;

interface Total {
  readonly figures: Figures;
  seeds: number;
  violations: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      canary: { type: 'boolean', default: false },
      coverage: { type: 'boolean', default: false },
    },
  });
  const startMs = performance.now();
  if (values.canary) return showCanary();
  if (values.seed !== undefined && values.seeds === undefined)
    return replay(wholeNumber(values.seed));
  const seeds = wholeNumber(values.seeds ?? String(DEFAULT_SEEDS));
  const first = wholeNumber(values.seed ?? String(FIRST_SEED));
  if ((await showCanary()) !== 0) return 1;
  const total: Total = { figures: noFigures(), seeds: 0, violations: 0 };
  const processes = Math.min(MAX_PROCESSES, availableParallelism(), Math.max(1, seeds));
  const ranges = Array.from({ length: processes }, (_, index) => ({
    first: first + index,
    stride: processes,
    count: Math.ceil((seeds - index) / processes),
  }));
  const ends = await Promise.all(ranges.map((range) => runChild(range, total)));
  const missed = unreached(total.figures.reached);
  if (values.coverage) {
    process.stdout.write(`${coverageTable(total.figures.reached, total.seeds)}\n`);
  }
  print(total, (performance.now() - startMs) / 1000);
  const isWhole = total.seeds === seeds && ends.every((code) => code === 0);
  if (total.seeds !== seeds)
    process.stderr.write(`only ${total.seeds} of ${seeds} seeds were played\n`);
  const isCovered = missed.length === 0 || seeds < COVERING_SEEDS;
  if (!isCovered) process.stderr.write(`never reached: ${missed.join(', ')}\n`);
  return total.violations === 0 && isWhole && isCovered ? 0 : 1;
}

async function showCanary(): Promise<number> {
  const caught = await playCanary(FIRST_SEED);
  if (caught === undefined) {
    process.stderr.write(
      'canary: stores that do not sync were not caught; nothing here can be trusted\n',
    );
    return 1;
  }
  const why = caught.violation?.split('\n')[0];
  process.stdout.write(`canary: stores that do not sync, caught by seed ${caught.seed}: ${why}\n`);
  return 0;
}

/** One seed, twice: what it does, and that it does the same again. */
async function replay(seed: number): Promise<number> {
  const result: SeedResult = await playSeed({ seed, canary: false });
  const again = await playSeed({ seed, canary: false });
  process.stdout.write(`${result.steps.join('\n')}\n`);
  process.stdout.write(`seed ${seed}: ${result.hash}, again ${again.hash}\n`);
  if (again.hash !== result.hash)
    process.stderr.write('the seed does not replay: chance leaks in\n');
  return result.violation === undefined && again.hash === result.hash ? 0 : 1;
}

/** Resolves with the child's exit code. */
async function runChild(range: SeedRange, total: Total): Promise<number> {
  const program = fileURLToPath(new URL('./range.ts', import.meta.url));
  const numbers = [range.first, range.stride, range.count].map(String);
  const child = spawn(process.execPath, [...CHILD_OPTIONS, program, '--range', ...numbers], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number>((resolve) => {
    child.on('close', (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      if (code !== 0) process.stderr.write(`a process that plays seeds ended with ${how}\n`);
      resolve(code ?? 1);
    });
  });
  for await (const line of linesOf(child)) take(JSON.parse(line) as RangeNews, total);
  return ended;
}

async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  if (child.stdout === null) return;
  let silence = setTimeout(() => child.kill(), SILENCE_MS);
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(silence);
    silence = setTimeout(() => child.kill(), SILENCE_MS);
    yield line;
  }
  clearTimeout(silence);
}

function take(news: RangeNews, total: Total): void {
  addFigures(total.figures, news.figures);
  const before = Math.floor(total.seeds / PROGRESS_SEEDS);
  total.seeds += news.seeds;
  if (Math.floor(total.seeds / PROGRESS_SEEDS) > before) {
    process.stdout.write(`${total.seeds} seeds, ${total.violations} violations so far\n`);
  }
  for (const { seed, steps } of news.violations) {
    total.violations++;
    if (total.violations > MAX_VIOLATIONS_SHOWN) continue;
    process.stdout.write(`seed ${seed}\n${steps.map((step) => `  ${step}\n`).join('')}`);
    process.stdout.write(`  replay: npm run simulate -- --seed ${seed}\n`);
  }
}

function print(total: Total, seconds: number): void {
  const { steps, crashes, faults, rot, restores, reached } = total.figures;
  const paths = REACHABLE.length;
  process.stdout.write(
    `simulate: ${total.seeds} seeds, ${steps} steps, ${faults} faults, ${crashes} crashes, ` +
      `${rot} rotten copies, ${restores} restores, ${paths - unreached(reached).length} of ${paths} ` +
      `accidents and paths reached, ${total.violations} violations, ` +
      `${seconds.toFixed(1)} s\n`,
  );
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  process.stderr.write(`"${text}" is not a number of seeds\n`);
  process.exit(2);
}

process.exitCode = await main();
