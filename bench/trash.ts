// Restored trees are emptied and put aside, and deleted only when all is measured. ext4 without a journal
// looks, at every create, past all inodes deleted in the last minutes, one by one; a run that follows
// the removal of a large tree would be measured many times too slow, whichever tool it is.
import { mkdirSync, readdirSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

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
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true });
  }
}
