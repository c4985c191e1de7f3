// One network of processes to which accidents happen, one after the other, while a member saves and gets back. What
// must hold: what was acknowledged comes back identical, a command that failed succeeds when it is repeated, and
// nobody but the machine that starts a dead program again has to do anything.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE_MS } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { type RunningNetwork, startNetwork } from '../network/start.ts';
import { describeEnd, type Ended } from '../real/kura.ts';
import { lastRecord } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeFiles, writeSample } from '../real/tree.ts';
import { type AccidentKind, Accidents, wait } from './accidents.ts';
import { Clocks } from './clocks.ts';
import { Disks } from './disks.ts';
import { count, type Figures } from './figures.ts';

type Work = 'backup' | 'restore';

interface Acknowledged {
  readonly id: string;
  readonly tree: readonly string[];
}

export interface TrialOptions {
  readonly seed: number;
  readonly only: readonly AccidentKind[];
  readonly databaseUrl: string | undefined;
}

const KIB = 1024;
/** Repeated so often at the most, and not at once: the network has time to find itself, which it needs nobody for. */
const MAX_REPEATS = 5;
const PAUSE_MS = 10_000;
/** Of four rounds, one strikes a restore. */
const RESTORE_EVERY = 4;
const HOME = 'grace';
/** Longer than any accident and every patience of a command. */
const COMMAND_MS = 15 * MINUTE_MS;
/** Degraded: saved, with fewer copies than wanted. */
const DONE: readonly (number | null)[] = [0, 22];
/** systemd does not start a program again that ended so (packaging/systemd). */
const NEEDS_A_PERSON: readonly (number | null)[] = [2, 10];
const MAX_STARTS = 5;
const RESTART_MS = 2_000;

/** What the trial stands on, beside the network. */
interface Ground {
  readonly folder: string;
  readonly clocks: Clocks | undefined;
  readonly disks: Disks | undefined;
}

export class Trial {
  readonly #ground: Ground;
  readonly #network: RunningNetwork;
  readonly #random: SeededRandom;
  readonly #figures: Figures;
  readonly #accidents: Accidents;
  readonly #acknowledged: Acknowledged[] = [];
  readonly #durationsMs: Record<Work, number> = { backup: 0, restore: 0 };
  #changes = 0;

  private constructor(
    ground: Ground,
    network: RunningNetwork,
    { options, figures }: { readonly options: TrialOptions; readonly figures: Figures },
  ) {
    this.#ground = ground;
    this.#network = network;
    this.#random = new SeededRandom(options.seed);
    this.#figures = figures;
    const { clocks, disks } = ground;
    const { only } = options;
    const random = this.#random;
    this.#accidents = new Accidents({ network, random, member: HOME, clocks, disks, only });
  }

