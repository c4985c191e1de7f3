// Disks that fill up: each program's folder is a file system of its own in memory, whose size is cut to what is in it.
import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { must } from '@kura/base';

/** More than any run fills; stores keep 2 GiB free. Only what is written takes memory. */
const ROOMY = '64g';
const PAGE_BYTES = 4096;
const MAX_TRIES = 20;

function run(program: string, ...argv: string[]): void {
  const { status, stderr } = spawnSync(program, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${argv.join(' ')}: ${stderr.trim()}`);
}

export class Disks {
  readonly #folders = new Map<string, string>();

  constructor() {
    // Also when the run is interrupted: what lies there is memory.
    process.once('exit', () => this.close());
  }

  /** Whether this process may mount. */
  static get isPossible(): boolean {
    return process.getuid?.() === 0 && process.platform === 'linux';
  }

  /** A disk of its own for whatever has this name; the folder is there and empty. */
  add(name: string, folder: string): void {
    run('mount', '-t', 'tmpfs', '-o', `size=${ROOMY},mode=0700`, 'kura-chaos', folder);
    this.#folders.set(name, folder);
  }

  /** Names of those that have one. */
  get names(): readonly string[] {
    return [...this.#folders.keys()];
  }

  /** No more than `pages` of 4 KiB can be written from now on. */
  fill(name: string, pages: number): void {
    const folder = this.#folderOf(name);
    for (let tries = 1; ; tries++) {
      const { blocks, bfree, bsize } = statfsSync(folder);
      const size = (blocks - bfree) * bsize + (1 + pages) * PAGE_BYTES;
      try {
        run('mount', '-o', `remount,size=${size}`, folder);
        return;
      } catch (error) {
        // More was written meanwhile than there would be room for.
        if (tries === MAX_TRIES) throw error;
      }
    }
  }

  free(name: string): void {
    run('mount', '-o', `remount,size=${ROOMY}`, this.#folderOf(name));
  }

  /** Whoever used them has ended. */
  close(): void {
    for (const folder of this.#folders.values()) run('umount', '--lazy', folder);
    this.#folders.clear();
  }

  #folderOf(name: string): string {
    return must(this.#folders.get(name), `${name} has a disk of its own`);
  }
}
