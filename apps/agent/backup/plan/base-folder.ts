// The folder as the base snapshot has it, read alongside the folder as it is: both are sorted, so one pass
// tells what is new, changed, gone or untouched, without a map of names.
import type { ByteString } from '@kura/base';
import { PageCursor } from '@kura/format';
import type { FileStatus } from '@kura/native';

export class BaseFolder {
  readonly #pages: readonly Uint8Array[];
  #page = 0;
  #cursor: PageCursor | undefined;
  #skipped = 0;

  /** Pages of the folder in the base snapshot; none if it had no such folder. */
  constructor(pages: readonly Uint8Array[]) {
    this.#pages = pages;
    this.#advance();
  }

  /** The base's entry of this name, or undefined. Names must be asked for in ascending order. */
  find(name: ByteString): PageCursor | undefined {
    while (this.#cursor !== undefined) {
      const order = this.#cursor.compareName(name);
      if (order === 0) return this.#cursor;
      if (order > 0) return undefined;
      this.#skipped++;
      this.#advance();
    }
    return undefined;
  }

  /** Leaves the entry that `find` returned: it has been used. */
  use(): void {
    this.#advance();
  }

  /** True if every entry of the base was found and used, so far and to the end. */
  get isExhausted(): boolean {
    return this.#skipped === 0 && this.#cursor === undefined;
  }

  #advance(): void {
    while (true) {
      if (this.#cursor?.next() === true) return;
      const page = this.#pages[this.#page];
      if (page === undefined) {
        this.#cursor = undefined;
        return;
      }
      this.#page++;
      this.#cursor = new PageCursor(page);
    }
  }
}

/** Size, times and inode agree: nobody touched it since it was saved. */
export function isUntouched(base: PageCursor, status: FileStatus): boolean {
  return (
    base.type === status.type &&
    (status.type !== 'file' || base.sizeBytes === status.sizeBytes) &&
    base.mtimeNs === status.mtimeNs &&
    base.ctimeNs === status.ctimeNs &&
    base.inode === status.inode &&
    !base.isIncomplete &&
    (status.type === 'folder' ||
      (base.links === status.links && (status.links === 1 || base.device === status.device)))
  );
}
