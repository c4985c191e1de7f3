// Kura against its peers: `npm run bench [-- --quick] [--case NAME] [--peer NAME] [--runs N]
// [--warm-ups N] [--data DIR]`. A full-size case renews its part of docs/benchmarks.md; --quick checks
// only that everything works and writes nothing there. Exits 1 if a goal is missed or a run is wrong.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isoTime, KuraError, systemClock } from '@kura/base';
import { CASE_NAMES, CASES, type CaseName } from './cases.ts';
import { BenchData, FULL_SIZES, QUICK_SIZES } from './data.ts';
import { judge, ratio, resultOf } from './judge.ts';
import { type Options, parseOptions } from './options.ts';
import { writeCases } from './page.ts';
import { type Peers, preparePeers } from './peers.ts';
import {
  type CaseReport,
  caseText,
  goalText,
  machineFacts,
  measuredText,
  pageText,
  versionLine,
} from './report.ts';
import { runCase } from './run.ts';
import { KURA_ONE, KURA_TWO, makePeer } from './tools.ts';
import { Trash } from './trash.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function kuraVersion(): string {
  const { version }: { readonly version: string } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  return version;
}

interface Setting {
  readonly options: Options;
  readonly peers: Peers;
  readonly trash: Trash;
}

async function measureCase(name: CaseName, setting: Setting): Promise<CaseReport> {
  const { options, peers, trash } = setting;
  const size = options.isQuick ? 'quick' : 'full';
  const sizes = options.isQuick ? QUICK_SIZES : FULL_SIZES;
  const data = new BenchData(join(options.folder, size), sizes);
  const theCase = CASES[name];
  const description = data.prepare(theCase.source);
  if (theCase.act === 'restore' && !options.isQuick) await trash.settle();
  const loadBefore = loadavg()[0] ?? 0;
  const results = await runCase(theCase, {
    tools: [KURA_ONE, ...peers.installed.map(makePeer), KURA_TWO],
    data,
    work: join(options.folder, 'work'),
    trash,
    rounds: options.runs,
    warmUps: options.warmUps,
  });
  return {
    name,
    date: isoTime(systemClock.nowMs()).slice(0, 10),
    data: description,
    rounds: options.runs,
    warmUps: options.warmUps,
    versions: versionLine(peers, kuraVersion()),
    machine: machineFacts(),
    missing: peers.missing.map((peer) => `${peer.name}: not to be had: ${peer.why.split('\n')[0]}`),
    isJudged: !options.isQuick,
    load: [loadBefore, loadavg()[0] ?? 0],
    results,
  };
}

/** Results of single cases add up to the page: each case stands there with its own day. */
function keep(report: CaseReport, folder: string): void {
  const results = join(folder, 'results');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, `${report.name}.json`), JSON.stringify(report));
  const paths = CASE_NAMES.map((name) => join(results, `${name}.json`));
  const reports = paths
    .filter((path) => existsSync(path))
    .map((path): CaseReport => JSON.parse(readFileSync(path, 'utf8')));
  writeCases(pageText(reports));
}

interface Outcome {
  readonly figures: string;
  readonly violations: readonly string[];
}

function judgeReport(report: CaseReport, options: Options): Outcome {
  const violations = report.results
    .filter((result) => result.failure !== '')
    .map((result) => `${report.name}: ${result.title} failed`);
  for (const verdict of report.isJudged ? judge(CASES[report.name], report.results) : []) {
    const { against } = verdict.goal;
    const isWanted = against === 'kura' || options.peers.some((peer) => peer === against);
    if (verdict.state === 'met' || !isWanted) continue;
    const text = `${goalText(verdict.goal)}: ${verdict.state} ${measuredText(verdict)}`;
    violations.push(`${report.name}: ${text}`);
  }
  const kura = resultOf(report.results, 'kura');
  const restic = resultOf(report.results, 'restic');
  const figures =
    kura === undefined || restic === undefined
      ? `${report.name} not compared`
      : `${report.name} ${ratio(restic, kura, (sample) => sample.wallSeconds).toFixed(2)}×`;
  return { figures, violations };
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const peers = preparePeers(options.peers, join(options.folder, 'peers'));
  const trash = new Trash(join(options.folder, 'trash'));
  const outcomes: Outcome[] = [];
  for (const name of options.cases) {
    const report = await measureCase(name, { options, peers, trash });
    if (!options.isQuick) keep(report, options.folder);
    process.stdout.write(`${caseText(report)}\n\n`);
    outcomes.push(judgeReport(report, options));
  }
  trash.clear();
  const violations = outcomes.flatMap((outcome) => outcome.violations);
  for (const violation of violations) process.stderr.write(`bench: ${violation}\n`);
  const figures = outcomes.map((outcome) => outcome.figures).join(', ');
  const kind = options.isQuick ? 'failures' : 'violations';
  process.stdout.write(`bench: against restic ${figures}; ${violations.length} ${kind}\n`);
  return violations.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof KuraError)) throw error;
  process.stderr.write(`bench: ${error.message}\n       ${error.guidance}\n`);
  process.exitCode = 2;
}
