// Frames: chunks compressed together, or as they are. The encoder decides; it works in the caller's
// memory and allocates nothing. Neither side knows chunk ids.
import { assert, KuraError } from '@kura/base';
import type { Bulk } from '@kura/native';
import { MAX_FRAME_BYTES } from './directory.ts';
import type { DirectoryFrame } from './types.ts';

const LEVEL = 1;
const KIB = 1024;
/**
 * Smaller frames compress in less time than two probes of a chunk that turns out compressible take.
 */
const PROBE_FROM_BYTES = 128 * KIB;
/**
 * Large enough for zstd to find its matches, small enough to cost 2 % of the smallest probed chunk.
 */
const PROBE_BYTES = 8 * KIB;
/**
 * A codec must save at least one part in this many: less is not worth a decompression at restore.
 */
const SAVING = 32;

export interface EncodedFrame {
  readonly codec: 'raw' | 'zstd';
  /** A view of the plaintext or of the encoder's output: valid until the next `encode`. */
  readonly stored: Uint8Array;
}

export interface FrameEncoderOptions {
  readonly bulk: Bulk;
  /** As long as the longest frame: what does not fit compressed is stored as it is. */
  readonly output: Uint8Array;
}

export class FrameEncoder {
  readonly #bulk: Bulk;
  readonly #output: Uint8Array;

  constructor({ bulk, output }: FrameEncoderOptions) {
    this.#bulk = bulk;
    this.#output = output;
  }

  /** `chunkCount`: a frame of several chunks is never judged by samples of two of them. */
  encode(plain: Uint8Array, chunkCount: number): EncodedFrame {
    assert(plain.length > 0 && plain.length <= MAX_FRAME_BYTES, 'a frame of impossible length');
    const isProbed = chunkCount === 1 && plain.length >= PROBE_FROM_BYTES;
    if (isProbed && !this.#looksCompressible(plain)) return { codec: 'raw', stored: plain };
    const length = this.#compress(plain);
    if (length === 0) return { codec: 'raw', stored: plain };
    return { codec: 'zstd', stored: this.#output.subarray(0, length) };
  }

  /** Samples begin at one third and two thirds: heads of files are not like their bodies. */
  #looksCompressible(plain: Uint8Array): boolean {
    const third = Math.floor(plain.length / 3);
    return [third, 2 * third].some(
      (at) => this.#compress(plain.subarray(at, at + PROBE_BYTES)) > 0,
    );
  }

  /** Bytes in the output, or 0 if too little is saved. */
  #compress(plain: Uint8Array): number {
    const length = this.#bulk.compress(plain, this.#output, LEVEL);
    return plain.length - length >= Math.ceil(plain.length / SAVING) ? length : 0;
  }
}

export interface StoredFrame {
  readonly bulk: Bulk;
  readonly frame: Pick<DirectoryFrame, 'codec' | 'storedBytes' | 'plainBytes'>;
  readonly stored: Uint8Array;
  /**
   * Memory of at least `plainBytes` for what is decompressed; asked for after the limits were
   * checked.
   */
  readonly room: (plainBytes: number) => Uint8Array;
}

/** The plaintext: `stored` itself if raw, else a view of the room. Throws `corrupt`. */
export function decodeFrame({ bulk, frame, stored, room }: StoredFrame): Uint8Array {
  checkFrame(frame);
  if (stored.length !== frame.storedBytes) fail('it is not as long as its directory says');
  if (frame.codec === 'raw') return stored;
  const into = room(frame.plainBytes).subarray(0, frame.plainBytes);
  assert(into.length === frame.plainBytes, 'too little room for a frame');
  const length = bulk.decompress(stored, into);
  if (length !== frame.plainBytes) fail('it holds less than its directory says');
  return into;
}

/** Throws `corrupt` unless the figures of a frame are possible; nothing is allocated before. */
export function checkFrame(frame: StoredFrame['frame']): void {
  const { codec, storedBytes, plainBytes } = frame;
  if (!Number.isSafeInteger(plainBytes) || plainBytes < 1 || plainBytes > MAX_FRAME_BYTES) {
    fail(`it claims ${plainBytes} bytes, the most is ${MAX_FRAME_BYTES}`);
  }
  const isPossible = codec === 'raw' ? storedBytes === plainBytes : storedBytes <= plainBytes;
  if (!Number.isSafeInteger(storedBytes) || storedBytes < 1 || !isPossible) {
    fail('its stored length is impossible');
  }
}

function fail(what: string): never {
  throw new KuraError('corrupt', `a frame is damaged: ${what}`);
}
