// A folder of its own with a network of three real stores in it, and the command run on it. What a
// scenario does to stores, files and KURA_HOME, it does with plain file operations.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeEnd, type Ended, runKura, type StartOptions } from './kura.ts';

export const CITIES = ['osaka', 'ishikari', 'frankfurt'] as const;

/** Memory that is a file system: the same calls, without the wait for a disk. */
const MEMORY = '/dev/shm';
const ENOUGH_MEMORY_BYTES = 1 << 30;

/** Where a scene is played. `disk`: what tmpfs does not have, attributes of users among it. */
export type Stage = 'memory' | 'disk';

export function stageFolder(stage: Stage): string {
  if (stage === 'disk' || !existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize < ENOUGH_MEMORY_BYTES ? tmpdir() : MEMORY;
}

interface Founding {
  readonly copies?: number;
  readonly stage?: Stage;
}

type SceneOptions = Partial<Omit<StartOptions, 'home'>>;

export class Scene {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Without a network. */
  static empty(stage: Stage = 'memory'): Scene {
    const scene = new Scene(mkdtempSync(join(stageFolder(stage), 'kura-scenario-')));
    mkdirSync(scene.source);
    return scene;
  }

  static async founded({ copies, stage }: Founding = {}): Promise<Scene> {
    const scene = Scene.empty(stage);
    await scene.found(copies);
    return scene;
  }

  async found(copies = 2): Promise<void> {
    const stores = CITIES.flatMap((city) => ['--store', `${this.store(city)}=${city}`]);
    await this.done('init', ...stores, '--home', 'tokyo', '--copies', String(copies));
  }

  get home(): string {
    return join(this.folder, 'home');
  }

  /** What is saved. */
  get source(): string {
    return join(this.folder, 'source');
  }

  store(city: string): string {
    return join(this.folder, `store-${city}`);
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** A copy of `source`, home and stores as they are now, to go on from several times. */
  keep(name: string): void {
    const to = this.path(`kept-${name}`);
    mkdirSync(to);
    for (const part of this.#parts()) {
      const from = this.path(part);
      if (existsSync(from)) cpSync(from, join(to, part), COPY);
    }
  }

  bringBack(name: string): void {
    for (const part of this.#parts()) {
      const from = this.path(`kept-${name}`, part);
      rmSync(this.path(part), { recursive: true, force: true });
      if (existsSync(from)) cpSync(from, this.path(part), COPY);
    }
  }

  #parts(): string[] {
    return ['home', 'source', ...CITIES.map((city) => `store-${city}`)];
  }

  run(argv: readonly string[], options: SceneOptions = {}): Promise<Ended> {
    return runKura(argv, { home: this.home, ...options });
  }

  /** Runs it, and asserts the exit code. */
  async ends(code: number, argv: readonly string[], options: SceneOptions = {}): Promise<Ended> {
    const ended = await this.run(argv, options);
    assert.equal(ended.code, code, describeEnd(ended));
    return ended;
  }

  done(...argv: string[]): Promise<Ended> {
    return this.ends(0, argv);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const COPY = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true } as const;

/** JSON lines, or one document. */
export function records(ended: Ended): Record<string, unknown>[] {
  return ended.out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export function lastRecord(ended: Ended): Record<string, unknown> {
  const last = records(ended).at(-1);
  assert.ok(last, describeEnd(ended));
  return last;
}

/** One sentence that names what is wrong, an optional remedy, nothing else; no stack, no defect. */
export function assertOneSentence(ended: Ended, pattern: RegExp): void {
  const lines = ended.err.trimEnd().split('\n');
  const said = lines.filter((line) => line.startsWith('kura: '));
  assert.equal(said.length, 1, describeEnd(ended));
  assert.match(said[0] ?? '', pattern, describeEnd(ended));
  assert.doesNotMatch(ended.err, /\n\s+at |defect of Kura/, describeEnd(ended));
}
