// One network on which commands are killed again and again. What must hold after each kill: the next command
// finds nothing stale, the next backup is right, and every snapshot that was ever acknowledged and not
// forgotten comes back identical.
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from '@kura/testing';
import { describeEnd, type Ended, startKura } from '../real/kura.ts';
import { lastRecord, Scene, type Stage } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeFiles, writeSample } from '../real/tree.ts';
import type { Figures } from './figures.ts';

type Victim = 'backup' | 'prune' | 'restore';

/** Most kills hit backups; of ten: which. */
const TURNS: readonly Victim[] = [
  'backup',
  'backup',
  'prune',
  'backup',
  'restore',
  'backup',
  'backup',
  'backup',
  'backup',
  'restore',
];
/** So many turns, and all snapshots are looked at, and the old ones dropped. */
const HOUSEKEEPING = 5;
/** More would make each turn slower, and show nothing new. */
const MAX_SNAPSHOTS = 4;
const KIB = 1024;

interface Acknowledged {
  readonly id: string;
  readonly tree: readonly string[];
}

export interface TrialOptions {
  readonly seed: number;
  readonly stage: Stage;
  readonly figures: Figures;
}

export class Trial {
  readonly #scene: Scene;
  readonly #random: SeededRandom;
  readonly #figures: Figures;
  #acknowledged: Acknowledged[] = [];
  /** The longest that each command took when left alone; kills are spread over it. */
  readonly #durationsMs = new Map<Victim, number>();
  #changes = 0;
  last: Ended | undefined;

  private constructor(scene: Scene, random: SeededRandom, figures: Figures) {
    this.#scene = scene;
    this.#random = random;
    this.#figures = figures;
  }

  static async begin({ seed, stage, figures }: TrialOptions): Promise<Trial> {
    const random = new SeededRandom(seed);
    const scene = await Scene.founded({ stage });
    writeSample(scene.source, random);
    const trial = new Trial(scene, random, figures);
    await trial.#backup();
    trial.#change();
    await trial.#backup();
    await trial.#prune();
    await trial.#restoreAndCompare();
    return trial;
  }

  /** False if the command had ended before the kill came. */
  async kill(index: number): Promise<boolean> {
    const victim = TURNS[index % TURNS.length] ?? 'backup';
    if (victim === 'backup') return await this.#killBackup(index);
    return victim === 'prune' ? await this.#killPrune() : await this.#killRestore();
  }

  /** Everything that is there must be whole, and there must be nothing else. */
  async finish(): Promise<void> {
    await this.#run(0, ['check', '--read-data']);
    for (const one of this.#acknowledged) await this.#compare(one);
    await this.#prune();
    await this.#run(0, ['check', '--read-data']);
    const target = this.#acknowledged.at(-1);
    if (target !== undefined) await this.#compare(target);
  }

  close(): void {
    this.#scene.close();
  }

  // ── Kills ───────────────────────────────────────────────────────────────────────────────────────

  async #killBackup(index: number): Promise<boolean> {
    this.#change();
    const wasKilled = await this.#strike('backup', ['backup', this.#scene.source]);
    if (wasKilled) this.#figures.backups++;
    await this.#backup();
    await this.#restoreAndCompare();
    if (index % HOUSEKEEPING === 0) await this.#lookAround();
    return wasKilled;
  }

