// Restored trees are emptied and put aside, and deleted only when all is measured. ext4 without a journal
// looks, at every create, past all inodes deleted in the last minutes, one by one; a run that follows
// the removal of a large tree would be measured many times too slow, whichever tool it is.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { MINUTE_MS } from '@kura/base';
import { runPlain } from './measure.ts';

/** `recently_deleted` in Linux's fs/ext4/ialloc.c, of inodes that are on the disk as they are in memory. */
const REMEMBERED_MS = MINUTE_MS;

function emptyFiles(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) emptyFiles(path);
    else if (entry.isFile()) truncateSync(path);
  }
}

export class Trash {
  readonly #folder: string;
  #count = 0;
  #deletedMs = Number.NEGATIVE_INFINITY;

  constructor(folder: string) {
    this.#folder = folder;
    this.clear();
  }

  /** Frees the space of a folder's files and puts the folder aside. */
  put(folder: string): void {
    emptyFiles(folder);
    this.#count += 1;
    renameSync(folder, join(this.#folder, `${this.#count}`));
  }

  clear(): void {
    if (existsSync(this.#folder) && readdirSync(this.#folder).length > 0) {
      rmSync(this.#folder, { recursive: true, force: true });
      this.#deletedMs = performance.now();
    }
    mkdirSync(this.#folder, { recursive: true });
  }

  /** Waits until what an earlier run left, and this one deleted, no longer slows whoever creates files. */
  async settle(): Promise<void> {
    runPlain({ argv: ['sync'], env: {}, cwd: '/' });
    const restMs = this.#deletedMs + REMEMBERED_MS - performance.now();
    if (restMs > 0) await wait(restMs);
  }
}
