// Runs one case: rounds in which every tool has its turn after the other, so that a busy minute hurts all
// of them alike; first the warm-up rounds, then those that count. What comes back is compared with what
// was saved, because a fast wrong answer is no result.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from './cases.ts';
import type { BenchData } from './data.ts';
import { type Measurement, measure, RunFailed, runPlain } from './measure.ts';
import type { Tool, ToolName } from './tools.ts';
import type { Trash } from './trash.ts';

export interface Sample {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** Bytes that the store took for this run, as the file system counts them. */
  readonly diskBytes: number;
  /** The same without parity, where the tool says so. */
  readonly storedBytes: number;
}

export interface ToolResult {
  readonly tool: ToolName;
  readonly title: string;
  readonly samples: readonly Sample[];
  /** Why there are fewer samples than rounds; empty if there are not. */
  readonly failure: string;
}

export interface RunOptions {
  readonly tools: readonly Tool[];
  readonly data: BenchData;
  readonly work: string;
  readonly trash: Trash;
  readonly rounds: number;
  readonly warmUps: number;
}

function diskBytes(folder: string): number {
  const said = runPlain({ argv: ['du', '-s', '-B1', folder], env: {}, cwd: '/' });
  return Number.parseInt(said, 10);
}

/** What is different between two folders; nothing if they hold the same. */
function compare(source: string, restored: string): void {
  const argv = ['diff', '-r', '-q', '--no-dereference', source, restored] as const;
  runPlain({ argv, env: {}, cwd: '/' });
}

/**
 * Every file once, so that each tool finds the page cache as the one before it did: a kernel that reclaims idle pages
 * takes them back within a minute, and whoever came after a slow tool would read from the disk what others did not.
 */
function readOnce(folder: string): void {
  const argv = ['sh', '-c', 'tar -cf - "$1" 2>/dev/null | cat > /dev/null', 'sh', folder] as const;
  runPlain({ argv, env: {}, cwd: '/' });
}

class Lane {
  readonly #tool: Tool;
  readonly #case: Case;
  readonly #options: RunOptions;
  readonly #samples: Sample[] = [];
  #turn = 0;
  #failure = '';

  constructor(tool: Tool, theCase: Case, options: RunOptions) {
    this.#tool = tool;
    this.#case = theCase;
    this.#options = options;
  }

  get #place(): string {
    return join(this.#options.work, this.#tool.name);
  }

  get #source(): string {
    return this.#options.data.path(this.#case.source);
  }

  #fresh(): void {
    rmSync(this.#place, { recursive: true, force: true });
    mkdirSync(this.#place, { recursive: true });
    for (const command of this.#tool.init(this.#place)) runPlain(command);
  }

  /** The repository that the act stands on: one backup of the source, made untimed and once. */
  prepare(): void {
    if (this.#case.act === 'first') return;
    this.#guard(() => {
      this.#fresh();
      runPlain(this.#tool.backup(this.#place, this.#source, 0));
    });
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof RunFailed)) throw error;
    this.#failure = error.message;
    process.stderr.write(`bench: ${this.#tool.title} failed: ${error.message}\n`);
  }

  async round(counts: boolean): Promise<void> {
    if (this.#failure !== '') return;
    try {
      const sample = this.#case.act === 'restore' ? await this.#restore() : await this.#backup();
      if (counts) this.#samples.push(sample);
      const seconds = sample.wallSeconds.toFixed(2);
      const kind = counts ? '' : ' (warm-up)';
      process.stderr.write(`bench: ${this.#case.name}: ${this.#tool.title} ${seconds} s${kind}\n`);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #backup(): Promise<Sample> {
    this.#turn += 1;
    if (this.#case.act === 'first') this.#fresh();
    const stored = this.#tool.storedFolder(this.#place);
    const before = diskBytes(stored);
    readOnce(this.#source);
    const command = this.#tool.backup(this.#place, this.#source, this.#turn);
    const measured = await measure(command, this.#options.work);
    const grown = diskBytes(stored) - before;
    return toSample(measured, grown, this.#tool.reportedBytes(measured.output) ?? grown);
  }

  get #target(): string {
    return join(this.#options.work, `${this.#tool.name}-restored`);
  }

  async #restore(): Promise<Sample> {
    mkdirSync(this.#target, { recursive: true });
    readOnce(this.#place);
    const command = this.#tool.restore(this.#place, this.#target, this.#turn);
    const measured = await measure(command, this.#options.work);
    this.#compareRestored();
    return toSample(measured, 0, 0);
  }

  #compareRestored(): void {
    compare(this.#source, join(this.#target, this.#source));
    this.#options.trash.put(this.#target);
  }

  /** Untimed: what the last backup left must come back as the source is. */
  check(): void {
    if (this.#failure !== '' || this.#case.act === 'restore') return;
    this.#guard(() => {
      mkdirSync(this.#target, { recursive: true });
      runPlain(this.#tool.restore(this.#place, this.#target, this.#turn));
      this.#compareRestored();
    });
  }

  finish(): ToolResult {
    rmSync(this.#place, { recursive: true, force: true });
    rmSync(this.#target, { recursive: true, force: true });
    const { name, title } = this.#tool;
    return { tool: name, title, samples: this.#samples, failure: this.#failure };
  }
}

function toSample(measured: Measurement, grown: number, stored: number): Sample {
  const { wallSeconds, cpuSeconds, peakBytes } = measured;
  return { wallSeconds, cpuSeconds, peakBytes, diskBytes: grown, storedBytes: stored };
}

export async function runCase(theCase: Case, options: RunOptions): Promise<ToolResult[]> {
  if (existsSync(options.work)) rmSync(options.work, { recursive: true, force: true });
  mkdirSync(options.work, { recursive: true });
  const tools = options.tools.filter((tool) => theCase.hasTwoCopies || tool.name !== 'kura-2');
  const lanes = tools.map((tool) => new Lane(tool, theCase, options));
  for (const lane of lanes) lane.prepare();
  for (let round = 1; round <= options.warmUps + options.rounds; round++) {
    if (theCase.name === 'edit') options.data.insert(round);
    for (const lane of lanes) await lane.round(round > options.warmUps);
  }
  // Only Kura's: the peers' are taken as right, and their restore is a case of its own.
  for (const [index, lane] of lanes.entries()) {
    if (tools[index]?.name.startsWith('kura')) lane.check();
  }
  const results = lanes.map((lane) => lane.finish());
  rmSync(options.work, { recursive: true, force: true });
  return results;
}
