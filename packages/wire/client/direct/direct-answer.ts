// One answer on a direct line: hands its bytes on while somebody takes them, keeps copies of the few that still come
// after a pause, and gives its line back once all have been handed on.
import { EventEmitter } from 'node:events';
import type { IncomingAnswer } from '../../incoming-answer.ts';
import type { AnswerHead } from './answer-head.ts';

/** The line that an answer comes on. */
export interface AnswerSource {
  pause(): void;
  resume(): void;
  /** All of the answer has been handed on: the line is free. */
  free(): void;
  destroy(): void;
}

export class DirectAnswer extends EventEmitter implements IncomingAnswer {
  readonly statusCode: number;
  readonly headers: AnswerHead['headers'];
  readonly #source: AnswerSource;
  #leftBytes: number;
  #isFlowing = false;
  #isOver = false;
  /** Came while nobody took it: no more than what TLS had decrypted by then. */
  readonly #held: Uint8Array[] = [];

  constructor({ statusCode, headers, bodyBytes }: AnswerHead, source: AnswerSource) {
    super();
    this.statusCode = statusCode;
    this.headers = headers;
    this.#leftBytes = bodyBytes;
    this.#source = source;
    if (bodyBytes > 0) source.pause();
  }

  get complete(): boolean {
    return this.#leftBytes === 0;
  }

  /** The next bytes of its body, in memory that is used again. False: there are more than its head has said. */
  take(bytes: Uint8Array): boolean {
    if (bytes.length > this.#leftBytes) return false;
    this.#leftBytes -= bytes.length;
    if (this.#isFlowing) this.emit('data', bytes);
    else if (bytes.length > 0) this.#held.push(bytes.slice());
    this.#endIfRead();
    return true;
  }

  pause(): void {
    if (!this.#isFlowing) return;
    this.#isFlowing = false;
    if (!this.complete) this.#source.pause();
  }

  resume(): void {
    if (this.#isOver) return;
    this.#isFlowing = true;
    for (let held = this.#next(); held !== undefined; held = this.#next()) this.emit('data', held);
    if (this.#isFlowing && !this.complete) this.#source.resume();
    this.#endIfRead();
  }

  destroy(): void {
    if (!this.#isOver) this.#source.destroy();
  }

  /** The connection has ended: what came before can still be read. */
  lose(): void {
    if (this.#isOver || this.complete) return;
    this.#isOver = true;
    this.emit('close');
  }

  #next(): Uint8Array | undefined {
    return this.#isFlowing ? this.#held.shift() : undefined;
  }

  #endIfRead(): void {
    const isUnread = !this.complete || this.#held.length > 0;
    // Of an empty body nobody has heard before somebody resumes it.
    if (isUnread || this.#isOver || (!this.#isFlowing && this.listenerCount('data') === 0)) return;
    this.#isOver = true;
    this.#source.free();
    this.emit('close');
  }
}
