// Packs that a gateway has taken over from devices that have hung up, until their copies are at stores: one file
// each, as it was sealed, durable before anybody is told that it is received. Not a store: nothing here is ever
// read for a member, and what is lost with it was never called safe.
import {
  closeSync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  write,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asKuraError, KuraError, type MemberId, memberId, type PackId, packId } from '@kura/base';

const writeLater = promisify(write);
const fsyncLater = promisify(fsync);

export interface SpooledPack {
  readonly memberId: MemberId;
  readonly packId: PackId;
}

const NAME = /^([0-9a-f]{32})-([0-9a-f]{64})$/;
const NEW = '.new';

export class Spool {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Of files, and of those that are being written. */
  #usedBytes = 0;

  /** Throws `io`, `no_space`. What a kill left half-written goes. */
  constructor({ folder, maxBytes }: { readonly folder: string; readonly maxBytes: number }) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const name of readdirSync(folder)) {
        if (name.endsWith(NEW)) rmSync(join(folder, name));
        else this.#usedBytes += statSync(join(folder, name)).size;
      }
    } catch (error) {
      throw asKuraError(error, `the spool ${folder} cannot be used`);
    }
  }

  hasRoomFor(sizeBytes: number): boolean {
    return this.#usedBytes + sizeBytes <= this.#maxBytes;
  }

  /** Durable when it resolves. Throws `no_space`, `io`; then nothing is left of it. */
  async write(pack: SpooledPack, pieces: Iterable<Uint8Array>): Promise<void> {
    const path = this.#pathOf(pack);
    let sizeBytes = 0;
    try {
      const file = openSync(`${path}${NEW}`, 'w', 0o600);
      try {
        for (const piece of pieces) {
          await writeWhole(file, piece);
          sizeBytes += piece.length;
        }
        await fsyncLater(file);
      } finally {
        closeSync(file);
      }
      renameSync(`${path}${NEW}`, path);
      this.#syncFolder();
    } catch (error) {
      rmSync(`${path}${NEW}`, { force: true });
      throw asKuraError(error, 'a pack could not be kept in the spool');
    }
    this.#usedBytes += sizeBytes;
  }

  /** All that is there. */
  list(): readonly SpooledPack[] {
    return readdirSync(this.#folder).flatMap((name) => {
      const [, member, pack] = NAME.exec(name) ?? [];
      if (member === undefined || pack === undefined) return [];
      return [{ memberId: memberId(member), packId: packId(pack) }];
    });
  }

  sizeOf(pack: SpooledPack): number {
    return statSync(this.#pathOf(pack)).size;
  }

  /** Fills `pieces`, whose lengths together are the file's. Throws `corrupt` for a shorter one. */
  read(pack: SpooledPack, pieces: Iterable<Uint8Array>): void {
    const file = openSync(this.#pathOf(pack), 'r');
    try {
      for (const piece of pieces) {
        if (readSync(file, piece) === piece.length) continue;
        throw new KuraError('corrupt', `pack ${pack.packId} is not whole in the spool`);
      }
    } finally {
      closeSync(file);
    }
  }

  remove(pack: SpooledPack): void {
    const path = this.#pathOf(pack);
    this.#usedBytes -= statSync(path).size;
    rmSync(path);
  }

  #pathOf({ memberId: member, packId: pack }: SpooledPack): string {
    return join(this.#folder, `${member}-${pack}`);
  }

  #syncFolder(): void {
    const opened = openSync(this.#folder, 'r');
    try {
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
  }
}

/** A disk that is nearly full takes a part, and says so only by what it answers. */
async function writeWhole(file: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await writeLater(file, bytes, at);
    at += bytesWritten;
  }
}
