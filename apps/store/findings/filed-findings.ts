// The book of findings in files: one small durable file each, named by number and copy, in `findings/` of the shelf
// (of a bucket: of the store's state). A note that has decayed itself is passed over: it can hold up no heal.
import { asKuraError, type CopyId, errnoOf, KuraError } from '@kura/base';
import {
  parentOf,
  replaceDurably,
  syncFolder,
  type WritePlace,
  writeDurably,
} from '../shelf/durable-write.ts';
import { readSmallFile } from '../small-file.ts';
import { type FindingBook, isRecent, MAX_NOTES, sumOf } from './finding-book.ts';
import {
  decodeNote,
  encodeNote,
  type FoundDamage,
  isSameDamage,
  MAX_NOTE_BYTES,
  type NotedDamage,
} from './noted.ts';

const NUMBER_DIGITS = 12;
const NAME = /^(\d{12})-([0-9a-f]{64})$/;
const MAX_TOLD_BYTES = 32;
/** Two processes may note at the same moment; each finds the other's number taken. */
const MAX_NAME_TRIES = 16;

interface NoteName {
  readonly name: string;
  readonly number: number;
  readonly copyId: string;
}

type Remembered = Pick<NotedDamage, 'foundMs' | 'mediumErrors'>;

export class FiledFindings implements FindingBook {
  readonly #place: WritePlace;
  readonly #folder: string;
  /** Of notes that were read, by name: what the sums need. */
  readonly #known = new Map<string, Remembered>();

  constructor(place: WritePlace, folder: string) {
    this.#place = place;
    this.#folder = folder;
  }

  async note(found: FoundDamage): Promise<NotedDamage> {
    const earlier = await this.latest(found.copyId, found.foundMs);
    if (earlier !== undefined && isSameDamage(earlier, found)) return earlier;
    try {
      await this.#makeFolder();
      for (let tries = 0; tries < MAX_NAME_TRIES; tries++) {
        const names = this.#names();
        const number = Math.max(names.at(-1)?.number ?? 0, await this.toldUpTo()) + 1;
        const noted = { ...found, number };
        if (await this.#write(noted)) {
          await this.#forget(names);
          return noted;
        }
      }
    } catch (error) {
      throw asKuraError(error, `what is wrong with copy ${found.copyId} could not be noted`);
    }
    throw new KuraError('busy', 'other programs note findings in this store all the time');
  }

  async latest(copyId: CopyId, nowMs: number): Promise<NotedDamage | undefined> {
    for (const name of this.#names().toReversed()) {
      if (name.copyId !== copyId) continue;
      const noted = this.#read(name);
      if (noted !== undefined) return isRecent(noted, nowMs) ? noted : undefined;
    }
    return undefined;
  }

  async after(number: number, limit: number): Promise<readonly NotedDamage[]> {
    const notes: NotedDamage[] = [];
    for (const name of this.#names()) {
      if (name.number <= number) continue;
      const noted = this.#read(name);
      if (noted !== undefined) notes.push(noted);
      if (notes.length === limit) break;
    }
    return notes;
  }

  async mediumErrors(nowMs: number): Promise<number> {
    const names = this.#names();
    for (const name of names) if (!this.#known.has(name.name)) this.#read(name);
    return sumOf(this.#known.values(), nowMs);
  }

  async toldUpTo(): Promise<number> {
    const bytes = readSmallFile(this.#place.disk, this.#toldPath, MAX_TOLD_BYTES);
    const number = Number(Buffer.from(bytes ?? []).toString('latin1'));
    return Number.isSafeInteger(number) ? number : 0;
  }

  async told(number: number): Promise<void> {
    // Whoever answers a heartbeat cannot know more than there is.
    const upTo = Math.min(number, this.#names().at(-1)?.number ?? 0);
    if (upTo <= (await this.toldUpTo())) return;
    const bytes = new Uint8Array(Buffer.from(`${upTo}\n`, 'latin1'));
    await replaceDurably(this.#place, { path: this.#toldPath, bytes });
  }

  get #toldPath(): string {
    return `${this.#folder}/told`;
  }

  async #makeFolder(): Promise<void> {
    const { disk } = this.#place;
    if (disk.stat(this.#folder) !== undefined) return;
    disk.makeFolder(this.#folder);
    await syncFolder(disk, parentOf(this.#folder));
  }

  /** False if another process has taken the number. */
  async #write(noted: NotedDamage): Promise<boolean> {
    const name = `${String(noted.number).padStart(NUMBER_DIGITS, '0')}-${noted.copyId}`;
    const names = this.#names();
    if (names.some(({ number }) => number === noted.number)) return false;
    try {
      await writeDurably(this.#place, {
        path: `${this.#folder}/${name}`,
        bytes: encodeNote(noted),
      });
      return true;
    } catch (error) {
      if (error instanceof KuraError && error.code === 'already_exists') return false;
      throw error;
    }
  }

  /** Those of long ago that were told, once there are too many. */
  async #forget(names: readonly NoteName[]): Promise<void> {
    const excess = names.length + 1 - MAX_NOTES;
    const told = await this.toldUpTo();
    for (const { name, number } of names.slice(0, Math.max(0, excess))) {
      if (number > told) return;
      this.#place.disk.unlink(`${this.#folder}/${name}`);
      this.#known.delete(name);
    }
  }

  #read({ name }: NoteName): NotedDamage | undefined {
    try {
      const bytes = readSmallFile(this.#place.disk, `${this.#folder}/${name}`, MAX_NOTE_BYTES);
      if (bytes === undefined) return undefined;
      const noted = decodeNote(bytes);
      this.#known.set(name, { foundMs: noted.foundMs, mediumErrors: noted.mediumErrors });
      return noted;
    } catch (error) {
      if (error instanceof KuraError) return undefined;
      throw error;
    }
  }

  /** By number. */
  #names(): NoteName[] {
    const names: NoteName[] = [];
    for (const { name } of this.#list()) {
      const [, number, copyId] = NAME.exec(name) ?? [];
      if (number === undefined || copyId === undefined) continue;
      names.push({ name, number: Number(number), copyId });
    }
    return names.sort((a, b) => a.number - b.number);
  }

  #list(): readonly { readonly name: string }[] {
    try {
      return this.#place.disk.list(this.#folder);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw asKuraError(error, 'the findings of the store could not be listed');
    }
  }
}
