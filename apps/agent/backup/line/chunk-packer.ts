// From a chunk's bytes to a frame in a pack: names it, asks whether it is stored already, gathers small ones,
// compresses, and hands frames to the pool. Knows nothing of files.
import { assert, must, type NetworkShape } from '@kura/base';
import type { ChunkKind, ContentEntry, DirectoryChunk, FrameEncoder, NewFrame } from '@kura/format';
import { chunkIdsOf } from '@kura/format/ids.ts';
import type { ChunkIdKeys } from '@kura/member-seal';
import { allocatePages, type Bulk } from '@kura/native';
import { type ChunkTable, IN_SESSION } from '../../index/chunk-table.ts';
import type { PackPool } from './pack-pool.ts';

export interface ChunkPackerOptions {
  readonly shape: NetworkShape;
  readonly bulk: Bulk;
  /** Nobody else uses it until what `add` or `flush` returned has resolved. */
  readonly encoder: FrameEncoder;
  readonly chunkIdKeys: ChunkIdKeys;
  readonly table: ChunkTable;
  readonly pool: PackPool;
  /** A chunk lies in a pack that prune has marked: true if the pack was saved from removal. */
  readonly rescue: (packNumber: number) => Promise<boolean>;
  readonly isMarked: (packNumber: number) => boolean;
}

/** A frame is at most a chunk or a group; zstd may need a little more than it is given. */
export function outputBytes(shape: NetworkShape): number {
  const longest = Math.max(shape.maxChunkBytes, shape.frameBytes);
  return longest + Math.ceil(longest / 128) + MIN_OUTPUT_BYTES;
}

const MIN_OUTPUT_BYTES = 8 * 1024;

export interface PlainFrame {
  readonly plain: Uint8Array;
  readonly kind: ChunkKind;
  readonly chunks: readonly DirectoryChunk[];
}

export function encodeFrame(encoder: FrameEncoder, frame: PlainFrame): NewFrame {
  const { plain, kind, chunks } = frame;
  const encoded = encoder.encode(plain, chunks.length);
  return { ...encoded, plainBytes: plain.length, kind, chunks };
}

export class ChunkPacker {
  readonly #options: ChunkPackerOptions;
  readonly #encoder: FrameEncoder;
  /** Small chunks waiting to be compressed together. */
  readonly #group: Uint8Array;
  #groupBytes = 0;
  #groupChunks: DirectoryChunk[] = [];
  #bytesAdded = 0;
  readonly #packsUsed = new Set<number>();

  constructor(options: ChunkPackerOptions) {
    this.#options = options;
    this.#encoder = options.encoder;
    this.#group = allocatePages(options.shape.frameBytes);
  }

  /** The chunks' memory may be used again when it resolves. */
  async add(chunks: readonly Uint8Array[]): Promise<ContentEntry[]> {
    const { bulk, chunkIdKeys } = this.#options;
    const ids = chunkIdsOf(bulk, chunkIdKeys, 'data', chunks);
    const content: ContentEntry[] = [];
    for (const [index, plain] of chunks.entries()) {
      const entry = { id: must(ids[index], 'an id for each chunk'), length: plain.length };
      const done = this.#claim(entry, plain);
      if (done !== undefined) await done;
      content.push(entry);
    }
    return content;
  }

  #claim(entry: ContentEntry, plain: Uint8Array): Promise<void> | undefined {
    const { table, isMarked } = this.#options;
    const found = table.claim(entry.id);
    if (found === undefined) return this.#store(entry, plain);
    if (found === IN_SESSION) return undefined;
    if (isMarked(found)) return this.#rescueOrStore(found, entry, plain);
    this.#packsUsed.add(found);
    return undefined;
  }

  /** What was added and used since the last call. */
  takeWork(): { bytesAdded: number; packsUsed: readonly number[] } {
    const work = { bytesAdded: this.#bytesAdded, packsUsed: [...this.#packsUsed] };
    this.#bytesAdded = 0;
    this.#packsUsed.clear();
    return work;
  }

  /** Sends the waiting small chunks on their way. */
  async flush(): Promise<void> {
    if (this.#groupChunks.length === 0) return;
    const plain = this.#group.subarray(0, this.#groupBytes);
    const chunks = this.#groupChunks;
    this.#groupChunks = [];
    this.#groupBytes = 0;
    await this.#options.pool.add(encodeFrame(this.#encoder, { plain, kind: 'data', chunks }));
  }

  async #rescueOrStore(found: number, entry: ContentEntry, plain: Uint8Array): Promise<void> {
    if (await this.#options.rescue(found)) {
      this.#packsUsed.add(found);
      return;
    }
    await this.#store(entry, plain);
  }

  #store(entry: ContentEntry, plain: Uint8Array): Promise<void> | undefined {
    const { shape, pool } = this.#options;
    this.#bytesAdded += plain.length;
    if (plain.length > shape.smallChunkBytes) {
      return pool.add(encodeFrame(this.#encoder, { plain, kind: 'data', chunks: [entry] }));
    }
    assert(plain.length <= this.#group.length, 'a small chunk is larger than a frame');
    if (this.#groupBytes + plain.length <= this.#group.length) {
      this.#gather(entry, plain);
      return undefined;
    }
    return this.flush().then(() => this.#gather(entry, plain));
  }

  #gather(entry: ContentEntry, plain: Uint8Array): void {
    this.#group.set(plain, this.#groupBytes);
    this.#groupBytes += plain.length;
    this.#groupChunks.push(entry);
  }
}
