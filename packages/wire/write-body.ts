// Sends a body: in pieces small enough to see whether they move, never faster than the limit, and not one piece
// more once the other end stops taking them.
import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { type AlarmClock, KIB, KuraError } from '@kura/base';
import type { TokenBucket } from './bandwidth.ts';
import type { BodySource } from './body.ts';

/** The first pieces, and all on a slow line: a larger one could take longer than `stallMs`. */
const PIECE_BYTES = 64 * KIB;
/** On a fast line: as much as may wait, so that two never wait together. Node would copy them into one for TLS. */
const MAX_PIECE_BYTES = 512 * KIB;
/** A piece taken sooner is followed by larger ones. With as much as may wait before it, that is 2 MiB/s. */
const FAST_MS = 250;
/** Handed over and not taken by the system yet; less would leave a fast line idle. */
const MAX_PENDING_BYTES = 512 * KIB;

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
  #pendingBytes = 0;
  #pieceBytes = PIECE_BYTES;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(out: Writable, options: WriteOptions) {
    this.#out = out;
    this.#options = options;
  }

  /** Resolves when all of `bytes` are taken. */
  async write(bytes: Uint8Array): Promise<void> {
    const { bucket, signal } = this.#options;
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + this.#pieceBytes);
      await bucket?.take(piece.length, signal);
      await this.#until(MAX_PENDING_BYTES - piece.length);
      this.#hand(piece);
      at += piece.length;
    }
    await this.#until(0);
  }

  #hand(piece: Uint8Array): void {
    const { clock } = this.#options;
    const fromMs = clock.elapsedMs();
    this.#pendingBytes += piece.length;
    this.#out.write(piece, (error) => {
      this.#pendingBytes -= piece.length;
      this.#failure ??= error ?? undefined;
      this.#learn(clock.elapsedMs() - fromMs);
      this.#wake?.();
    });
  }

  /** Under a limit pieces stay small: a large one would wait in its bucket while the other end sees nothing move. */
  #learn(takenMs: number): void {
    const isFast = takenMs < FAST_MS && this.#options.bucket?.isUnlimited !== false;
    this.#pieceBytes = isFast ? Math.min(2 * this.#pieceBytes, MAX_PIECE_BYTES) : PIECE_BYTES;
  }

  async #until(pendingBytes: number): Promise<void> {
    const { signal, clock, stallMs } = this.#options;
    if (this.#failure === undefined && !signal.aborted && this.#pendingBytes <= pendingBytes)
      return;
    const stop = (): void => this.#stop(signal.reason);
    signal.addEventListener('abort', stop);
    try {
      while (this.#pendingBytes > pendingBytes && this.#failure === undefined && !signal.aborted) {
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
  if ('bytes' in source) return await new Writer(out, options).write(source.bytes);
  const own = source.signal;
  const signal = own === undefined ? options.signal : AbortSignal.any([options.signal, own]);
  const writer = new Writer(out, { ...options, signal });
  let left = source.sizeBytes;
  for await (const piece of source.stream) {
    left -= piece.length;
    if (left < 0) break;
    await writer.write(piece); // the piece is reused afterwards
  }
  if (left !== 0) {
    throw new KuraError('corrupt', 'a body has another length than was announced');
  }
}
