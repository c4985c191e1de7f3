// Somebody who saves and gets back, in turn, and forgets nothing that was acknowledged: each snapshot comes back in the
// command after it, identical, whatever happens meanwhile.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { MINUTE_MS } from '@kura/base';
import type { SeededRandom } from '@kura/testing';
import { recordsOf } from '../network/records.ts';
import type { RunningNetwork } from '../network/start.ts';
import { describeEnd, type Ended, type Running } from '../real/kura.ts';
import { lastRecord } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeFiles, writeSample } from '../real/tree.ts';
import { wait } from './accidents.ts';
import type { Figures, Work } from './figures.ts';

interface Acknowledged {
  readonly id: string;
  readonly tree: readonly string[];
}

/** A command under way. */
export interface Task {
  readonly work: Work;
  readonly running: Running;
  /** Does it again if it failed, until what it was for is so. */
  readonly complete: () => Promise<void>;
}

export interface MemberParts {
  readonly network: RunningNetwork;
  /** Of the home, which is in the network's folder. */
  readonly name: string;
  /** For what is saved. */
  readonly folder: string;
  readonly random: SeededRandom;
  readonly figures: Figures;
  /** Whatever ended is started again before a command is repeated. */
  readonly revive: () => Promise<void>;
}

const KIB = 1024;
const MAX_NEW_BYTES = 2000 * KIB;
/** New files that stay; the oldest goes. */
const KEPT_NEW = 3;
/** Repeated so often at the most, and not at once: the network has time to find itself, which it needs nobody for. */
const MAX_REPEATS = 5;
const PAUSE_MS = 10_000;
/** Longer than any accident and every patience of a command. */
const COMMAND_MS = 15 * MINUTE_MS;
/** Degraded: saved, with fewer copies than wanted. */
const DONE: readonly (number | null)[] = [0, 22];

export class Member {
  readonly #parts: MemberParts;
  readonly #acknowledged: Acknowledged[] = [];
  /** How long each kind took when it was last done well, in ms. */
  readonly durationsMs: Record<Work, number> = { backup: 0, restore: 0 };
  #changes = 0;
  #next: Work = 'backup';

  private constructor(parts: MemberParts) {
    this.#parts = parts;
  }

  /** Joins, and has files, saved once and brought back once. */
  static async join(parts: MemberParts): Promise<Member> {
    const member = new Member(parts);
    await parts.network.join(parts.name);
    writeSample(member.#source, parts.random);
    for (const _ of [1, 2]) {
      const task = member.begin();
      await task.running.ended;
      await task.complete();
    }
    return member;
  }

  get name(): string {
    return this.#parts.name;
  }

  /** Saving and getting back, in turn. */
  begin(): Task {
    const work = this.#next;
    this.#next = work === 'backup' ? 'restore' : 'backup';
    return work === 'backup' ? this.#save() : this.#getBack(this.#newest(), 'struck');
  }

  /** Everything that was ever acknowledged is listed, every copy of it is right, and `again` of them come back. */
  async finish(again: number): Promise<void> {
    const listed = await this.#untilDone(this.#start(['snapshots', '--json']));
    const ids = new Set(recordsOf(listed.out).map(({ id }) => id));
    for (const { id } of this.#acknowledged) assert.ok(ids.has(id), `${id} is not listed`);
    await this.#untilDone(this.#start(['check', '--read-data']));
    const { random } = this.#parts;
    const drawn = Array.from({ length: again }, () => random.pick(this.#acknowledged));
    // Whoever saved last has not got it back yet.
    for (const one of [this.#newest(), ...drawn]) await this.#getBack(one, 'out').complete();
  }

  #save(): Task {
    this.#change();
    const tree = describeTree(this.#source);
    const argv = ['backup', this.#source, '--json'];
    return this.#task('backup', argv, (ended) => {
      const { snapshot_id: id } = lastRecord(ended);
      assert.equal(typeof id, 'string', describeEnd(ended));
      this.#acknowledged.push({ id: String(id), tree });
    });
  }

  #getBack({ id, tree }: Acknowledged, into: string): Task {
    const target = join(this.#parts.folder, `${this.name}.${into}`);
    return this.#task('restore', ['restore', id, '--target', target], () => {
      assertSameTree(restored(target, this.#source), tree);
      rmSync(target, { recursive: true });
      this.#parts.figures.compared++;
    });
  }

  #task(work: Work, argv: readonly string[], confirm: (ended: Ended) => void): Task {
    const running = this.#start(argv);
    const complete = async (): Promise<void> => {
      const ended = await this.#untilDone(running);
      this.durationsMs[work] = ended.tookMs;
      confirm(ended);
    };
    return { work, running, complete };
  }

  #start(argv: readonly string[]): Running {
    return this.#parts.network.memberStarts(this.name, argv, COMMAND_MS);
  }

  /** Repeats a command until it succeeds: nothing may stay stuck. */
  async #untilDone(first: Running): Promise<Ended> {
    const { figures, revive } = this.#parts;
    let ended = await first.ended;
    for (let repeat = 1; ; repeat++) {
      figures.last = ended;
      if (ended.code === 22) figures.degraded++;
      if (DONE.includes(ended.code)) return ended;
      assert.ok(repeat <= MAX_REPEATS, `it stays stuck: ${describeEnd(ended)}`);
      // The first repeat comes at once: what is sound again is used at once.
      if (repeat > 1) await wait(PAUSE_MS);
      await revive();
      figures.repeats++;
      ended = await this.#start(ended.argv).ended;
    }
  }

  #newest(): Acknowledged {
    const newest = this.#acknowledged.at(-1);
    assert.ok(newest);
    return newest;
  }

  get #source(): string {
    return join(this.#parts.folder, `${this.name}.source`);
  }

  /** Some new, some changed, one gone: every backup has something to send. */
  #change(): void {
    const { random } = this.#parts;
    const index = this.#changes++;
    writeFiles(this.#source, {
      [`new/${index}.bin`]: random.bytes(1 + random.below(MAX_NEW_BYTES)),
      'log.txt': `${'the same line again\n'.repeat(500)}${index}`,
    });
    rmSync(join(this.#source, `new/${index - KEPT_NEW}.bin`), { force: true });
  }
}