  async #killPrune(): Promise<boolean> {
    await this.#dropOld(1);
    this.#change();
    await this.#backup();
    const wasKilled = await this.#strike('prune', ['prune', '--max-unused', '0%']);
    if (wasKilled) this.#figures.prunes++;
    // No lease of the killed one may be in the way of the next one.
    await this.#prune();
    await this.#restoreAndCompare();
    return wasKilled;
  }

  async #killRestore(): Promise<boolean> {
    const target = this.#scene.path('half');
    const one = this.#random.pick(this.#acknowledged);
    const argv = ['restore', one.id, '--target', target];
    const wasKilled = await this.#strike('restore', argv);
    if (wasKilled) this.#figures.restores++;
    await this.#run(0, argv);
    assertSameTree(restored(target, this.#scene.source), one.tree);
    const beside = readdirSync(this.#scene.folder).filter((name) => name.includes('kura-restore'));
    assert.deepEqual(beside, [], 'something of the killed restore is left');
    this.#figures.compared++;
    rmSync(target, { recursive: true });
    return wasKilled;
  }

  /** Kills that came between the snapshot and the answer: what they left must be whole all the same. */
  async #lookAround(): Promise<void> {
    const { out } = await this.#run(0, ['snapshots', '--json']);
    const there = (JSON.parse(out) as { id: string }[]).map(({ id }) => id);
    for (const { id } of this.#acknowledged) assert.ok(there.includes(id), `${id} is gone`);
    const known = new Set(this.#acknowledged.map(({ id }) => id));
    const unacknowledged = there.filter((id) => !known.has(id));
    for (const id of unacknowledged) {
      const target = this.#scene.path('out');
      await this.#run(0, ['restore', id, '--target', target]);
      rmSync(target, { recursive: true });
      this.#figures.finishedAnyway++;
    }
    if (unacknowledged.length > 0) await this.#run(0, ['forget', ...unacknowledged]);
    await this.#run(0, ['check']);
    await this.#dropOld();
  }

  /** True if it was still running. */
  async #strike(victim: Victim, argv: readonly string[]): Promise<boolean> {
    const span = this.#durationsMs.get(victim) ?? 1000;
    const { child, ended } = startKura(argv, { home: this.#scene.home });
    const timer = setTimeout(
      () => {
        // The whole group: whatever it has started goes with it.
        if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      },
      this.#random.below(Math.ceil(span)),
    );
    const how = await ended;
    clearTimeout(timer);
    this.last = how;
    if (how.signal === 'SIGKILL') return true;
    assert.equal(how.code, 0, describeEnd(how));
    this.#figures.tooLate++;
    return false;
  }

  // ── Commands that must succeed ────────────────────────────────────────────────────────────────────

  async #run(code: number, argv: readonly string[]): Promise<Ended> {
    const ended = await this.#scene.run(argv);
    this.last = ended;
    assert.equal(ended.code, code, describeEnd(ended));
    return ended;
  }

  async #timed(victim: Victim, argv: readonly string[]): Promise<Ended> {
    const ended = await this.#run(0, argv);
    const before = this.#durationsMs.get(victim) ?? ended.tookMs;
    // Follows the load of the machine, slowly.
    this.#durationsMs.set(victim, before * 0.7 + ended.tookMs * 0.3);
    return ended;
  }

  async #backup(): Promise<void> {
    const argv = ['backup', this.#scene.source, '--json'];
    const summary = lastRecord(await this.#timed('backup', argv));
    assert.equal(summary['copies_min'], 2);
    const tree = describeTree(this.#scene.source);
    this.#acknowledged.push({ id: String(summary['snapshot_id']), tree });
  }

  async #prune(): Promise<void> {
    await this.#timed('prune', ['prune', '--max-unused', '0%']);
  }

  /** The newest as a rule; an old one now and then. */
  async #restoreAndCompare(): Promise<void> {
    const newest = this.#acknowledged.at(-1);
    const one = this.#random.chance(0.7) ? newest : this.#random.pick(this.#acknowledged);
    assert.ok(one);
    await this.#compare(one);
  }

  async #compare({ id, tree }: Acknowledged): Promise<void> {
    const target = this.#scene.path('out');
    await this.#timed('restore', ['restore', id, '--target', target]);
    assertSameTree(restored(target, this.#scene.source), tree);
    rmSync(target, { recursive: true });
    this.#figures.compared++;
  }

  async #dropOld(keep = MAX_SNAPSHOTS): Promise<void> {
    const old = this.#acknowledged.slice(0, -keep);
    if (old.length === 0) return;
    await this.#run(0, ['forget', ...old.map(({ id }) => id)]);
    this.#acknowledged = this.#acknowledged.slice(-keep);
  }

  /** Some new, some changed, one gone: every backup has something to send. */
  #change(): void {
    const index = this.#changes++;
    const { source } = this.#scene;
    const random = this.#random;
    writeFiles(source, {
      [`new/${index}.bin`]: random.bytes(1 + random.below(600 * KIB)),
      'one/33792.bin': random.bytes(33 * KIB + (index % 7)),
      'log.txt': `${'the same line again\n'.repeat(500)}${index}`,
    });
    rmSync(join(source, `new/${index - 3}.bin`), { force: true });
  }
}
