// Sends a body: in pieces small enough to see whether they move, never faster than the limit, and not one piece
// more once the other end stops taking them.
import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { type AlarmClock, KIB, KuraError } from '@kura/base';
import type { TokenBucket } from './bandwidth.ts';
import type { BodySource } from './body.ts';

/** Smaller: more calls for the same bytes. Larger: on a slow line a piece takes longer than `stallMs`. */
const PIECE_BYTES = 64 * KIB;
/** Pieces handed over that the system has not taken yet; fewer would leave a fast line idle. */
const MAX_PIECES = 8;

export interface WriteOptions {
  /** A piece that is not taken within this long ends the connection. */
  readonly stallMs: number;
  readonly bucket: TokenBucket | undefined;
  readonly clock: AlarmClock;
  readonly signal: AbortSignal;
}

export function sizeOf(source: BodySource): number {
  return 'bytes' in source ? source.bytes.length : source.sizeBytes;
}

/** "sha-256=:…:" (RFC 9530), or undefined if the digest is neither known nor can be made. */
export function digestOf(source: BodySource): string | undefined {
  const sha256 =
    source.sha256 ??
    ('bytes' in source ? createHash('sha256').update(source.bytes).digest() : undefined);
  return sha256 === undefined ? undefined : `sha-256=:${Buffer.from(sha256).toString('base64')}:`;
}

/** The reverse of `digestOf`; undefined for anything else. */
export function readDigest(header: string): Uint8Array | undefined {
  const match = /^sha-256=:(?<digest>[A-Za-z0-9+/]{43}=):$/.exec(header);
  if (match?.groups?.digest === undefined) return undefined;
  return new Uint8Array(Buffer.from(match.groups.digest, 'base64'));
}

class Writer {
  readonly #out: Writable;
  readonly #options: WriteOptions;
  #pending = 0;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(out: Writable, options: WriteOptions) {
    this.#out = out;
    this.#options = options;
  }

  /** Resolves when all of `bytes` but the last `maxPending` pieces are taken. */
  async write(bytes: Uint8Array, maxPending: number): Promise<void> {
    const { bucket, signal } = this.#options;
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      await bucket?.take(piece.length, signal);
      await this.#until(MAX_PIECES - 1);
      this.#pending++;
      this.#out.write(piece, (error) => this.#taken(error ?? undefined));
    }
    await this.#until(maxPending);
  }

  #taken(error: unknown): void {
    this.#pending--;
    this.#failure ??= error;
    this.#wake?.();
  }

  async #until(pending: number): Promise<void> {
    const { signal, clock, stallMs } = this.#options;
    if (this.#failure === undefined && !signal.aborted && this.#pending <= pending) return;
    const stop = (): void => this.#stop(signal.reason);
    signal.addEventListener('abort', stop);
    try {
      while (this.#pending > pending && this.#failure === undefined && !signal.aborted) {
        const stalled = (): void =>
          this.#stop(new KuraError('unreachable', 'the other end takes nothing any more'));
        const disarm = clock.after(stallMs, stalled);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        disarm();
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
    if (signal.aborted) throw signal.reason;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #stop(reason: unknown): void {
    this.#failure ??= reason;
    this.#wake?.();
  }
}

/**
 * Throws what `signal` or the source's own was aborted with, `unreachable` for a stall, `corrupt` if a stream is not as
 * long as it was said to be.
 */
export async function writeBody(
  out: Writable,
  source: BodySource,
  options: WriteOptions,
): Promise<void> {
  if ('bytes' in source) return await new Writer(out, options).write(source.bytes, 0);
  const own = source.signal;
  const signal = own === undefined ? options.signal : AbortSignal.any([options.signal, own]);
  const writer = new Writer(out, { ...options, signal });
  let left = source.sizeBytes;
  for await (const piece of source.stream) {
    left -= piece.length;
    if (left < 0) break;
    await writer.write(piece, 0); // the piece is reused afterwards
  }
  if (left !== 0) {
    throw new KuraError('corrupt', 'a body has another length than was announced');
  }
}
