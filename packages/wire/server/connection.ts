// One connection of an edge: whose it is, whether a request is under way, and the watch over the time in which
// none is.
import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { AlarmClock } from '@kura/base';
import type { Caller } from './caller.ts';
import type { EdgeLimits } from './limits.ts';

export interface ConnectionOptions {
  readonly socket: Duplex;
  readonly caller: Caller;
  /** Absent: whoever attached the connection answers for its caller. */
  readonly certificate?: X509Certificate | undefined;
  readonly limits: EdgeLimits;
  readonly clock: AlarmClock;
  /** Opened by the other end, which has to say what it wants at once. */
  readonly isPrompt: boolean;
  readonly onBusy?: ((isBusy: boolean) => void) | undefined;
}

/** Of sockets; a stream of another kind counts nothing, and is then watched as idle only. */
function bytesReadOf(socket: Duplex): number {
  return 'bytesRead' in socket && typeof socket.bytesRead === 'number' ? socket.bytesRead : 0;
}

export class Connection {
  readonly socket: Duplex;
  readonly certificate: X509Certificate | undefined;
  /** Replaced when it is judged anew. */
  caller: Caller;
  judgedMs: number;
  /** Ends with the answer under way: the edge drains, or the request was not read to its end. */
  isLast = false;
  readonly #limits: EdgeLimits;
  readonly #clock: AlarmClock;
  readonly #onBusy: ((isBusy: boolean) => void) | undefined;
  readonly #ended = new AbortController();
  #isBusy = false;
  #next: (() => void) | undefined;
  #disarm: (() => void) | undefined;
  #idleSinceMs = 0;
  #readAtIdle = 0;
  #hasHeadBegun = false;
  #isReleased = false;

  constructor(options: ConnectionOptions) {
    const { socket, caller, certificate, limits, clock, isPrompt } = options;
    this.socket = socket;
    this.certificate = certificate;
    this.#onBusy = options.onBusy;
    this.caller = caller;
    this.judgedMs = clock.elapsedMs();
    this.#limits = limits;
    this.#clock = clock;
    this.#hasHeadBegun = isPrompt;
    socket.once('close', () => {
      this.#stopWatch();
      this.#ended.abort();
    });
    this.#watch();
    this.#hasHeadBegun = isPrompt;
  }

  /** Aborted when the connection has ended. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  begin(): void {
    this.#isBusy = true;
    this.#stopWatch();
    this.#onBusy?.(true);
  }

  /**
   * Keeps one request until the one under way has ended: a caller may have its answer before this end has heard
   * that it was taken. False if one is kept already.
   */
  keep(next: () => void): boolean {
    if (this.#next !== undefined) return false;
    this.#next = next;
    return true;
  }

  finish(): void {
    this.#isBusy = false;
    this.#onBusy?.(false);
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined && !this.socket.destroyed && !this.isLast) {
      next();
      return;
    }
    if (!this.socket.destroyed && !this.#isReleased) this.#watch();
  }

  /** It changed its roles: whoever took it over watches it, and ends it. */
  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** The connection is no longer this edge's to watch. */
  release(): void {
    this.#isReleased = true;
    this.#stopWatch();
  }

  #watch(): void {
    this.#idleSinceMs = this.#clock.elapsedMs();
    this.#readAtIdle = bytesReadOf(this.socket);
    this.#hasHeadBegun = false;
    this.#arm();
  }

  #stopWatch(): void {
    this.#disarm?.();
    this.#disarm = undefined;
  }

  #arm(): void {
    this.#stopWatch();
    this.#disarm = this.#clock.after(this.#limits.headMs, () => this.#look());
  }

  /** A head that had begun a whole span ago and is not there yet will not come. */
  #look(): void {
    const isOver = this.#clock.elapsedMs() - this.#idleSinceMs >= this.#limits.idleMs;
    if (this.#hasHeadBegun || isOver) {
      this.socket.destroy();
      return;
    }
    this.#hasHeadBegun = bytesReadOf(this.socket) > this.#readAtIdle;
    this.#arm();
  }
}
