// The benchmark's page: the machine, the versions, a table per case with every goal beside what was
// measured. Missed goals and missing peers stand in it as plainly as the rest.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { CASES, type CaseName, type Goal } from './cases.ts';
import { judge, median, ratio, resultOf, type Verdict } from './judge.ts';
import type { Peers } from './peers.ts';
import type { Sample, ToolResult } from './run.ts';

export interface CaseReport {
  readonly name: CaseName;
  /** Day of the measurement, ISO. */
  readonly date: string;
  readonly data: string;
  readonly rounds: number;
  readonly warmUps: number;
  /** One line about who took part in which version. */
  readonly versions: string;
  readonly machine: string;
  readonly missing: readonly string[];
  /** False for small data: the goals are promises for the full size only. */
  readonly isJudged: boolean;
  /** Processes that wanted to run, on average over the minute before the case and its last one. */
  readonly load: readonly [number, number];
  readonly results: readonly ToolResult[];
}

const MIB = 2 ** 20;

export function machineFacts(): string {
  const osRelease = readFileSync('/etc/os-release', 'utf8');
  const system = /^PRETTY_NAME="?([^"\n]+)/m.exec(osRelease)?.[1] ?? 'Linux';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB of memory`;
  const model = cpus()[0]?.model ?? 'unknown processor';
  return `${availableParallelism()} cores of ${model}, ${memory}, ${system}, Linux ${release()}`;
}

export function versionLine(peers: Peers, kuraVersion: string): string {
  const names = peers.installed.map((peer) => `${peer.name} ${peer.version}`);
  return [`Kura ${kuraVersion} on Node ${process.versions.node}`, ...names].join(', ');
}

export function goalText(goal: Goal): string {
  const other = goal.against === 'kura' ? 'one copy' : goal.against;
  switch (goal.kind) {
    case 'faster':
      return `at least ${goal.limit} times as fast as ${other}`;
    case 'slower':
      return `two copies take at most ${goal.limit} times as long as one`;
    case 'memory':
      return `peak memory at most ${goal.limit} times that of ${other}`;
    case 'stored':
      return `stored size (without parity) at most ${goal.limit} times that of ${other}`;
    case 'growth':
      return `stores at most ${goal.limit / MIB} MiB more`;
  }
}

export function measuredText(verdict: Verdict): string {
  if (verdict.measured === undefined) return '';
  if (verdict.goal.kind === 'growth') return `${(verdict.measured / MIB).toFixed(2)} MiB`;
  return verdict.measured.toFixed(2);
}

function row(result: ToolResult, kura: ToolResult | undefined): string {
  if (result.samples.length === 0) {
    return `| ${result.title} | failed: ${result.failure.split('\n')[0]?.slice(0, 200)} | | | | | |`;
  }
  const of = (figure: (sample: Sample) => number): number => median(result.samples.map(figure));
  const walls = result.samples.map((sample) => sample.wallSeconds);
  const range = `${Math.min(...walls).toFixed(2)}–${Math.max(...walls).toFixed(2)}`;
  const against = (figure: (sample: Sample) => number): string =>
    kura === undefined ? '' : ratio(result, kura, figure).toFixed(2);
  const cells = [
    result.title,
    `${of((sample) => sample.wallSeconds).toFixed(2)} (${range})`,
    against((sample) => sample.wallSeconds),
    of((sample) => sample.cpuSeconds).toFixed(1),
    against((sample) => sample.cpuSeconds),
    (of((sample) => sample.peakBytes) / MIB).toFixed(0),
    (of((sample) => sample.storedBytes) / MIB).toFixed(1),
    (of((sample) => sample.diskBytes) / MIB).toFixed(1),
  ];
  return `| ${cells.join(' | ')} |`;
}

export function caseText(report: CaseReport): string {
  const theCase = CASES[report.name];
  const kura = resultOf(report.results, 'kura');
  const loads = report.load.map((load) => load.toFixed(1)).join(' and ');
  const lines = [
    `## ${theCase.title} (\`${report.name}\`)`,
    '',
    `${report.date}; ${report.versions}; ${report.rounds} counted rounds after ` +
      `${report.warmUps} to warm up; load ${loads} before and at the end. Data: ${report.data}.`,
    '',
    '| | wall s (range) | × Kura | CPU s | × Kura | peak MiB | stored MiB | on disk MiB |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...report.results.map((result) => row(result, kura)),
    ...report.missing.map((text) => `| ${text} | | | | | | | |`),
  ];
  return [...lines, ...goalLines(report)].join('\n');
}

function goalLines(report: CaseReport): string[] {
  if (!report.isJudged) return [];
  const lines = ['', '| goal | measured | |', '| --- | ---: | --- |'];
  for (const verdict of judge(CASES[report.name], report.results)) {
    const state = verdict.state === 'met' ? 'met' : `**${verdict.state}**`;
    lines.push(`| ${goalText(verdict.goal)} | ${measuredText(verdict)} | ${state} |`);
  }
  return lines;
}

export function pageText(reports: readonly CaseReport[]): string {
  const machines = [...new Set(reports.map((report) => report.machine))];
  const head = [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; do not edit. Kura against restic, BorgBackup and bup from Debian: the',
    'same data, the same disk, the tools in turn (A B C A B C …), a fresh repository for each first backup.',
    'Before each run the file system is synced and what will be read is read once, so that all find it in',
    'memory. Every tool runs with its defaults; all but bup encrypt. Wall',
    'times are medians with their range; *× Kura* is the median of the ratios to Kura with one copy',
    'within each round, which is what counts on a machine that does other things too (the load says how',
    'much it did). *Peak* is that of the largest process.',
    '*Stored* is what the run added without parity (Kura says it as `data_added_packed`), *on disk*',
    'what the folder grew by; Kura also writes parity, receipts and a catalogue. What Kura saved was',
    'restored and compared with the source in every case.',
    '',
    ...machines.map((machine) => `Machine: ${machine}.`),
  ];
  return `${[head.join('\n'), ...reports.map(caseText)].join('\n\n')}\n`;
}
