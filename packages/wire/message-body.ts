// The body of an HTTP message, read piece by piece into memory of the reader's choice: nothing is gathered, the
// sender is held back while nobody reads, and a sender that dawdles or stops ends the connection.
import { createHash, type Hash } from 'node:crypto';
import { type AlarmClock, assert, equalBytes, KuraError } from '@kura/base';
import type { TokenBucket } from './bandwidth.ts';
import type { IncomingBody } from './body.ts';
import type { IncomingPieces } from './incoming-answer.ts';
import { Pace, type PaceLimits } from './pace.ts';
import { type SpentMemory, spentMemoryOf } from './spent-memory.ts';

export interface MessageBodyOptions {
  readonly sizeBytes: number;
  readonly sha256: Uint8Array | undefined;
  readonly pace: PaceLimits;
  readonly bucket: TokenBucket | undefined;
  readonly clock: AlarmClock;
  /** Called before the first byte is waited for: the place of `100 Continue`. */
  readonly onFirstRead?: () => void;
  /** The reader has what it asked for: a deadline may count anew from here. */
  readonly onRead?: () => void;
}

export class MessageBody implements IncomingBody {
  readonly sizeBytes: number;
  readonly sha256: Uint8Array | undefined;
  readonly #message: IncomingPieces;
  readonly #options: MessageBodyOptions;
  readonly #pace: Pace;
  /** undefined: nothing is held back, and nothing is counted. */
  readonly #bucket: TokenBucket | undefined;
  readonly #hash: Hash | undefined;
  readonly #spent: SpentMemory | undefined;
  #left: number;
  #hasBegun = false;
  /** What came with the last piece beyond what was asked for. */
  #rest: Uint8Array | undefined;
  #failure: unknown;
  #target: Uint8Array | undefined;
  #filled = 0;
  #onArrived: ((filledBytes: number) => void) | undefined;
  #wake: (() => void) | undefined;

  constructor(message: IncomingPieces, options: MessageBodyOptions) {
    this.#message = message;
    this.#options = options;
    this.sizeBytes = options.sizeBytes;
    this.sha256 = options.sha256;
    this.#left = options.sizeBytes;
    this.#bucket = options.bucket?.isUnlimited === false ? options.bucket : undefined;
    this.#hash = options.sha256 === undefined ? undefined : createHash('sha256');
    this.#spent = spentMemoryOf(message.socket);
    this.#pace = new Pace(options.pace, options.clock, () =>
      this.#fail(new KuraError('unreachable', 'the other end stopped in the middle of a body')),
    );
    const lost = (cause: unknown): void => {
      if (!message.complete) {
        this.#fail(
          new KuraError('unreachable', 'the connection ended in the middle of a body', { cause }),
        );
      }
    };
    message.once('error', lost);
    message.once('close', () => lost(undefined));
  }

  get isRead(): boolean {
    return this.#left === 0;
  }

  /** Bytes that were handed to the reader. */
  get readBytes(): number {
    return this.sizeBytes - this.#left;
  }

  async readInto(into: Uint8Array, onArrived?: (filledBytes: number) => void): Promise<number> {
    assert(this.#target === undefined, 'one read at a time');
    this.#begin();
    this.#filled = 0;
    const wanted = Math.min(into.length, this.#left);
    this.#target = into.subarray(0, wanted);
    this.#onArrived = onArrived;
    try {
      this.#takeRest();
      await this.#bucket?.take(this.#filled);
      await this.#fill();
      this.#hash?.update(this.#target); // at once: for each record it would be a call of its own
      if (this.#failure !== undefined) throw this.#failure;
    } finally {
      this.#target = undefined;
      this.#onArrived = undefined;
    }
    this.#options.onRead?.();
    if (this.#left === 0) this.#finish();
    return wanted;
  }

  drop(): void {
    if (this.#left > 0) this.#fail(new KuraError('interrupted', 'the body was dropped'));
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#options.onFirstRead?.();
    this.#message.on('data', (piece: Uint8Array) => this.#take(piece));
    this.#message.pause();
  }

  #isFull(): boolean {
    return this.#target === undefined || this.#filled === this.#target.length;
  }

  async #fill(): Promise<void> {
    while (!this.#isFull()) {
      if (this.#failure !== undefined) throw this.#failure;
      const before = this.#filled;
      this.#pace.wait();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#message.resume();
      });
      if (this.#bucket === undefined) continue;
      this.#pace.rest(); // the sender waits for us now
      await this.#bucket.take(this.#filled - before);
    }
    this.#pace.rest();
  }

  /** Copies as much as fits, keeps the rest, and holds the sender back until more is asked for. */
  #take(piece: Uint8Array): void {
    if (this.#failure !== undefined) return;
    const target = this.#target;
    const room = target === undefined ? 0 : target.length - this.#filled;
    const part = piece.length <= room ? piece : piece.subarray(0, room);
    if (part.length > 0 && target !== undefined) {
      target.set(part, this.#filled);
      this.#filled += part.length;
      this.#left -= part.length;
      this.#pace.moved(part.length);
      this.#tell();
    }
    if (part.length < piece.length) this.#rest = piece.slice(part.length);
    else this.#spent?.note(piece);
    if (this.#isFull() || this.#bucket !== undefined) {
      this.#message.pause();
      this.#wake?.();
    }
  }

  /** What the reader throws ends the body, and is thrown by its reading. */
  #tell(): void {
    try {
      this.#onArrived?.(this.#filled);
    } catch (error) {
      this.#failure ??= error;
      if (this.#left > 0) this.#message.destroy();
      this.#wake?.();
    }
  }

  #takeRest(): void {
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) this.#take(rest);
  }

  #fail(failure: KuraError): void {
    if (this.#failure !== undefined || this.#left === 0) return;
    this.#failure = failure;
    this.#pace.rest();
    this.#message.destroy();
    this.#wake?.();
  }

  #finish(): void {
    this.#message.resume(); // so that the message ends and its connection can be used again
    const { sha256 } = this;
    if (sha256 === undefined || this.#hash === undefined) return;
    if (!equalBytes(this.#hash.digest(), sha256)) {
      throw new KuraError('corrupt', 'the body differs from its digest: it changed on the way', {
        guidance: 'Send it again.',
      });
    }
  }
}
