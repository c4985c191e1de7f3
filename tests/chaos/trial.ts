// One network of processes on which programs are killed, one after the other, while a member saves and gets back. What
// must hold: what was acknowledged comes back identical, a command that failed succeeds when it is repeated, and
// nobody but the machine that starts a dead program again has to do anything.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemAlarmClock } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { type RunningNetwork, startNetwork } from '../network/start.ts';
import { describeEnd, type Ended, type Running } from '../real/kura.ts';
import { lastRecord } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeFiles, writeSample } from '../real/tree.ts';
import type { Figures } from './figures.ts';

type Work = 'backup' | 'restore';

interface Acknowledged {
  readonly id: string;
  readonly tree: readonly string[];
}

const KIB = 1024;
/** Repeated so often at the most; each time the network has had time to find itself. */
const MAX_REPEATS = 5;
/** Of four rounds, one kills in a restore. */
const RESTORE_EVERY = 4;
const HOME = 'grace';
/** Degraded: saved, with fewer copies than wanted. */
const DONE: readonly (number | null)[] = [0, 22];

export class Trial {
  readonly #network: RunningNetwork;
  readonly #random: SeededRandom;
  readonly #figures: Figures;
  readonly #acknowledged: Acknowledged[] = [];
  readonly #durationsMs: Record<Work, number> = { backup: 0, restore: 0 };
  #changes = 0;

  private constructor(network: RunningNetwork, random: SeededRandom, figures: Figures) {
    this.#network = network;
    this.#random = random;
    this.#figures = figures;
  }

  static async begin(seed: number, figures: Figures): Promise<Trial> {
    const network = await startNetwork({
      stores: [
        { city: 'frankfurt', kind: 'card-readable' },
        { city: 'osaka', kind: 'strict' },
        { city: 'seoul', kind: 'strict' },
      ],
    });
    const trial = new Trial(network, new SeededRandom(seed), figures);
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

  /** Kills one program, or the member's command, while that is running. */
  async round(index: number): Promise<void> {
    const victim = this.#random.pick([...this.#network.names, 'member']);
    if (index % RESTORE_EVERY === RESTORE_EVERY - 1) {
      await this.#strikeRestore(victim);
      return;
    }
    this.#change();
    const ended = await this.#strike('backup', victim, ['backup', this.#source, '--json']);
    if (DONE.includes(ended.code)) this.#acknowledge(ended);
    else await this.#backup();
    await this.#restoreNewest();
  }

  /** Everything that was ever acknowledged comes back. */
  async finish(): Promise<void> {
    for (const one of this.#acknowledged) await this.#restore(one);
  }

  close(): Promise<void> {
    return this.#network.close();
  }

  get #source(): string {
    return join(this.#network.folder, 'source');
  }

  async #strikeRestore(victim: string): Promise<void> {
    const one = this.#random.pick(this.#acknowledged);
    const target = join(this.#network.folder, 'struck');
    const argv = ['restore', one.id, '--target', target];
    const ended = await this.#strike('restore', victim, argv);
    if (ended.code !== 0) await this.#untilDone('restore', argv);
    assertSameTree(restored(target, this.#source), one.tree);
    rmSync(target, { recursive: true });
    this.#figures.compared++;
  }

  async #strike(work: Work, victim: string, argv: readonly string[]): Promise<Ended> {
    const running = this.#network.memberStarts(HOME, argv);
    await this.#wait(this.#random.below(Math.ceil(this.#durationsMs[work])));
    this.#figures.kills.set(victim, (this.#figures.kills.get(victim) ?? 0) + 1);
    if (victim === 'member') killGroup(running);
    else {
      await this.#network.kill(victim);
      await this.#network.run(victim);
    }
    const ended = await running.ended;
    this.#figures.last = ended;
    if (ended.code === 22) this.#figures.degraded++;
    return ended;
  }

  /** Repeats a command until it succeeds: nothing may stay stuck. */
  async #untilDone(work: Work, argv: readonly string[]): Promise<Ended> {
    for (let repeat = 1; ; repeat++) {
      const ended = await this.#network.member(HOME, ...argv);
      this.#figures.last = ended;
      this.#durationsMs[work] = ended.tookMs;
      if (ended.code === 22) this.#figures.degraded++;
      if (DONE.includes(ended.code)) return ended;
      this.#figures.repeats++;
      assert.ok(repeat < MAX_REPEATS, `it stays stuck: ${describeEnd(ended)}`);
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
    const target = join(this.#network.folder, 'out');
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

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      systemAlarmClock.after(ms, resolve);
    });
  }
}

function killGroup({ child }: Running): void {
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
}
