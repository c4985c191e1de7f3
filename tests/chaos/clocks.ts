// Clocks that are wrong by years: of a program as it runs, with its tables and its TLS, and of no other. The program
// knows nothing of it: a small library stands between it and libc.
import { mkdirSync, openSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { must } from '@kura/base';
import { buildLibrary } from '../real/c-library.ts';

const SOURCE = fileURLToPath(new URL('./clock.c', import.meta.url));
const OFFSET_BYTES = 8;

export class Clocks {
  readonly #folder: string;
  readonly #library: string;
  readonly #files = new Map<string, number>();

  private constructor(folder: string, library: string) {
    this.#folder = folder;
    this.#library = library;
  }

  /** Undefined without a C compiler. `folder`: for what this needs; made here. */
  static open(folder: string): Clocks | undefined {
    mkdirSync(folder);
    const library = buildLibrary(SOURCE, folder);
    return library === undefined ? undefined : new Clocks(folder, library);
  }

  /** What the program of this name has to find in its environment. */
  environmentOf(name: string): Readonly<Record<string, string>> {
    if (!this.#files.has(name)) {
      this.#files.set(name, openSync(this.#path(name), 'w+'));
      this.set(name, 0);
    }
    return { LD_PRELOAD: this.#library, KURA_CHAOS_CLOCK: this.#path(name) };
  }

  /** From now on the clock of whatever has this name is wrong by so much. */
  set(name: string, offMs: number): void {
    const bytes = Buffer.alloc(OFFSET_BYTES);
    bytes.writeBigInt64LE(BigInt(offMs));
    writeSync(must(this.#files.get(name), `${name} has a clock`), bytes, 0, OFFSET_BYTES, 0);
  }

  #path(name: string): string {
    return `${this.#folder}/${name}.clock`;
  }
}
