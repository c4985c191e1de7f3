// One network of processes to which accidents happen, one after the other, while its members save and get back. What
// must hold: what was acknowledged comes back identical, a command that failed succeeds when it is repeated, and
// nobody but the machine that starts a dead program again has to do anything.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '@kura/testing';
import { type RunningNetwork, startNetwork } from '../network/start.ts';
import { describeEnd } from '../real/kura.ts';
import { type AccidentKind, Accidents, wait } from './accidents.ts';
import { Clocks } from './clocks.ts';
import { Disks } from './disks.ts';
import { count, type Figures } from './figures.ts';
import { Member } from './member.ts';

export interface TrialOptions {
  readonly seed: number;
  readonly only: readonly AccidentKind[];
  readonly databaseUrl: string | undefined;
}

/** They save and get back at once, so that one accident finds commands in several states. */
const NAMES = ['ada', 'grace', 'henry'] as const;
/** Of each member's snapshots, beside the newest, at the end. */
const AGAIN = 4;
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
  #members: readonly Member[] = [];
  /** One after the other, whoever asks. */
  #reviving: Promise<void> = Promise.resolve();

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
    this.#accidents = new Accidents({ network, random, members: NAMES, clocks, disks, only });
  }

  static async begin(options: TrialOptions, figures: Figures): Promise<Trial> {
    const ground = prepareGround();
    const network = await startChaosNetwork(ground, options);
    const trial = new Trial(ground, network, { options, figures });
    try {
      trial.#members = await Promise.all(NAMES.map((name) => trial.#join(name)));
      // So that the members are not all at the same.
      const [first] = trial.#members;
      await first?.begin().complete();
    } catch (error) {
      await trial.close();
      throw error;
    }
    return trial;
  }

  /** One accident, while every member is at something; then each gets done what it was at. */
  async round(): Promise<void> {
    const accident = this.#accidents.draw();
    const { kind, victim } = accident;
    count(this.#figures, kind, victim);
    const tasks = new Map(this.#members.map((member) => [member.name, member.begin()]));
    for (const { work } of tasks.values()) this.#figures.struck[work]++;
    const longestMs = Math.max(...this.#members.flatMap((one) => Object.values(one.durationsMs)));
    await wait(this.#random.below(Math.ceil(longestMs)));
    await accident.strike(new Map([...tasks].map(([name, { running }]) => [name, running])));
    await this.#revive();
    const completed = [...tasks].map(async ([name, { running, complete }]) => {
      const ended = await running.ended;
      const isKilled = kind === 'kill' && victim === name;
      assert.ok(isKilled || ended.signal === null, `it does not end: ${describeEnd(ended)}`);
      await complete();
    });
    await allOrFirstError(completed);
  }

  /** Everything that was ever acknowledged is there, and every copy of it is right. */
  async finish(): Promise<void> {
    await allOrFirstError(this.#members.map((member) => member.finish(AGAIN)));
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

  #join(name: string): Promise<Member> {
    const { folder } = this.#ground;
    return Member.join({
      ...{ network: this.#network, name, folder, figures: this.#figures },
      random: this.#random.fork(),
      revive: () => this.#revive(),
    });
  }

  #revive(): Promise<void> {
    const next = this.#reviving.then(() => this.#reviveAll());
    this.#reviving = next.catch(() => undefined);
    return next;
  }

  /** What ended by itself is started again, as systemd would. */
  async #reviveAll(): Promise<void> {
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
}

/** Nobody is still at it when this is over; the first that failed is told. */
async function allOrFirstError(work: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(work);
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
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
