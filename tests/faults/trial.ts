// One command with one failed call, on a network of its own that is brought back to the same state before
// each run.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { describeEnd, type Ended } from '../real/kura.ts';
import { CITIES, Scene } from '../real/scene.ts';
import { faultEnvironment, readLog } from './shim.ts';
import type { Prepared, Subject } from './subject.ts';

/**
 * Documented, and true after one failed call: done, failed, some source files not read, no space, too few
 * stores, below strength. Data is not lost by it, and no passphrase is wrong.
 */
const ALLOWED_CODES: readonly number[] = [0, 1, 3, 14, 21, 22];
/** What says that nobody expected this error. */
const UNTYPED = /something unexpected|assertion failed|is a defect|\n\s+at /;

export class Trial {
  readonly subject: Subject;
  readonly #prepared: Prepared;
  readonly #shim: string;
  last: Ended | undefined;

  private constructor(subject: Subject, prepared: Prepared, shim: string) {
    this.subject = subject;
    this.#prepared = prepared;
    this.#shim = shim;
  }

  static async begin(subject: Subject, shim: string): Promise<Trial> {
    const trial = new Trial(subject, await subject.prepare(await Scene.founded()), shim);
    trial.#copyState('state', 'kept');
    return trial;
  }

  close(): void {
    const { scene } = this.#prepared;
    rmSync(`${scene.folder}-kept`, { recursive: true, force: true });
    scene.close();
  }

  /** How many calls the command makes when nothing fails. */
  async count(): Promise<number> {
    const { ended, calls } = await this.#runWithFault(0);
    assert.equal(ended.code, 0, describeEnd(ended));
    return calls;
  }

  /** What was struck; undefined if the command made fewer calls this time. */
  async run(failAt: number): Promise<{ struck: string | undefined; code: number }> {
    const { ended, struck } = await this.#runWithFault(failAt);
    const said = `after ${struck ?? 'no fault'}: ${describeEnd(ended)}`;
    assert.ok(ended.code !== null && ALLOWED_CODES.includes(ended.code), said);
    if (ended.code === 3) assertWarned(ended, said);
    else if (ended.code !== 0 && ended.code !== 22) assertClear(ended, said);
    assert.doesNotMatch(ended.err, UNTYPED, said);
    try {
      const again = () => this.#kura(this.subject.argv(this.#prepared));
      await this.subject.verify(this.#prepared, ended, again);
    } catch (error) {
      throw new Error(said, { cause: error });
    }
    return { struck, code: ended.code };
  }

  async #runWithFault(failAt: number) {
    const { scene } = this.#prepared;
    this.#copyState('kept', 'state');
    await this.subject.arrange?.(this.#prepared);
    const logFile = scene.path('calls.log');
    rmSync(logFile, { force: true });
    const plan = { shim: this.#shim, under: scene.folder, logFile, failAt };
    const argv = this.subject.argv(this.#prepared);
    const ended = await this.#kura(argv, faultEnvironment(plan));
    return { ended, ...readLog(logFile) };
  }

  async #kura(
    argv: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    const ended = await this.#prepared.scene.run(argv, { environment });
    this.last = ended;
    return ended;
  }

  /** KURA_HOME and the stores; by `cp`, because there are a thousand folders each time. */
  #copyState(from: 'state' | 'kept', to: 'state' | 'kept'): void {
    const { scene } = this.#prepared;
    const place = (side: 'state' | 'kept', part: string): string =>
      side === 'kept' ? `${scene.folder}-kept/${part}` : scene.path(part);
    execFileSync('mkdir', ['-p', `${scene.folder}-kept`]);
    for (const part of ['home', ...CITIES.map((city) => `store-${city}`)]) {
      rmSync(place(to, part), { recursive: true, force: true });
      execFileSync('cp', ['-a', place(from, part), place(to, part)]);
    }
  }
}

/** The snapshot exists, and what could not be read is named. */
function assertWarned(ended: Ended, said: string): void {
  const lines = ended.err.split('\n').filter((line) => line.includes('"message_type":"warning"'));
  assert.notEqual(lines.length, 0, `no warning: ${said}`);
  for (const line of lines) {
    const { message, path } = JSON.parse(line) as { message: string; path?: string };
    assert.ok(message.length > 10 && path !== undefined, said);
  }
}

/** One line of JSON that says what happened, in a sentence. */
function assertClear(ended: Ended, said: string): void {
  const lines = ended.err.split('\n').filter((line) => line.startsWith('{"error"'));
  assert.equal(lines.length, 1, `one error line: ${said}`);
  const { error } = JSON.parse(lines[0] ?? '') as { error: { code: string; message: string } };
  assert.ok(error.code.length > 0 && error.message.length > 10, said);
}
