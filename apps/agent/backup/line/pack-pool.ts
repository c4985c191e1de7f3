// Open packs of one kind, and the way of a pack from the first frame to the acknowledgement: frames go to a
// random one of the open packs, full packs finish in the background while the next is filled. At most
// one pack's buffer per open pack is in memory, never a whole pack.
import {
  asKuraError,
  KuraError,
  type NetworkShape,
  type PackId,
  type Random,
  toHex,
} from '@kura/base';
import type { PackSink, PackUpload } from '@kura/contract';
import type { NewFrame, PackDirectory, PackSession } from '@kura/format';
import { payloadCapacity } from '@kura/format/pack-layout.ts';
import { PackWriter } from '@kura/format/pack-writer.ts';
import { allocatePages, type Bulk } from '@kura/native';
import type { EarlyPack } from '../../early/early-backups.ts';
import { joinChunkIds } from '../../index/index-file.ts';
import type { SampledLeaf } from './copy-check.ts';
import type { FinishedPack } from './tasks.ts';

export interface PackPoolOptions {
  readonly shape: NetworkShape;
  readonly bulk: Bulk;
  readonly random: Random;
  readonly session: PackSession;
  readonly sink: PackSink;
  /** Chunks are spread over this many packs, so that neighbours in a file are not neighbours at a store. */
  readonly openPacks: number;
  readonly isFolderPool: boolean;
  /** Leaves that a pack begun now may grow to. */
  readonly targetLeaves: () => number;
  /** Sees every sealed leaf of folder packs, in order; `end` with whether the pack was finished. */
  readonly tee?: PackTee;
  readonly check: (finished: FinishedPack, samples: readonly SampledLeaf[]) => void;
  readonly onFinished: (pack: FinishedPack) => void;
}

export interface PackTee {
  begin(packId: PackId): void;
  write(packId: PackId, sealed: Uint8Array): void;
  end(packId: PackId, isComplete: boolean): void;
}

interface OpenPack {
  readonly packId: PackId;
  readonly writer: PackWriter;
  readonly upload: PackUpload;
  readonly buffer: Uint8Array;
  plainBytes: number;
  chunkCount: number;
}

/** More would only wait for the same disk; fewer would leave the processor idle at every fsync. */
const MAX_FINISHING = 2;
const ID_BYTES = 32;
const HASH_BYTES = 32;
/** A chunk, and its frame, in a directory. */
const MAX_DIRECTORY_ENTRY_BYTES = 56;

export class PackPool {
  readonly #options: PackPoolOptions;
  readonly #open: (OpenPack | undefined)[];
  readonly #buffers: Uint8Array[] = [];
  readonly #finishing = new Set<Promise<void>>();
  #failure: unknown;
  #lastPackId: PackId | undefined;

  constructor(options: PackPoolOptions) {
    this.#options = options;
    this.#open = new Array<OpenPack | undefined>(options.openPacks).fill(undefined);
  }

  /** The pack that was begun last. */
  get lastPackId(): PackId | undefined {
    return this.#lastPackId;
  }

  /** Throws KuraErrors only: whoever reads files must tell a full store from an unreadable file. */
  async add(frame: NewFrame): Promise<void> {
    try {
      await this.#add(frame);
    } catch (error) {
      throw asKuraError(error, 'a pack could not be stored');
    }
  }

