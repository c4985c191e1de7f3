// The store's memory of what it found: asked by examinations, told to the coordinator with heartbeats. A port, so
// that a folder keeps it in files and a store in memory in memory.
import { type CopyId, DAY_MS } from '@kura/base';
import { type FoundDamage, isSameDamage, type NotedDamage } from './noted.ts';

/** Older findings say nothing about a device of today. */
export const FINDINGS_COUNT_MS = 30 * DAY_MS;
/** The oldest that were told go first. A disk that fails altogether has told enough by then. */
export const MAX_NOTES = 4096;

export interface FindingBook {
  /** Durable when it resolves. Damage that is noted already, and not older than 30 days, keeps its number. */
  note(found: FoundDamage): Promise<NotedDamage>;
  /** The newest of this copy within 30 days before `nowMs`. */
  latest(copyId: CopyId, nowMs: number): Promise<NotedDamage | undefined>;
  /** In order of their numbers, above `number`. */
  after(number: number, limit: number): Promise<readonly NotedDamage[]>;
  /** Parts of files that the medium gave errors for within 30 days before `nowMs`. */
  mediumErrors(nowMs: number): Promise<number>;
  /** Up to which number the coordinator has been told. */
  toldUpTo(): Promise<number>;
  /** It has them now; durable when it resolves. A lower number than before changes nothing. */
  told(number: number): Promise<void>;
}

/** A book that ends with the process. */
export class MemoryFindingBook implements FindingBook {
  readonly #notes: NotedDamage[] = [];
  #last = 0;
  #told = 0;

  async note(found: FoundDamage): Promise<NotedDamage> {
    const earlier = await this.latest(found.copyId, found.foundMs);
    if (earlier !== undefined && isSameDamage(earlier, found)) return earlier;
    const noted = { ...found, number: ++this.#last };
    this.#notes.push(noted);
    if (this.#notes.length > MAX_NOTES) this.#notes.shift();
    return noted;
  }

  async latest(copyId: CopyId, nowMs: number): Promise<NotedDamage | undefined> {
    return this.#notes.findLast((note) => note.copyId === copyId && isRecent(note, nowMs));
  }

  async after(number: number, limit: number): Promise<readonly NotedDamage[]> {
    return this.#notes.filter((note) => note.number > number).slice(0, limit);
  }

  async mediumErrors(nowMs: number): Promise<number> {
    return sumOf(this.#notes, nowMs);
  }

  async toldUpTo(): Promise<number> {
    return this.#told;
  }

  async told(number: number): Promise<void> {
    this.#told = Math.max(this.#told, Math.min(number, this.#last));
  }
}

export function isRecent({ foundMs }: Pick<NotedDamage, 'foundMs'>, nowMs: number): boolean {
  return nowMs - foundMs <= FINDINGS_COUNT_MS;
}

export function sumOf(
  notes: Iterable<Pick<NotedDamage, 'foundMs' | 'mediumErrors'>>,
  nowMs: number,
): number {
  let sum = 0;
  for (const note of notes) if (isRecent(note, nowMs)) sum += note.mediumErrors;
  return sum;
}
