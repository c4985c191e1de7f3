// Streams frames into a pack: payload → sealed leaves → `onLeaves`, through one buffer of the
// smallest pack's size. A full buffer is sealed only when more payload comes or at the end, because
// the nonce of the last segment must say that it is the last. A pack id is used once, so no (key,
// nonce) ever repeats.
import { assert, KuraError, must, type NetworkShape, type PackId, type Random } from '@kura/base';
import { derivePackKey } from '@kura/member-seal/envelope.ts';
import type { Bulk, Gcm } from '@kura/native';
import {
  directoryFrameBytes,
  directoryHeadBytes,
  encodeDirectory,
  MAX_FRAME_BYTES,
  maxDirectoryFrameBytes,
} from './directory.ts';
import { encodeHeader } from './header.ts';
import {
  FOOTER_BYTES,
  FOOTER_MAGIC,
  HEADER_BYTES,
  isPackSize,
  NONCE_BYTES,
  payloadCapacity,
  segmentHead,
  TAG_BYTES,
  writeNonce,
} from './pack-layout.ts';
import type { ChunkKind, DirectoryChunk, DirectoryFrame, PackDirectory } from './types.ts';

export interface PackSession {
  readonly envelope: Uint8Array;
  readonly sessionSecret: Uint8Array;
  readonly epoch: number;
}

export interface PackWriterOptions {
  /** New: never used for any pack before. */
  readonly packId: PackId;
  readonly session: PackSession;
  readonly bulk: Bulk;
  readonly shape: NetworkShape;
  /** Page-aligned, as long as the smallest pack. The writer's alone until it ends. */
  readonly buffer: Uint8Array;
  /** The size that `fits` keeps to: one of the shape's. */
  readonly targetLeaves: number;
  /** Chooses the sampled leaves. */
  readonly random: Random;
  /** Takes whole sealed leaves, in order; the memory is reused when the promise resolves. */
  readonly onLeaves: (sealed: Uint8Array) => Promise<void>;
}

export interface NewFrame {
  readonly codec: 'raw' | 'zstd';
  /** Must not change before `addFrame` is done. */
  readonly stored: Uint8Array;
  readonly plainBytes: number;
  readonly kind: ChunkKind;
  readonly chunks: readonly DirectoryChunk[];
}

export interface FinishedPack {
  readonly leafCount: number;
  readonly directory: PackDirectory;
  readonly directoryBytes: Uint8Array;
}

export interface SampledLeaf {
  readonly index: number;
  /** The sealed leaf, as it went to `onLeaves`. */
  readonly bytes: Uint8Array;
}

/** Leaves kept for the agent's own check of every copy. */
const SAMPLES = 2;
/**
 * More would leave less of a pack empty (1/64: 1.4 %, 1/32: 2.0 %, 1/16: 3.8 % of large packs, computed for
 * chunks that do not compress) and let fewer neighbours part (0.43, 0.51, 0.53 of them with two open packs).
 */
const NEARLY_FULL = 32;
const NOTHING = new Uint8Array(0);

export class PackWriter {
  readonly packId: PackId;
  readonly #shape: NetworkShape;
  readonly #gcm: Gcm;
  readonly #buffer: Uint8Array;
  readonly #targetLeaves: number;
  readonly #random: Random;
  readonly #onLeaves: (sealed: Uint8Array) => Promise<void>;
  readonly #header = new Uint8Array(HEADER_BYTES);
  readonly #nonce = new Uint8Array(NONCE_BYTES);
  readonly #frames: DirectoryFrame[] = [];
  readonly #samples: { index: number; readonly bytes: Uint8Array }[] = [];
  #frameEntriesBytes = 0;
  #payloadBytes = 0;
  /** The pack's leaf at the front of the buffer. */
  #firstLeaf = 0;
  /** Where the next payload byte goes: leaf of the buffer, and byte of that leaf. */
  #leaf = 0;
  #at = HEADER_BYTES;
  #state: 'open' | 'busy' | 'ended' = 'open';

