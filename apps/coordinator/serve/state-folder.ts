// The files of a coordinator or gateway: secrets and certificates, each for its owner's eyes only, and whole or
// not there at all.
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { asKuraError, errnoOf, KuraError } from '@kura/base';

/** A key, a certificate with its chain, a page of addresses. */
const MAX_FILE_BYTES = 256 * 1024;

export class StateFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Undefined if it is not there. */
  read(name: string): string | undefined {
    const path = join(this.folder, name);
    try {
      const bytes = readFileSync(path);
      if (bytes.length <= MAX_FILE_BYTES) return bytes.toString('utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw asKuraError(error, `${path} cannot be read`);
    }
    throw new KuraError('corrupt', `${path} is too long to be what it should be`);
  }

  /** Throws `no_network`, with `guidance` for whoever runs the program. */
  demand(name: string, guidance: string): string {
    const text = this.read(name);
    if (text !== undefined) return text;
    throw new KuraError('no_network', `${join(this.folder, name)} is not there`, { guidance });
  }

  /** Durable. `already_exists` if there is one: a secret is never written over. */
  create(name: string, text: string): void {
    this.#write(name, text, (temporary, path) => linkSync(temporary, path));
  }

  /** Durable; in place of the one before. */
  replace(name: string, text: string): void {
    this.#write(name, text, (temporary, path) => renameSync(temporary, path));
  }

  #write(name: string, text: string, publish: (temporary: string, path: string) => void): void {
    const path = join(this.folder, name);
    const temporary = `${path}.new`;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      rmSync(temporary, { force: true });
      const file = openSync(temporary, 'wx', 0o600);
      try {
        writeFileSync(file, text); // goes on after a part, or throws
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      publish(temporary, path);
      rmSync(temporary, { force: true });
      syncFolder(dirname(path));
    } catch (error) {
      throw asKuraError(error, `${path} cannot be written`);
    }
  }
}

function syncFolder(folder: string): void {
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
