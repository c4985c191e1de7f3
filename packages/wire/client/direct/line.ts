// One connection on which answers are read without Node's HTTP: what TLS decrypts goes into one buffer that is used
// again and again. Node's parser would take each record of 16 KiB as memory of its own, which costs more than
// decrypting it. One request at a time; whatever comes unasked ends the connection.
import type { TLSSocket } from 'node:tls';
import { type Clock, KIB, KuraError, SECOND_MS } from '@kura/base';
import type { IncomingAnswer } from '../../incoming-answer.ts';
import { connectSecurely, type Route } from '../connect.ts';
import { HeadReader } from './answer-head.ts';
import { DirectAnswer } from './direct-answer.ts';

/** What TLS hands over at once. Larger: never filled. */
const BUFFER_BYTES = 16 * KIB;
/** One that has been idle for longer is not used again: the server closes it after 60 s. */
const IDLE_MS = 50 * SECOND_MS;

export interface LineOptions {
  readonly signal: AbortSignal;
  readonly maxHeadBytes: number;
  readonly clock: Clock;
  /** It can take a request. Not called when it is opened. */
  readonly onFree: (line: Line) => void;
  readonly onEnd: (line: Line) => void;
}

interface Asked {
  readonly head: HeadReader;
  readonly resolve: (answer: IncomingAnswer) => void;
  readonly reject: (error: unknown) => void;
}

export class Line {
  readonly #socket: TLSSocket;
  readonly #options: LineOptions;
  #asked: Asked | undefined;
  #answer: DirectAnswer | undefined;
  #hasServed = false;
  #idleSinceMs = 0;

  private constructor(socket: TLSSocket, options: LineOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('end', () => socket.destroy());
    socket.once('close', () => this.#end());
  }

  /** Throws what `connectSecurely` throws. */
  static async open(route: Route, options: LineOptions): Promise<Line> {
    let line: Line | undefined;
    const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    const socket = await connectSecurely(route, options.signal, {
      buffer,
      callback: (count) => {
        if (line === undefined) socket.destroy();
        else line.#take(buffer.subarray(0, count));
        return true;
      },
    });
    line = new Line(socket, options);
    return line;
  }

  /** It has answered before: it may have been closed while it was idle. */
  get hasServed(): boolean {
    return this.#hasServed;
  }

  get isOver(): boolean {
    return this.#socket.destroyed;
  }

  /** Sends the head of a request without a body; resolves with the head of its answer. */
  ask(request: string, signal: AbortSignal): Promise<IncomingAnswer> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        settle();
        reject(signal.reason);
        this.destroy();
      };
      const settle = (): void => {
        this.#asked = undefined;
        signal.removeEventListener('abort', stop);
      };
      this.#asked = {
        head: new HeadReader(this.#options.maxHeadBytes),
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      if (signal.aborted) stop();
      else {
        signal.addEventListener('abort', stop);
        this.#socket.write(request, 'latin1');
      }
    });
  }

  /** Waits for its next request; keeps no process alive. */
  rest(): void {
    this.#idleSinceMs = this.#options.clock.elapsedMs();
    this.#socket.unref();
  }

  /** False, and it has ended: it has rested for too long. */
  wake(): boolean {
    const isFresh = this.#options.clock.elapsedMs() - this.#idleSinceMs < IDLE_MS;
    if (isFresh) this.#socket.ref();
    else this.destroy();
    return isFresh;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(piece: Uint8Array): void {
    try {
      this.#read(piece);
    } catch (error) {
      this.#asked?.reject(error);
      this.destroy();
    }
  }

  #read(piece: Uint8Array): void {
    const asked = this.#asked;
    let body = piece;
    if (asked !== undefined) {
      const found = asked.head.take(piece);
      if (found === undefined) return;
      this.#answer = new DirectAnswer(found.head, this.#source());
      asked.resolve(this.#answer);
      body = piece.subarray(found.bodyAt);
    }
    if (this.#answer?.take(body) === true) return;
    this.destroy(); // nobody asked for this
  }

  #source() {
    const socket = this.#socket;
    return {
      pause: (): void => void socket.pause(),
      resume: (): void => void socket.resume(),
      destroy: (): void => this.destroy(),
      free: (): void => {
        this.#answer = undefined;
        this.#hasServed = true;
        socket.resume(); // an end is heard of only by whoever reads
        this.#options.onFree(this);
      },
    };
  }

  #end(): void {
    const error = new KuraError('unreachable', 'the connection ended');
    this.#asked?.reject(error);
    this.#answer?.lose();
    this.#options.onEnd(this);
  }
}
