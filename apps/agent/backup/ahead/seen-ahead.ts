// The walk's look at the source where something looks ahead of it: answers with what was seen, and asks the system
// where nothing was. Both go through the tree in one order, so this is a merge of two ascending rows: what the walk
// has passed is dropped, what lies before it is kept. Nothing is waited for, so a look that is slow, or gone, changes
// nothing.
import type { ByteString } from '@kura/base';
import type { FileStatus } from '@kura/native';
import type { SourceLook } from '../plan/walk-scope.ts';
import { type Sighting, SightingReader } from './sightings.ts';

export interface SeenAheadOptions {
  /** Asked where nothing was seen. */
  readonly system: SourceLook;
  /** The next batch, if one is there; the one before has been used. */
  readonly nextBatch: () => Uint8Array | undefined;
}

export class SeenAhead implements SourceLook {
  readonly #options: SeenAheadOptions;
  readonly #reader = new SightingReader();
  #current: Sighting | undefined;

  constructor(options: SeenAheadOptions) {
    this.#options = options;
  }

  status(path: ByteString): FileStatus | undefined {
    const seen = this.#seen(path, STATUS);
    return seen !== undefined && 'status' in seen ? seen.status : this.#options.system.status(path);
  }

  readNames(path: ByteString): ByteString[] {
    const seen = this.#seen(path, NAMES);
    return seen !== undefined && 'names' in seen
      ? seen.names
      : this.#options.system.readNames(path);
  }

  #seen(path: ByteString, part: number): Sighting | undefined {
    for (;;) {
      this.#current ??= this.#next();
      const seen = this.#current;
      if (seen === undefined) return undefined;
      const order = comparePlaces(seen.path, path) || ('status' in seen ? STATUS : NAMES) - part;
      if (order > 0) return undefined;
      this.#current = undefined;
      if (order === 0) return seen;
    }
  }

  #next(): Sighting | undefined {
    for (;;) {
      const next = this.#reader.next();
      if (next !== undefined) return next;
      const batch = this.#options.nextBatch();
      if (batch === undefined) return undefined;
      this.#reader.open(batch);
    }
  }
}

/** A folder's status is asked for before its names. */
const STATUS = 0;
const NAMES = 1;
const SLASH = 0x2f;

/** In the order of a walk: a folder before what is in it, names by their bytes. */
export function comparePlaces(a: ByteString, b: ByteString): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const one = a.charCodeAt(at);
    const other = b.charCodeAt(at);
    if (one === other) continue;
    if (one === SLASH) return -1;
    return other === SLASH ? 1 : one - other;
  }
  return a.length - b.length;
}
