// Where the bytes of a content belong in their file: the content holds the data regions only, one after
// the other, and this walks over the holes between them.
import type { Region } from '@kura/native';

export class DataCursor {
  readonly #holes: readonly Region[];
  #hole = 0;
  #position: number;

  /** `holes` ascending, not touching, none before `position`. */
  constructor(holes: readonly Region[], position = 0) {
    this.#holes = holes;
    this.#position = position;
    this.#skip();
  }

  /** Where the next byte of data goes. */
  get position(): number {
    return this.#position;
  }

  /** How many of the next `limit` bytes of data lie together. */
  run(limit: number): number {
    const hole = this.#holes[this.#hole];
    return hole === undefined ? limit : Math.min(limit, hole.offset - this.#position);
  }

  /** Past `count` bytes of data, at most what `run` said. */
  advance(count: number): void {
    this.#position += count;
    this.#skip();
  }

  /** Past any number of bytes of data; the holes on the way, without one at the very end. */
  pass(count: number): Region[] {
    const passed: Region[] = [];
    let rest = count;
    while (rest > 0) {
      const length = this.run(rest);
      rest -= length;
      const before = this.#hole;
      this.advance(length);
      if (rest > 0) passed.push(...this.#holes.slice(before, this.#hole));
    }
    return passed;
  }

  #skip(): void {
    for (;;) {
      const hole = this.#holes[this.#hole];
      if (hole === undefined || hole.offset !== this.#position) return;
      this.#position += hole.length;
      this.#hole++;
    }
  }
}
