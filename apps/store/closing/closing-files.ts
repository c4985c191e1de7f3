// Where notes of closings lie: one small file for each member who was ever given notice, in `closings/` of the state of
// the store's program, whatever its shelf is made of; or in memory.
import { asKuraError, type MemberId } from '@kura/base';
import { parentOf, replaceDurably, syncFolder, type WritePlace } from '../shelf/durable-write.ts';
import { readSmallFile } from '../small-file.ts';
import { MAX_CLOSING_NOTE_BYTES } from './closing-note.ts';

export interface ClosingFiles {
  /** Undefined if there is none. */
  read(member: MemberId): Uint8Array | undefined;
  /** In place of the one before; durable when it resolves. */
  write(member: MemberId, bytes: Uint8Array): Promise<void>;
}

/** Notes that end with the process. */
export class MemoryClosings implements ClosingFiles {
  readonly #notes = new Map<MemberId, Uint8Array>();

  read(member: MemberId): Uint8Array | undefined {
    return this.#notes.get(member);
  }

  async write(member: MemberId, bytes: Uint8Array): Promise<void> {
    this.#notes.set(member, bytes.slice());
  }
}

export class FiledClosings implements ClosingFiles {
  readonly #place: WritePlace;
  readonly #folder: string;

  /** `folder`: on the file system of `place`; made when something is to be kept. */
  constructor(place: WritePlace, folder: string) {
    this.#place = place;
    this.#folder = folder;
  }

  read(member: MemberId): Uint8Array | undefined {
    return readSmallFile(this.#place.disk, this.#pathOf(member), MAX_CLOSING_NOTE_BYTES);
  }

  async write(member: MemberId, bytes: Uint8Array): Promise<void> {
    const { disk } = this.#place;
    try {
      if (disk.stat(this.#folder) === undefined) {
        disk.makeFolder(this.#folder);
        await syncFolder(disk, parentOf(this.#folder));
      }
      await replaceDurably(this.#place, { path: this.#pathOf(member), bytes });
    } catch (error) {
      throw asKuraError(error, 'a notice of closing could not be kept');
    }
  }

  #pathOf(member: MemberId): string {
    return `${this.#folder}/${member}`;
  }
}