  async #add(frame: NewFrame): Promise<void> {
    this.#throwFailure();
    const pack = await this.#packFor(frame);
    pack.plainBytes += frame.plainBytes;
    pack.chunkCount += frame.chunks.length;
    const flushed = pack.writer.addFrame(frame);
    if (flushed !== undefined) await flushed;
    if (pack.writer.isNearlyFull && this.#open.length > 1) {
      await this.#finish(this.#open.indexOf(pack));
    }
  }

  /** Leaves that the first open pack will have if one more chunk of `moreBytes` goes into it. */
  plannedLeaves(moreBytes: number): number {
    const pack = this.#open[0];
    const payloadBytes = (pack?.writer.payloadBytes ?? 0) + moreBytes;
    return this.#leavesFor(payloadBytes, 1 + (pack?.chunkCount ?? 0));
  }

  #leavesFor(storedBytes: number, chunkCount: number): number {
    const { shape } = this.#options;
    const payloadBytes = storedBytes + chunkCount * MAX_DIRECTORY_ENTRY_BYTES;
    const size = shape.packLeaves.find((leaves) => payloadCapacity(shape, leaves) >= payloadBytes);
    return size ?? shape.packLeaves[2];
  }

  /** Closes all open packs and waits until each is acknowledged. */
  async finish(): Promise<void> {
    for (let slot = 0; slot < this.#open.length; slot++) {
      if (this.#open[slot] !== undefined) await this.#finish(slot);
    }
    await Promise.all(this.#finishing);
    this.#throwFailure();
  }

  async abort(): Promise<void> {
    this.#open.forEach((pack, slot) => {
      this.#open[slot] = undefined;
      if (pack === undefined) return;
      pack.writer.abort();
      pack.upload.abort();
      this.#options.tee?.end(pack.packId, false);
    });
    await Promise.all(this.#finishing);
  }

  /**
   * A random one of the open packs that have room; if none has, the one with the least room makes way for a
   * new one. Room, not bytes: a full small pack beside a large one would stay open for ever, and every chunk
   * go to the other.
   */
  async #packFor(frame: NewFrame): Promise<OpenPack> {
    const { random } = this.#options;
    const first = random.below(this.#open.length);
    let fullest = first;
    let leastRoom = Number.POSITIVE_INFINITY;
    for (let step = 0; step < this.#open.length; step++) {
      const slot = (first + step) % this.#open.length;
      const pack = this.#open[slot];
      if (pack === undefined) return this.#begin(slot, frame);
      if (pack.writer.fits(frame.stored.length, frame.chunks.length)) return pack;
      if (pack.writer.roomBytes >= leastRoom) continue;
      fullest = slot;
      leastRoom = pack.writer.roomBytes;
    }
    await this.#finish(fullest);
    return this.#begin(fullest, frame);
  }

  async #begin(slot: number, frame: NewFrame): Promise<OpenPack> {
    const { shape, bulk, random, session, sink, tee } = this.#options;
    const packId = toHex(random.bytes(ID_BYTES)) as PackId;
    const least = this.#leavesFor(frame.stored.length, frame.chunks.length);
    const targetLeaves = Math.max(this.#options.targetLeaves(), least);
    const upload = await sink.open(packId, targetLeaves);
    const buffer = this.#buffers.pop() ?? allocatePages(shape.packLeaves[0] * shape.leafBytes);
    tee?.begin(packId);
    const writer = new PackWriter({
      packId,
      session,
      bulk,
      shape,
      buffer,
      targetLeaves,
      random,
      onLeaves: async (sealed) => {
        tee?.write(packId, sealed);
        await upload.write(sealed);
      },
    });
    const pack = { packId, writer, upload, buffer, plainBytes: 0, chunkCount: 0 };
    this.#open[slot] = pack;
    this.#lastPackId = packId;
    return pack;
  }

  async #finish(slot: number): Promise<void> {
    const pack = this.#open[slot];
    this.#open[slot] = undefined;
    if (pack === undefined) return;
    while (this.#finishing.size >= MAX_FINISHING) await Promise.race(this.#finishing);
    try {
      const { leafCount, directory } = await pack.writer.finish();
      this.#buffers.push(pack.buffer);
      const done = this.#acknowledge(pack, leafCount, directory).then(
        () => {
          this.#finishing.delete(done);
        },
        (error: unknown) => {
          this.#finishing.delete(done);
          this.#failure ??= error;
        },
      );
      this.#finishing.add(done);
    } catch (error) {
      pack.writer.abort();
      pack.upload.abort();
      this.#options.tee?.end(pack.packId, false);
      throw error;
    }
  }

  async #acknowledge(pack: OpenPack, leafCount: number, directory: PackDirectory): Promise<void> {
    const { tee, check, onFinished, isFolderPool } = this.#options;
    let isComplete = false;
    try {
      const record = await pack.upload.finish();
      if (record.leafCount !== leafCount) {
        throw new KuraError('refused', `pack ${pack.packId} arrived with another length`);
      }
      const finished: FinishedPack = {
        record,
        index: {
          packId: pack.packId,
          leafCount,
          isFolderPack: isFolderPool,
          chunkIds: chunkIdsIn(directory),
        },
        plainBytes: pack.plainBytes,
      };
      const samples = pack.writer.sampledLeaves();
      check(finished, samples);
      isComplete = true;
      // Without a copy it was handed over: there is nothing to compare yet.
      const isEarly = record.copies.length === 0;
      onFinished(isEarly ? { ...finished, toLookFor: this.#hashesOf(samples) } : finished);
    } finally {
      tee?.end(pack.packId, isComplete);
    }
  }

  #hashesOf(samples: readonly SampledLeaf[]): EarlyPack['leaves'] {
    return samples.map(({ index, bytes }) => {
      const sha256 = new Uint8Array(HASH_BYTES);
      this.#options.bulk.sha256(bytes, sha256);
      return { index, sha256 };
    });
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function chunkIdsIn(directory: PackDirectory): Uint8Array {
  return joinChunkIds(directory.frames.flatMap((frame) => frame.chunks.map((chunk) => chunk.id)));
}
