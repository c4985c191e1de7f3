// Where hostile restores happen: a target, a canary beside it that nothing may touch, and ways to it from
// inside the target, as an attacker would lay them out beforehand.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { removeTree } from '@kura/agent/restore/remove-tree.ts';
import { capture } from '@kura/agent/restore/test-capture.ts';
import { type ByteString, byteString } from '@kura/base';
import { loadNative } from '@kura/native';
import type { SeededRandom } from '@kura/testing';
import { Violation } from './kind.ts';

const MEMORY = '/dev/shm';
const { posix } = loadNative();

/** Names are few, so that entries meet each other and what stands there. */
export const NAMES = ['a', 'b', 'c', 'd', 'file', 'link'] as const;

export class Arena {
  readonly path: string;
  readonly target: ByteString;
  readonly canary: string;
  readonly #before: ReadonlyMap<string, string>;

  constructor() {
    const parent = fs.existsSync(MEMORY) ? MEMORY : tmpdir();
    this.path = fs.mkdtempSync(join(parent, 'kura-hostile-'));
    this.target = byteString(join(this.path, 'target'));
    this.canary = join(this.path, 'canary');
    fs.mkdirSync(join(this.canary, 'a/b'), { recursive: true });
    for (const name of ['file', 'a/file', 'a/b/file']) {
      fs.writeFileSync(join(this.canary, name), `canary ${name}`);
    }
    fs.symlinkSync('a', join(this.canary, 'link'));
    this.#before = this.#look();
  }

  /** A new target with traps in it; without one now and then. */
  lay(random: SeededRandom): void {
    this.clear();
    if (random.chance(0.2)) return;
    this.#layIn(join(this.path, 'target'), random, 0);
  }

  #layIn(folder: string, random: SeededRandom, depth: number): void {
    fs.mkdirSync(folder);
    for (const name of NAMES) {
      const path = join(folder, name);
      const choice = random.below(9);
      if (choice < 2) this.#trap(path, random);
      else if (choice === 2) fs.writeFileSync(path, 'mine');
      else if (choice < 5 && depth < 2) this.#layIn(path, random, depth + 1);
    }
  }

  /** A way out, if somebody takes it. */
  #trap(path: string, random: SeededRandom): void {
    const targets = ['', '/a', '/a/b', '/file', '/a/new'].map((end) => `${this.canary}${end}`);
    fs.symlinkSync(random.pick([...targets, '..', '../canary', '../../canary/a', '/']), path);
  }

  /** Swaps a folder of the target, or of a restore that is under way, for a link to the canary. */
  attack(random: SeededRandom): void {
    const folders = this.#foldersIn(this.path).filter((path) => !path.startsWith(this.canary));
    if (folders.length === 0) return;
    const victim = random.pick(folders);
    try {
      if (random.chance(0.7)) fs.renameSync(victim, `${victim}.away`);
      else fs.rmSync(victim, { recursive: true });
      fs.symlinkSync(random.pick([this.canary, join(this.canary, 'a')]), victim);
    } catch {
      // Somebody else was faster: an attacker has to live with that.
    }
  }

  #foldersIn(path: string): string[] {
    const found: string[] = [];
    for (const { name, isFolder } of list(path)) {
      const below = join(path, name);
      if (isFolder && below.length < 1000) found.push(below, ...this.#foldersIn(below));
    }
    return found;
  }

  #look(): ReadonlyMap<string, string> {
    return capture(byteString(this.canary), { withInodes: true });
  }

  /** Throws a Violation unless everything outside the target is as it was. */
  check(): void {
    const now = this.#look();
    for (const path of new Set([...this.#before.keys(), ...now.keys()])) {
      if (now.get(path) === this.#before.get(path)) continue;
      const said = `${this.#before.get(path) ?? 'nothing'} became ${now.get(path) ?? 'nothing'}`;
      throw new Violation(`outside the target, at "${path}": ${said}`);
    }
    for (const name of fs.readdirSync(this.path)) {
      if (/^(?:target|canary)(?:\.away)*$/.test(name)) continue;
      if (!name.startsWith('.target.kura-restore-'))
        throw new Violation(`"${name}" beside the target`);
    }
  }

  /** Throws a Violation if a restore left something of its own. */
  checkTidy(): void {
    for (const path of this.#foldersIn(this.path)) {
      if (path.includes('kura-restore-')) throw new Violation(`a staging folder stayed: ${path}`);
    }
  }

  /** Removes everything but the canary. */
  clear(): void {
    for (const name of fs.readdirSync(this.path)) {
      if (name !== 'canary') remove(this.path, name);
    }
  }

  close(): void {
    remove(dirname(this.path), basename(this.path));
  }
}

/** Nothing, if it is closed to us. */
function list(path: string): { name: string; isFolder: boolean }[] {
  try {
    const entries = fs.readdirSync(path, { withFileTypes: true, encoding: 'latin1' });
    return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  } catch {
    return [];
  }
}

/** Also what is closed, or nested deeper than a path can name. */
function remove(parent: string, name: string): void {
  const folder = posix.openFolder(byteString(parent));
  try {
    const type = posix.statusAt(folder, byteString(name))?.type;
    if (type !== 'folder') posix.unlinkAt(folder, byteString(name));
    else if (removeTree({ posix, folder, name: byteString(name) }) > 0) {
      throw new Error(`"${name}" could not be cleared away`);
    }
  } finally {
    posix.close(folder);
  }
}
