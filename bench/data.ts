// The data that every tool saves: made once from fixed seeds, kept in a folder and used again by later
// runs. The random file and the log text are the same bytes on every machine; the tree begins with what
// the system has installed, so it differs between machines and is described beside every result.
import { createCipheriv } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Source } from './cases.ts';
import { LogText } from './log-text.ts';
import { makeTree } from './tree.ts';

const MIB = 2 ** 20;

export interface Sizes {
  readonly randomBytes: number;
  readonly logBytes: number;
  readonly treeFiles: number;
  readonly treeBytes: number;
}

export const FULL_SIZES: Sizes = {
  randomBytes: 2048 * MIB,
  logBytes: 2048 * MIB,
  treeFiles: 80_000,
  treeBytes: 3072 * MIB,
};

export const QUICK_SIZES: Sizes = {
  randomBytes: 256 * MIB,
  logBytes: 256 * MIB,
  treeFiles: 5_000,
  treeBytes: 128 * MIB,
};

/** Bump it when what is generated changes: older data is then made anew. */
const GENERATION = 1;
const INSERTED_BYTES = 1024;
const STEP_BYTES = 4 * MIB;

/** Endless bytes that look random to everyone, the same ones for the same seed. */
export function randomStream(seed: number): (bytes: number) => Uint8Array {
  const key = Buffer.alloc(32, seed);
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return (bytes) => cipher.update(Buffer.alloc(bytes));
}

/** Bytes that nothing compresses and that no other seed has. */
export function writeRandomFile(path: string, sizeBytes: number, seed: number): void {
  const next = randomStream(seed);
  const file = openSync(path, 'w');
  for (let at = 0; at < sizeBytes; at += STEP_BYTES) {
    writeSync(file, next(Math.min(STEP_BYTES, sizeBytes - at)));
  }
  closeSync(file);
}

function writeRandom(path: string, sizeBytes: number, insertion: number): void {
  const next = randomStream(1);
  const middle = Math.floor(sizeBytes / 2 / STEP_BYTES) * STEP_BYTES;
  const file = openSync(path, 'w');
  for (let at = 0; at < sizeBytes; at += STEP_BYTES) {
    if (at === middle && insertion > 0) {
      writeSync(file, randomStream(1 + insertion)(INSERTED_BYTES));
    }
    writeSync(file, next(Math.min(STEP_BYTES, sizeBytes - at)));
  }
  closeSync(file);
}

function writeLog(path: string, sizeBytes: number): void {
  const text = new LogText(randomStream(200));
  const file = openSync(path, 'w');
  for (let at = 0; at < sizeBytes; ) {
    const block = text.block(Math.min(STEP_BYTES, sizeBytes - at));
    writeSync(file, block);
    at += block.length;
  }
  closeSync(file);
}

export class BenchData {
  readonly #folder: string;
  readonly #sizes: Sizes;

  constructor(folder: string, sizes: Sizes) {
    this.#folder = folder;
    this.#sizes = sizes;
  }

  /** The folder to back up. */
  path(source: Source): string {
    return join(this.#folder, source);
  }

  #stamp(source: Source): string {
    return join(this.#folder, `${source}.json`);
  }

  /** Makes the data unless it is there; says what it is. */
  prepare(source: Source): string {
    const stamp = this.#stamp(source);
    const wanted = { generation: GENERATION, sizes: this.#sizes };
    if (existsSync(stamp)) {
      const found: { readonly wanted: unknown; readonly text: string } = JSON.parse(
        readFileSync(stamp, 'utf8'),
      );
      if (JSON.stringify(found.wanted) === JSON.stringify(wanted)) return found.text;
    }
    process.stderr.write(`bench: making the data of ${source}\n`);
    rmSync(stamp, { force: true });
    rmSync(this.path(source), { recursive: true, force: true });
    mkdirSync(this.path(source), { recursive: true });
    const text = this.#make(source);
    writeFileSync(stamp, JSON.stringify({ wanted, text }));
    return text;
  }

  #make(source: Source): string {
    const mebibytes = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;
    switch (source) {
      case 'random':
        this.#writeRandom(0);
        return `one file of ${mebibytes(this.#sizes.randomBytes)}, AES-CTR key stream`;
      case 'log':
        writeLog(join(this.path('log'), 'requests.log'), this.#sizes.logBytes);
        return `one file of ${mebibytes(this.#sizes.logBytes)}, lines of a web service`;
      case 'tree':
        return makeTree(this.path('tree'), {
          minFiles: this.#sizes.treeFiles,
          minBytes: this.#sizes.treeBytes,
          random: randomStream(100),
          log: new LogText(randomStream(201)),
        });
    }
  }

  #writeRandom(insertion: number): void {
    writeRandom(join(this.path('random'), 'random.bin'), this.#sizes.randomBytes, insertion);
  }

  /** The random file with another KiB in its middle for each number from 1 on. */
  insert(insertion: number): void {
    rmSync(this.#stamp('random'), { force: true });
    this.#writeRandom(insertion);
  }
}