  static async begin(options: TrialOptions, figures: Figures): Promise<Trial> {
    const ground = prepareGround();
    const network = await startChaosNetwork(ground, options);
    const trial = new Trial(ground, network, { options, figures });
    try {
      await network.join(HOME);
      writeSample(trial.#source, trial.#random);
      await trial.#backup();
      trial.#change();
      await trial.#backup();
      await trial.#restoreNewest();
    } catch (error) {
      await trial.close();
      throw error;
    }
    return trial;
  }

  /** What happens to a backup or to a restore while it is running. */
  async round(index: number): Promise<void> {
    this.#figures.rounds++;
    if (index % RESTORE_EVERY === RESTORE_EVERY - 1) {
      await this.#strikeRestore();
      return;
    }
    this.#change();
    const ended = await this.#strike('backup', ['backup', this.#source, '--json']);
    if (DONE.includes(ended.code)) this.#acknowledge(ended);
    else await this.#backup();
    await this.#restoreNewest();
  }

  /** Everything that was ever acknowledged comes back, and every copy of it is right. */
  async finish(): Promise<void> {
    for (const one of this.#acknowledged) await this.#restore(one);
    const argv = ['check', '--read-data'];
    const ended = await this.#command(argv);
    assert.ok(DONE.includes(ended.code), describeEnd(ended));
  }

  async close(): Promise<void> {
    await this.#network.close();
    rmSync(this.#ground.folder, { recursive: true, force: true });
  }

  /** The last words of every program, for whoever reads why a run failed. */
  describe(): string {
    return this.#network.names
      .map((name) => `--- ${name}\n${this.#network.process(name).describe()}`)
      .join('\n');
  }

  get #source(): string {
    return join(this.#ground.folder, 'source');
  }

  async #strikeRestore(): Promise<void> {
    const one = this.#random.pick(this.#acknowledged);
    const target = join(this.#ground.folder, 'struck');
    const argv = ['restore', one.id, '--target', target];
    const ended = await this.#strike('restore', argv);
    if (ended.code !== 0) await this.#untilDone('restore', argv);
    assertSameTree(restored(target, this.#source), one.tree);
    rmSync(target, { recursive: true });
    this.#figures.compared++;
  }

  async #strike(work: Work, argv: readonly string[]): Promise<Ended> {
    const accident = this.#accidents.draw();
    const { kind, victim } = accident;
    count(this.#figures, kind, victim);
    const running = this.#network.memberStarts(HOME, argv, COMMAND_MS);
    await wait(this.#random.below(Math.ceil(this.#durationsMs[work])));
    await accident.strike(running);
    await this.#revive();
    const ended = await running.ended;
    this.#note(ended);
    const isKilled = kind === 'kill' && victim === HOME;
    assert.ok(isKilled || ended.signal === null, `it does not end: ${describeEnd(ended)}`);
    return ended;
  }

  /** What ended by itself is started again, as systemd would. */
  async #revive(): Promise<void> {
    for (const name of this.#network.names) {
      for (let starts = 0; this.#network.process(name).isOver; starts++) {
        const process = this.#network.process(name);
        const code = await process.ended;
        const words = `${name} ended with ${code}: ${process.describe()}`;
        assert.ok(!NEEDS_A_PERSON.includes(code) && starts < MAX_STARTS, words);
        this.#figures.revived++;
        await wait(RESTART_MS);
        await this.#network.run(name).catch(() => undefined);
      }
    }
  }

  async #command(argv: readonly string[]): Promise<Ended> {
    const ended = await this.#network.memberStarts(HOME, argv, COMMAND_MS).ended;
    this.#note(ended);
    return ended;
  }

  #note(ended: Ended): void {
    this.#figures.last = ended;
    if (ended.code === 22) this.#figures.degraded++;
  }

  /** Repeats a command until it succeeds: nothing may stay stuck. */
  async #untilDone(work: Work, argv: readonly string[]): Promise<Ended> {
    for (let repeat = 1; ; repeat++) {
      const ended = await this.#command(argv);
      this.#durationsMs[work] = ended.tookMs;
      if (DONE.includes(ended.code)) return ended;
      this.#figures.repeats++;
      assert.ok(repeat < MAX_REPEATS, `it stays stuck: ${describeEnd(ended)}`);
      await wait(PAUSE_MS);
    }
  }

  async #backup(): Promise<void> {
    this.#acknowledge(await this.#untilDone('backup', ['backup', this.#source, '--json']));
  }

  #acknowledge(ended: Ended): void {
    const { snapshot_id: id } = lastRecord(ended);
    assert.equal(typeof id, 'string', describeEnd(ended));
    this.#acknowledged.push({ id: String(id), tree: describeTree(this.#source) });
  }

  async #restoreNewest(): Promise<void> {
    const newest = this.#acknowledged.at(-1);
    assert.ok(newest);
    await this.#restore(newest);
  }

  async #restore({ id, tree }: Acknowledged): Promise<void> {
    const target = join(this.#ground.folder, 'out');
    await this.#untilDone('restore', ['restore', id, '--target', target]);
    assertSameTree(restored(target, this.#source), tree);
    rmSync(target, { recursive: true });
    this.#figures.compared++;
  }

  /** Some new, some changed, one gone: every backup has something to send. */
  #change(): void {
    const index = this.#changes++;
    writeFiles(this.#source, {
      [`new/${index}.bin`]: this.#random.bytes(1 + this.#random.below(3000 * KIB)),
      'log.txt': `${'the same line again\n'.repeat(500)}${index}`,
    });
    rmSync(join(this.#source, `new/${index - 3}.bin`), { force: true });
  }
}

function prepareGround(): Ground {
  const folder = mkdtempSync(join(tmpdir(), 'kura-chaos-'));
  const clocks = Clocks.open(join(folder, 'clocks'));
  const disks = Disks.isPossible ? new Disks() : undefined;
  return { folder, clocks, disks };
}

/** Its programs, with what can happen to each. People's machines are sound. */
async function startChaosNetwork(
  { clocks, disks }: Ground,
  { databaseUrl }: TrialOptions,
): Promise<RunningNetwork> {
  return await startNetwork({
    gateways: 1,
    hasFaultyLines: true,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    prepare: (name, folder) => disks?.add(name, folder),
    finish: () => disks?.close(),
    environmentOf: (name) => clocks?.environmentOf(name) ?? {},
    stores: [
      { city: 'frankfurt', kind: 'card-readable' },
      { city: 'osaka', kind: 'strict' },
      { city: 'seoul', kind: 'strict' },
    ],
  });
}