  constructor(options: PackWriterOptions) {
    const { packId, session, bulk, shape, buffer, targetLeaves } = options;
    assert(isPackSize(shape, targetLeaves), 'a pack size that the network does not have');
    assert(buffer.length === shape.packLeaves[0] * shape.leafBytes, 'a buffer of the wrong size');
    const { sessionSecret, epoch, envelope } = session;
    const { key, commitment } = derivePackKey({ sessionSecret, packId, epoch });
    this.packId = packId;
    this.#shape = shape;
    this.#gcm = bulk.gcm(key);
    this.#buffer = buffer;
    this.#targetLeaves = targetLeaves;
    this.#random = options.random;
    this.#onLeaves = options.onLeaves;
    encodeHeader({ epoch, packId, envelope, commitment }, this.#header);
    buffer.set(this.#header);
  }

  /** Stored bytes of all frames so far. */
  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /** Stored bytes that the target size leaves, before the directory takes its part. */
  get roomBytes(): number {
    return payloadCapacity(this.#shape, this.#targetLeaves) - this.#payloadBytes;
  }

  /** Waiting for the rare chunk that still fits would leave nearly all others to the other open packs. */
  get isNearlyFull(): boolean {
    return this.roomBytes < payloadCapacity(this.#shape, this.#targetLeaves) / NEARLY_FULL;
  }

  get frameCount(): number {
    return this.#frames.length;
  }

  /** Whether one more frame of these figures leaves the pack within its target size. */
  fits(storedBytes: number, chunkCount: number): boolean {
    const directory =
      directoryHeadBytes(this.#frames.length + 1) +
      this.#frameEntriesBytes +
      maxDirectoryFrameBytes(storedBytes, chunkCount);
    const needed = this.#payloadBytes + storedBytes + directory + FOOTER_BYTES;
    return needed <= payloadCapacity(this.#shape, this.#targetLeaves);
  }

  /**
   * Undefined if the frame was taken at once; else a promise to await before any other call. A
   * frame that does not fit the target may make the pack larger; `too_large` if there is no larger
   * size.
   */
  addFrame(frame: NewFrame): Promise<void> | undefined {
    assert(this.#state === 'open', 'a pack writer was used while it is busy or after its end');
    this.#note(frame);
    const rest = this.#copy(frame.stored);
    if (rest.length === 0) return undefined;
    return this.#flushing(rest);
  }

  /** Pads to the smallest allowed size and hands over the last leaves. */
  async finish(): Promise<FinishedPack> {
    assert(this.#state === 'open', 'a pack writer was finished while it is busy or after its end');
    this.#state = 'busy';
    const directoryBytes = encodeDirectory(this.#frames);
    const needed = this.#payloadBytes + directoryBytes.length + FOOTER_BYTES;
    const leafCount = this.#sizeFor(needed);
    await this.#pad(payloadCapacity(this.#shape, leafCount) - needed);
    await this.#append(directoryBytes);
    await this.#append(footer(directoryBytes.length));
    await this.#flush(leafCount);
    assert(this.#firstLeaf === leafCount, 'a pack of another length than computed');
    this.#end();
    const directory = { packId: this.packId, leafCount, frames: this.#frames };
    return { leafCount, directory, directoryBytes };
  }

  /** Two leaves of the finished pack, each pair as likely as any other. */
  sampledLeaves(): readonly SampledLeaf[] {
    assert(this.#state === 'ended', 'leaves are sampled from a finished pack');
    return this.#samples;
  }

  /** Gives the pack up. Safe at any time, also twice. */
  abort(): void {
    if (this.#state !== 'ended') this.#end();
  }

  #end(): void {
    this.#state = 'ended';
    this.#gcm.free();
  }

  #note(frame: NewFrame): void {
    const { codec, stored, plainBytes, kind, chunks } = frame;
    assert(stored.length > 0 && stored.length <= plainBytes, 'a frame of impossible length');
    assert(plainBytes <= MAX_FRAME_BYTES && chunks.length > 0, 'a frame of impossible length');
    const storedBytes = stored.length;
    const entry = { codec, storedBytes, plainBytes, kind, offset: this.#payloadBytes, chunks };
    const entryBytes = directoryFrameBytes(entry);
    const directory =
      directoryHeadBytes(this.#frames.length + 1) + this.#frameEntriesBytes + entryBytes;
    this.#sizeFor(this.#payloadBytes + storedBytes + directory + FOOTER_BYTES);
    this.#frames.push(entry);
    this.#frameEntriesBytes += entryBytes;
    this.#payloadBytes += storedBytes;
  }

  #sizeFor(payloadBytes: number): number {
    const fitting = this.#shape.packLeaves.find(
      (leaves) => payloadCapacity(this.#shape, leaves) >= payloadBytes,
    );
    if (fitting !== undefined) return fitting;
    throw new KuraError('too_large', `a pack cannot hold ${payloadBytes} bytes`);
  }

  async #flushing(rest: Uint8Array): Promise<void> {
    this.#state = 'busy';
    await this.#append(rest);
    this.#state = 'open';
  }

  async #append(bytes: Uint8Array): Promise<void> {
    let rest = this.#copy(bytes);
    while (rest.length > 0) {
      await this.#flush(undefined);
      rest = this.#copy(rest);
    }
  }

  async #pad(count: number): Promise<void> {
    let left = count;
    while (left > 0) {
      const zeros = this.#free();
      if (zeros === 0) {
        await this.#flush(undefined);
        continue;
      }
      const length = Math.min(zeros, left);
      const start = this.#leaf * this.#shape.leafBytes + this.#at;
      this.#buffer.fill(0, start, start + length);
      this.#advance(length);
      left -= length;
    }
  }

  /** Takes what the buffer has room for; returns the rest. */
  #copy(bytes: Uint8Array): Uint8Array {
    let taken = 0;
    while (taken < bytes.length) {
      const length = Math.min(this.#free(), bytes.length - taken);
      if (length === 0) return bytes.subarray(taken);
      const start = this.#leaf * this.#shape.leafBytes + this.#at;
      this.#buffer.set(bytes.subarray(taken, taken + length), start);
      this.#advance(length);
      taken += length;
    }
    return NOTHING;
  }

  /** Room in the segment that is being filled; 0 when the buffer is full. */
  #free(): number {
    if (this.#leaf * this.#shape.leafBytes >= this.#buffer.length) return 0;
    return this.#shape.leafBytes - TAG_BYTES - this.#at;
  }

  #advance(length: number): void {
    this.#at += length;
    if (this.#at < this.#shape.leafBytes - TAG_BYTES) return;
    this.#leaf += 1;
    this.#at = 0;
  }

  /**
   * Seals the whole leaves in the buffer and hands them over. `leafCount` is known for the last
   * ones.
   */
  async #flush(leafCount: number | undefined): Promise<void> {
    const { leafBytes } = this.#shape;
    assert(this.#at === 0 && this.#leaf > 0, 'a leaf that is not full was to be sealed');
    const sealed = this.#buffer.subarray(0, this.#leaf * leafBytes);
    for (let index = 0; index < this.#leaf; index++) {
      const leaf = this.#firstLeaf + index;
      const bytes = sealed.subarray(index * leafBytes, (index + 1) * leafBytes);
      writeNonce(this.#nonce, leaf, leafCount);
      const associated = leaf === 0 ? this.#header : NOTHING;
      this.#gcm.seal(this.#nonce, associated, bytes.subarray(segmentHead(leaf)));
      this.#sample(leaf, bytes);
    }
    await this.#onLeaves(sealed);
    if (this.#state === 'ended') throw new KuraError('interrupted', 'the pack was given up');
    this.#firstLeaf += this.#leaf;
    this.#leaf = 0;
  }

  /** Reservoir sampling: after n leaves each of them is kept with probability 2/n. */
  #sample(index: number, bytes: Uint8Array): void {
    if (this.#samples.length < SAMPLES) {
      this.#samples.push({ index, bytes: bytes.slice() });
      return;
    }
    const place = this.#random.below(index + 1);
    if (place >= SAMPLES) return;
    const sample = must(this.#samples[place], 'both samples are there');
    sample.index = index;
    sample.bytes.set(bytes);
  }
}

function footer(directoryLength: number): Uint8Array {
  const bytes = new Uint8Array(FOOTER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, directoryLength, true);
  view.setUint32(4, FOOTER_MAGIC, true);
  return bytes;
}
