// Opens folders below a root by their names, one at a time, never through a link, and keeps the way to the
// last one open: neighbours cost one call. It holds a bounded number of descriptors at any depth.
import type { ByteString } from '@kura/base';
import type { Descriptor, Posix } from '@kura/native';

/** Enough for real trees; hostile ones are up to MAX_TREE_DEPTH deep. */
const MAX_OPEN = 128;
/** Every how many levels a descriptor is kept when there are too many: the way back is at most this long. */
const KEEP_EVERY = 32;
const CLOSED = -1;

export class FolderCursor {
  readonly #posix: Posix;
  readonly #root: Descriptor;
  readonly #names: ByteString[] = [];
  readonly #files: Descriptor[] = [];
  #open = 0;
  #last: readonly ByteString[] | undefined;

  /** The root stays the caller's to close. */
  constructor(posix: Posix, root: Descriptor) {
    this.#posix = posix;
    this.#root = root;
  }

  /** Valid until the next call; not the caller's to close. */
  open(path: readonly ByteString[]): Descriptor {
    if (path !== this.#last) {
      this.#last = undefined;
      this.#leave(this.#sharedWith(path));
      this.#reopen();
      for (let depth = this.#names.length; depth < path.length; depth++) {
        this.#enter(path[depth] as ByteString);
      }
      this.#last = path;
    }
    return this.#files.at(-1) ?? this.#root;
  }

  /** Forgets the way: the next call opens every folder anew. */
  close(): void {
    this.#last = undefined;
    this.#leave(0);
  }

  #sharedWith(path: readonly ByteString[]): number {
    let depth = 0;
    while (depth < this.#names.length && this.#names[depth] === path[depth]) depth++;
    return depth;
  }

  #leave(depth: number): void {
    while (this.#names.length > depth) {
      this.#names.pop();
      const file = this.#files.pop() ?? CLOSED;
      if (file !== CLOSED) {
        this.#open--;
        this.#posix.close(file);
      }
    }
  }

  /** Makes sure that the last folder on the way is open, from the nearest one above that is. */
  #reopen(): void {
    if (this.#files.at(-1) !== CLOSED) return;
    let depth = this.#files.length - 1;
    while (depth > 0 && this.#files[depth - 1] === CLOSED) depth--;
    const names = this.#names.splice(depth);
    this.#files.splice(depth);
    for (const name of names) this.#enter(name);
  }

  #enter(name: ByteString): void {
    const file = this.#posix.openFolderAt(this.#files.at(-1) ?? this.#root, name);
    this.#names.push(name);
    this.#files.push(file);
    this.#open++;
    if (this.#open > MAX_OPEN) this.#closeOne();
  }

  #closeOne(): void {
    for (let depth = 0; depth < this.#files.length - 1; depth++) {
      const file = this.#files[depth] ?? CLOSED;
      if (file === CLOSED || depth % KEEP_EVERY === KEEP_EVERY - 1) continue;
      this.#files[depth] = CLOSED;
      this.#open--;
      this.#posix.close(file);
      return;
    }
  }
}
