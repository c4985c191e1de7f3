// The paths of a backup as a tree of names: the way from the root folder to what is saved.
import type { ByteString } from '@kura/base';

export class PathTrie {
  readonly #children = new Map<ByteString, PathTrie>();
  /** A path ends here: everything below belongs to it. */
  isEnd = false;

  static of(paths: readonly ByteString[]): PathTrie {
    const root = new PathTrie();
    for (const path of paths) {
      let node = root;
      for (const name of path.split('/').filter((part) => part !== '') as ByteString[]) {
        node = node.#childOf(name);
      }
      node.isEnd = true;
    }
    return root;
  }

  child(name: ByteString): PathTrie | undefined {
    return this.#children.get(name);
  }

  /** Bytewise sorted. */
  names(): ByteString[] {
    return [...this.#children.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  #childOf(name: ByteString): PathTrie {
    const known = this.#children.get(name);
    if (known !== undefined) return known;
    const child = new PathTrie();
    this.#children.set(name, child);
    return child;
  }
}
