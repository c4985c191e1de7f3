// Reads chunks by id: finds the pack in the table, the frame in the pack's directory, and checks the name
// of what comes out; of a frame of small chunks, all names at once, since neighbours are read next. One call at
// a time (scratch memory is shared); open one reader per line of work.
import { type ChunkId, equalBytes, KuraError, must, toHex } from '@kura/base';
import type { PackRow } from '@kura/contract';
import {
  type ChunkKind,
  type ContentEntry,
  chunkIdOf,
  chunkIdsOf,
  type DirectoryFrame,
  type PackReader,
} from '@kura/format';
import type { ChunkIdKeys } from '@kura/member-seal';
import { allocatePages, type Bulk } from '@kura/native';
import { type ChunkTable, IN_SESSION } from '../index/chunk-table.ts';
import { type ChunkPlace, ChunkPlaces } from './chunk-places.ts';
import { ExpectedPacks } from './expected-packs.ts';
import { LruCache } from './lru-cache.ts';
import type { PackOpener } from './pack-opener.ts';

export interface ChunkReaderOptions {
  readonly table: ChunkTable;
  readonly packByNumber: (packNumber: number) => PackRow;
  readonly opener: Pick<PackOpener, 'open' | 'expect'>;
  readonly chunkIdKeys: ChunkIdKeys;
  readonly bulk: Bulk;
  /** What some packs hold is not known, for their stores are away; default, all is known. */
  readonly isPartlyAway?: boolean;
}

interface CachedFrame {
  readonly room: Uint8Array;
  /** The chunks at the front of the room; undefined: one that is not as it is named. */
  readonly chunks: readonly (Uint8Array | undefined)[];
}

interface OpenPack {
  readonly reader: PackReader;
  readonly places: ChunkPlaces;
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
  readonly #frames = new LruCache<DirectoryFrame, CachedFrame>(MAX_CACHED_FRAMES, ({ room }) => {
    this.#rooms.push(room);
  });

  constructor(options: ChunkReaderOptions) {
    this.#options = options;
    this.#packs = new LruCache(MAX_OPEN_PACKS, (pack) => pack.reader.close());
  }

  /** The verified plaintext; a view that may be valid only until the next call. */
  async read(entry: ContentEntry, kind: ChunkKind): Promise<Uint8Array> {
    return this.#atHand(entry, kind) ?? (await this.#fetch(entry, kind));
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

  /** Most chunks are in a frame that is kept: nothing is waited for. */
  #atHand(entry: ContentEntry, kind: ChunkKind): Uint8Array | undefined {
    const packNumber = this.place(entry.id);
    const pack = packNumber === undefined ? undefined : this.#packs.get(packNumber);
    const place = pack?.places.find(entry.id);
    const cached = place === undefined ? undefined : this.#frames.get(place.frame);
    if (place === undefined || cached === undefined) return undefined;
    checkPlace(place, entry, kind);
    return cached.chunks[place.index] ?? misnamed(entry.id);
  }

  async #fetch(entry: ContentEntry, kind: ChunkKind): Promise<Uint8Array> {
    const { id } = entry;
    const packNumber = this.place(id);
    if (packNumber === undefined) throw this.#notFound(id);
    const pack = await this.#openPack(packNumber);
    const place = pack.places.find(id);
    if (place === undefined) {
      throw new KuraError('corrupt', `chunk ${short(id)} is not in the pack that the index names`, {
        guidance: 'Run `kura cache rebuild`.',
      });
    }
    checkPlace(place, entry, kind);
    const { frame, index } = place;
    if (frame.chunks.length > 1 && frame.plainBytes <= CACHED_FRAME_BYTES) {
      const chunks = await this.#openFrame(pack, frame);
      return chunks[index] ?? misnamed(id);
    }
    const plain = await pack.reader.readFrame(frame);
    const chunk = plain.subarray(place.offset, place.offset + place.length);
    const { bulk, chunkIdKeys } = this.#options;
    return equalBytes(chunkIdOf(bulk, chunkIdKeys, kind, chunk), id) ? chunk : misnamed(id);
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
      const pack = { reader, places: new ChunkPlaces(directory) };
      this.#packs.set(packNumber, pack);
      return pack;
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  /** The chunks of a frame, checked and kept. */
  async #openFrame(pack: OpenPack, frame: DirectoryFrame): Promise<CachedFrame['chunks']> {
    const room = this.#rooms.pop() ?? allocatePages(CACHED_FRAME_BYTES);
    try {
      const plain = await pack.reader.readFrame(frame, room);
      const chunks = this.#checked(frame, plain);
      this.#frames.set(frame, { room, chunks });
      return chunks;
    } catch (error) {
      this.#rooms.push(room);
      throw error;
    }
  }

  #checked({ chunks, kind }: DirectoryFrame, plain: Uint8Array): CachedFrame['chunks'] {
    const { bulk, chunkIdKeys } = this.#options;
    let end = 0;
    const contents = chunks.map(({ length }) => {
      end += length;
      return plain.subarray(end - length, end);
    });
    const ids = chunkIdsOf(bulk, chunkIdKeys, kind, contents);
    return contents.map((content, index) => {
      const { id } = must(chunks[index], 'a content is of a chunk');
      return equalBytes(id, must(ids[index], 'every content has an id')) ? content : undefined;
    });
  }
}

function checkPlace(place: ChunkPlace, entry: ContentEntry, kind: ChunkKind): void {
  if (place.length === entry.length && place.frame.kind === kind) return;
  throw new KuraError('corrupt', `chunk ${short(entry.id)} is not what refers to it says`);
}

function misnamed(id: ChunkId): never {
  throw new KuraError('corrupt', `chunk ${short(id)} has another content than its name`);
}

function short(id: ChunkId): string {
  return toHex(id.subarray(0, 8));
}
