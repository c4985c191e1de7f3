// Which chunks are stored already, and in which pack: a hash table in shared memory that all threads
// read and claim in without locks. It holds the first 16 bytes of each chunk id (a collision has
// probability 2^-88 among a million chunks, and ids are keyed: nobody can search for one).
// It is a cache: everything in it can be read from packs again.
import { assert, type ChunkId } from '@kura/base';

const ID_BYTES = 32;
/** Of an id, in a slot. */
const KEY_BYTES = 16;
const SLOT_WORDS = 5;
const STATE_WORD = 4;
const EMPTY = 0;
const BUSY = -1;
/** Fuller than this, probe chains grow long: the owner should add a segment. */
const COMFORTABLE_LOAD = 0.6;
/** Fuller than this, nothing more is claimed here: the chunk is stored again, which only costs space. */
const HARD_LOAD = 0.9;

/** A chunk that this session stored itself: its pack has no number yet. */
export const IN_SESSION = 0x7fff_fffe;
const MAX_PACK_NUMBER = IN_SESSION - 1;

/** Shared memory of a table, to be sent to other threads. */
export interface ChunkTableSegment {
  readonly slots: SharedArrayBuffer;
  readonly used: SharedArrayBuffer;
}

export interface ChunkTableMemory {
  readonly segments: readonly ChunkTableSegment[];
}

function allocateSegment(slotCount: number): ChunkTableSegment {
  return {
    slots: new SharedArrayBuffer(slotCount * SLOT_WORDS * 4),
    used: new SharedArrayBuffer(4),
  };
}

function slotsFor(chunkCount: number): number {
  let slots = 1 << 14;
  while (slots * COMFORTABLE_LOAD < chunkCount) slots *= 2;
  return slots;
}

class Segment {
  readonly memory: ChunkTableSegment;
  readonly #slots: Int32Array;
  readonly #used: Int32Array;
  readonly #mask: number;
  readonly #slotCount: number;

  constructor(memory: ChunkTableSegment) {
    this.memory = memory;
    this.#slots = new Int32Array(memory.slots);
    this.#used = new Int32Array(memory.used);
    this.#slotCount = this.#slots.length / SLOT_WORDS;
    this.#mask = this.#slotCount - 1;
  }

  get load(): number {
    return Atomics.load(this.#used, 0) / this.#slotCount;
  }

  /** The value under these words, or 0; with `claimValue` > 0 an empty slot is claimed for it. */
  probe(words: Int32Array, claimValue: number): number {
    const slots = this.#slots;
    const w0 = words[0] as number;
    let at = (w0 & this.#mask) * SLOT_WORDS;
    for (let step = 0; step < this.#slotCount; step++) {
      const state = this.#settledState(at);
      if (state === EMPTY) {
        if (claimValue === EMPTY || this.load > HARD_LOAD) return EMPTY;
        if (Atomics.compareExchange(slots, at + STATE_WORD, EMPTY, BUSY) === EMPTY) {
          for (let word = 0; word < STATE_WORD; word++) slots[at + word] = words[word] as number;
          Atomics.store(slots, at + STATE_WORD, claimValue);
          Atomics.add(this.#used, 0, 1);
          return EMPTY;
        }
        step--;
        continue;
      }
      if (
        slots[at] === w0 &&
        slots[at + 1] === words[1] &&
        slots[at + 2] === words[2] &&
        slots[at + 3] === words[3]
      ) {
        return state;
      }
      at += SLOT_WORDS;
      if (at === slots.length) at = 0;
    }
    return EMPTY;
  }

  /** Another thread may be between claiming and filling a slot: that takes nanoseconds. */
  #settledState(at: number): number {
    let state = Atomics.load(this.#slots, at + STATE_WORD);
    while (state === BUSY) state = Atomics.load(this.#slots, at + STATE_WORD);
    return state;
  }
}

export class ChunkTable {
  #segments: Segment[];
  readonly #words = new Int32Array(4);
  readonly #wordBytes = new Uint8Array(this.#words.buffer);

  constructor(memory: ChunkTableMemory) {
    this.#segments = memory.segments.map((segment) => new Segment(segment));
  }

  static sizedFor(chunkCount: number): ChunkTable {
    return new ChunkTable({ segments: [allocateSegment(slotsFor(chunkCount))] });
  }

  get memory(): ChunkTableMemory {
    return { segments: this.#segments.map((segment) => segment.memory) };
  }

  /** The pack number (from 0) that holds the chunk, IN_SESSION, or undefined. */
  find(id: ChunkId): number | undefined {
    return this.findAt(id, 0);
  }

  /** The same of the id that begins at `at` in `bytes`: a walk makes no view for each of a million. */
  findAt(bytes: Uint8Array, at: number): number | undefined {
    this.#load(bytes, at);
    for (const segment of this.#segments) {
      const value = segment.probe(this.#words, EMPTY);
      if (value !== EMPTY) return value === IN_SESSION ? IN_SESSION : value - 1;
    }
    return undefined;
  }

  /**
   * Claims the chunk for this session: undefined means that the caller has to store it; otherwise
   * where it is (as `find`). Two threads never both get undefined, but for two cases that cost a second copy of the
   * chunk and nothing else: the table is full, or it has just grown and one of them claims in the new segment while the
   * other, which has not adopted it yet, claims in the one before.
   */
  claim(id: ChunkId): number | undefined {
    this.#load(id, 0);
    return this.#put(IN_SESSION);
  }

  /** Adds a chunk known to be in pack `packNumber`. */
  add(id: ChunkId, packNumber: number): void {
    this.addAll(id, packNumber);
  }

  /** All chunks of the pack; 32 bytes each, one after the other. */
  addAll(ids: Uint8Array, packNumber: number): void {
    assert(packNumber >= 0 && packNumber < MAX_PACK_NUMBER, 'pack number out of range');
    for (let at = 0; at < ids.length; at += ID_BYTES) {
      this.#load(ids, at);
      this.#put(packNumber + 1);
    }
  }

  get needsSegment(): boolean {
    return (this.#segments.at(-1)?.load ?? 1) > COMFORTABLE_LOAD;
  }

  /** Doubles the room; the new segment has to be sent to the other threads. */
  grow(): ChunkTableSegment {
    const last = this.#segments.at(-1);
    const slots = last === undefined ? 1 << 14 : last.memory.slots.byteLength / SLOT_WORDS / 4;
    const segment = allocateSegment(slots * 2);
    this.adopt(segment);
    return segment;
  }

  adopt(segment: ChunkTableSegment): void {
    this.#segments = [...this.#segments, new Segment(segment)];
  }

  /** Under the words that are loaded. */
  #put(value: number): number | undefined {
    const last = this.#segments.length - 1;
    for (let index = 0; index <= last; index++) {
      const segment = this.#segments[index] as Segment;
      const found = segment.probe(this.#words, index === last ? value : EMPTY);
      if (found !== EMPTY) return found === IN_SESSION ? IN_SESSION : found - 1;
    }
    return undefined;
  }

  #load(bytes: Uint8Array, at: number): void {
    for (let index = 0; index < KEY_BYTES; index++) {
      this.#wordBytes[index] = bytes[at + index] as number;
    }
  }
}
