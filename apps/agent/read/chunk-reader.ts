// Reads chunks by id: finds the pack in the table, the frame in the pack's directory, and checks the name
// of what comes out. One call at a time (scratch memory is shared); open one reader per line of work.
import { type ChunkId, equalBytes, KuraError, toHex } from '@kura/base';
import type { PackRow } from '@kura/contract';
import {
  type ChunkKind,
  type ContentEntry,
  chunkIdOf,
  type DirectoryFrame,
  type PackDirectory,
  type PackReader,
} from '@kura/format';
import type { ChunkIdKeys } from '@kura/member-seal';
import { allocatePages, type Bulk } from '@kura/native';
import { type ChunkTable, IN_SESSION } from '../index/chunk-table.ts';
import { ExpectedPacks } from './expected-packs.ts';
import { LruCache } from './lru-cache.ts';
import type { PackOpener } from './pack-opener.ts';

export interface ChunkReaderOptions {
  readonly table: ChunkTable;
  readonly packByNumber: (packNumber: number) => PackRow;
  readonly opener: PackOpener;
  readonly chunkIdKeys: ChunkIdKeys;
  readonly bulk: Bulk;
  /** What some packs hold is not known, for their stores are away; default, all is known. */
  readonly isPartlyAway?: boolean;
}

interface ChunkPlace {
  readonly frame: DirectoryFrame;
  readonly frameNumber: number;
  readonly offset: number;
  readonly length: number;
}

interface CachedFrame {
  readonly room: Uint8Array;
  /** At the front of the room. */
  readonly plain: Uint8Array;
}

interface OpenPack {
  readonly reader: PackReader;
  /** First 16 bytes of the id, as latin1 → where it is. */
  readonly places: ReadonlyMap<string, ChunkPlace>;
}

/** A directory takes up to a few hundred KiB as objects. */
const MAX_OPEN_PACKS = 16;
/** Frames of small chunks are asked for again and again: neighbours in a folder are neighbours in a frame. */
const MAX_CACHED_FRAMES = 8;
const CACHED_FRAME_BYTES = 1024 * 1024;

export class ChunkReader {
  readonly #options: ChunkReaderOptions;
  readonly #packs: LruCache<number, OpenPack>;
  readonly #expected = new ExpectedPacks();
  /** Room of frames that were dropped: a megabyte that is new each time costs more than unpacking into it. */
  readonly #rooms: Uint8Array[] = [];
  readonly #frames = new LruCache<string, CachedFrame>(MAX_CACHED_FRAMES, ({ room }) => {
    this.#rooms.push(room);
  });

  constructor(options: ChunkReaderOptions) {
    this.#options = options;
    this.#packs = new LruCache(MAX_OPEN_PACKS, (pack) => pack.reader.close());
  }

  /** The verified plaintext; a view that may be valid only until the next call. */
  async read(entry: ContentEntry, kind: ChunkKind): Promise<Uint8Array> {
    const { packNumber, pack, place } = await this.#locate(entry.id);
    if (place.length !== entry.length || place.frame.kind !== kind) {
      throw new KuraError('corrupt', `chunk ${short(entry.id)} is not what refers to it says`);
    }
    const plain = await this.#frame(packNumber, pack, place);
    const chunk = plain.subarray(place.offset, place.offset + place.length);
    const { bulk, chunkIdKeys } = this.#options;
    if (!equalBytes(chunkIdOf(bulk, chunkIdKeys, kind, chunk), entry.id)) {
      throw new KuraError('corrupt', `chunk ${short(entry.id)} has another content than its name`);
    }
    return chunk;
  }

  /** These will be read, in this order, before others are. */
  expect(entries: Iterable<ContentEntry>): void {
    this.#expected.begin(
      Array.from(entries, ({ id, length }) => ({ packNumber: this.place(id), length })),
    );
  }

  /** Orders reads so that neighbours in packs are read together; undefined if nobody knows the chunk. */
  place(id: ChunkId): number | undefined {
    const found = this.#options.table.find(id);
    return found === undefined || found === IN_SESSION ? undefined : found;
  }

  close(): void {
    this.#packs.clear();
    this.#frames.clear();
  }

  /** It may be in a pack that nobody can look into now. */
  #notFound(id: ChunkId): KuraError {
    if (this.#options.isPartlyAway === true) {
      return new KuraError(
        'too_few_stores',
        `chunk ${short(id)} is in no pack that can be read now`,
        {
          guidance: 'Bring the missing store back and run it again.',
        },
      );
    }
    return new KuraError('missing', `chunk ${short(id)} is in no pack that is known`, {
      guidance: 'Run `kura check` to see what is hurt.',
    });
  }

  async #locate(id: ChunkId): Promise<{ packNumber: number; pack: OpenPack; place: ChunkPlace }> {
    const packNumber = this.place(id);
    if (packNumber === undefined) {
      throw this.#notFound(id);
    }
    const pack = await this.#openPack(packNumber);
    const place = pack.places.get(placeKey(id));
    if (place === undefined) {
      throw new KuraError('corrupt', `chunk ${short(id)} is not in the pack that the index names`, {
        guidance: 'Run `kura cache rebuild`.',
      });
    }
    return { packNumber, pack, place };
  }

  async #openPack(packNumber: number): Promise<OpenPack> {
    const known = this.#packs.get(packNumber);
    if (known !== undefined) return known;
    const { opener, packByNumber } = this.#options;
    const row = packByNumber(packNumber);
    for (const number of this.#expected.whole(packNumber, packByNumber)) {
      opener.expect(packByNumber(number));
    }
    const reader = opener.open(row);
    try {
      const directory = await reader.directory();
      this.#expected.learn(directory, row);
      const pack = { reader, places: placesIn(directory) };
      this.#packs.set(packNumber, pack);
      return pack;
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  async #frame(packNumber: number, pack: OpenPack, place: ChunkPlace): Promise<Uint8Array> {
    const { frame, frameNumber } = place;
    const key = `${packNumber}:${frameNumber}`;
    const cached = this.#frames.get(key);
    if (cached !== undefined) return cached.plain;
    if (frame.chunks.length === 1 || frame.plainBytes > CACHED_FRAME_BYTES) {
      return pack.reader.readFrame(frame);
    }
    const room = this.#rooms.pop() ?? allocatePages(CACHED_FRAME_BYTES);
    try {
      const plain = await pack.reader.readFrame(frame, room);
      this.#frames.set(key, { room, plain });
      return plain;
    } catch (error) {
      this.#rooms.push(room);
      throw error;
    }
  }
}

function placesIn({ frames }: PackDirectory): ReadonlyMap<string, ChunkPlace> {
  const places = new Map<string, ChunkPlace>();
  for (const [frameNumber, frame] of frames.entries()) {
    let offset = 0;
    for (const chunk of frame.chunks) {
      places.set(placeKey(chunk.id), { frame, frameNumber, offset, length: chunk.length });
      offset += chunk.length;
    }
  }
  return places;
}

function placeKey(id: ChunkId): string {
  return Buffer.from(id.buffer, id.byteOffset, 16).toString('latin1');
}

function short(id: ChunkId): string {
  return toHex(id.subarray(0, 8));
}
