// Restored trees are emptied and put aside, and deleted only when all is measured. ext4 without a journal
// looks, at every create, past all inodes deleted in the last minutes, one by one; a run that follows
// the removal of a large tree would be measured many times too slow, whichever tool it is.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { MINUTE_MS, SECOND_MS, systemClock } from '@kura/base';

/** `recently_deleted` in Linux's fs/ext4/ialloc.c: a minute, and five more where the table of inodes is in use. */
const REMEMBERED_MS = 6 * MINUTE_MS;

function emptyFiles(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) emptyFiles(path);
    else if (entry.isFile()) truncateSync(path);
  }
}

/** An empty file, written when something was deleted. */
const MARK = 'deleted';

export class Trash {
  readonly #folder: string;

  /** What an earlier run left stays until this one is over. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Frees the space of a folder's files and puts the folder aside. */
  put(folder: string): void {
    emptyFiles(folder);
    renameSync(folder, mkdtempSync(join(this.#folder, 'restored-')));
  }

  clear(): void {
    for (const name of readdirSync(this.#folder)) {
      rmSync(join(this.#folder, name), { recursive: true, force: true });
    }
    writeFileSync(join(this.#folder, MARK), '');
  }

  /** Waits until what an earlier run deleted no longer slows whoever creates files. */
  async settle(): Promise<void> {
    const mark = statSync(join(this.#folder, MARK), { throwIfNoEntry: false });
    const restMs = (mark?.mtimeMs ?? 0) + REMEMBERED_MS - systemClock.nowMs();
    if (restMs <= 0) return;
    const seconds = Math.ceil(restMs / SECOND_MS);
    process.stderr.write(
      `bench: waits ${seconds} s, for the file system to forget what was deleted\n`,
    );
    await wait(restMs);
  }
}
