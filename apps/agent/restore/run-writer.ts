// Puts the plaintext of one chunk where it belongs in a file: around the snapshot's holes, past runs of
// zeros if asked to, and reads it back if asked to.
import { KuraError } from '@kura/base';
import type { Descriptor, Posix } from '@kura/native';
import type { DataCursor } from './data-cursor.ts';

/** A hole smaller than a block of the file system saves nothing. */
const BLOCK_BYTES = 4096;
const ZEROS = new Uint8Array(BLOCK_BYTES);

export interface RunWriterOptions {
  readonly posix: Posix;
  readonly sparse: boolean;
  readonly verify: boolean;
}

export class RunWriter {
  readonly #posix: Posix;
  readonly #sparse: boolean;
  readonly #verify: boolean;
  #readBack = new Uint8Array(0);

  constructor({ posix, sparse, verify }: RunWriterOptions) {
    this.#posix = posix;
    this.#sparse = sparse;
    this.#verify = verify;
  }

  /** Returns the end of the last byte written, 0 if there was none. */
  write(file: Descriptor, bytes: Uint8Array, cursor: DataCursor): number {
    let end = 0;
    let done = 0;
    while (done < bytes.length) {
      const length = cursor.run(bytes.length - done);
      const isWhole = length === bytes.length;
      const run = isWhole ? bytes : bytes.subarray(done, done + length);
      const position = cursor.position;
      end = Math.max(end, this.#writeRun(file, run, position));
      if (this.#verify) this.#compare(file, run, position);
      cursor.advance(length);
      done += length;
    }
    return end;
  }

  #writeRun(file: Descriptor, run: Uint8Array, position: number): number {
    if (!this.#sparse) {
      this.#posix.write(file, run, position);
      return position + run.length;
    }
    return this.#writeAroundZeros(file, run, position);
  }

  #writeAroundZeros(file: Descriptor, run: Uint8Array, position: number): number {
    let end = 0;
    let from = 0;
    let at = 0;
    while (at < run.length) {
      // Blocks of the file, not of the run. A part of one may stay unwritten, too: the file is new.
      const next = Math.min(run.length, at + BLOCK_BYTES - ((position + at) % BLOCK_BYTES));
      if (isZero(run, at, next)) {
        if (at > from) this.#posix.write(file, run.subarray(from, at), position + from);
        if (at > from) end = position + at;
        from = next;
      }
      at = next;
    }
    if (at > from) {
      this.#posix.write(file, run.subarray(from, at), position + from);
      end = position + at;
    }
    return end;
  }

  /** Bytes past the end of a file that ends with a hole read as nothing yet: they are zeros. */
  #compare(file: Descriptor, run: Uint8Array, position: number): void {
    if (this.#readBack.length < run.length) this.#readBack = new Uint8Array(run.length);
    const back = this.#readBack.subarray(0, run.length).fill(0);
    this.#posix.read(file, back, position);
    if (Buffer.compare(back, run) !== 0) {
      throw new KuraError('corrupt', 'the disk gave back other bytes than were written', {
        guidance: 'The disk under the target is failing: restore to another one.',
      });
    }
  }
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  if (bytes[from] !== 0 || bytes[to - 1] !== 0) return false;
  return Buffer.compare(bytes.subarray(from, to), ZEROS.subarray(0, to - from)) === 0;
}
