// One request and its answer over a given pool of connections: deadlines, digests and bounds are kept here,
// trying again is not. An answer with an error becomes that error.
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { type AlarmClock, KuraError } from '@kura/base';
import type { Bandwidth } from '../bandwidth.ts';
import { http } from '../node-http.ts';
import type { PaceLimits } from '../pace.ts';
import { writeBody } from '../write-body.ts';
import { deadlineOf, type PreparedCall } from './prepare.ts';

export interface ExchangeContext {
  readonly agent: Agent;
  /** For the head `Host`; nothing at the other end decides by it. */
  readonly host: string;
  readonly pace: PaceLimits;
  readonly bandwidth: Bandwidth | undefined;
  readonly clock: AlarmClock;
  readonly maxHeadBytes: number;
}

/** Why there is no answer, with what a second try has to know. */
export class LostExchange extends Error {
  readonly error: KuraError;
  /** The other end may have seen the request. */
  readonly wasSent: boolean;
  /** The connection had served before: it may have been closed while it was idle. */
  readonly wasReused: boolean;

  constructor(error: KuraError, { wasSent, wasReused }: { wasSent: boolean; wasReused: boolean }) {
    super(error.message, { cause: error });
    this.error = error;
    this.wasSent = wasSent;
    this.wasReused = wasReused;
  }
}

/** Ends `sent` when the deadline of its answer is over; counts from the end of the request's body. */
class Deadline {
  readonly #clock: AlarmClock;
  readonly #deadlineMs: number;
  readonly #onEnd: () => void;
  #disarm: () => void;

  constructor(clock: AlarmClock, deadlineMs: number, onEnd: () => void) {
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
    this.#onEnd = onEnd;
    this.#disarm = clock.after(deadlineMs, onEnd);
  }

  restart(): void {
    this.#disarm();
    this.#disarm = this.#clock.after(this.#deadlineMs, this.#onEnd);
  }

  pause(): void {
    this.#disarm();
  }
}

class Exchange {
  readonly #call: PreparedCall;
  readonly #context: ExchangeContext;
  readonly #request: ClientRequest;
  readonly #deadline: Deadline;
  /** Ends the writing of the body: by an answer that came early, an error, or the caller. */
  readonly #writing = new AbortController();
  #failure: KuraError | undefined;
  #hasSent = false;
  /** Ends when the body has gone out, or will not; never rejects. */
  #sending: Promise<void> = Promise.resolve();

  constructor(call: PreparedCall, context: ExchangeContext) {
    this.#call = call;
    this.#context = context;
    const { method, name } = call.endpoint;
    const deadlineMs = deadlineOf(call);
    this.#request = http.request({
      method,
      path: call.path,
      headers: { Host: context.host, ...call.headers },
      agent: context.agent,
      maxHeaderSize: context.maxHeadBytes,
    });
    this.#deadline = new Deadline(context.clock, deadlineMs, () =>
      this.#fail(new KuraError('unreachable', `no answer to ${name} in ${deadlineMs / 1000} s`)),
    );
  }

  get isWhole(): boolean {
    return this.#request.writableEnded;
  }

  async run(): Promise<IncomingMessage> {
    const { signal } = this.#call;
    const stop = (): void =>
      this.#fail(new KuraError('interrupted', 'the call was stopped', { cause: signal?.reason }));
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    try {
      const message = await this.#answer();
      // It can overtake the word that the last piece was taken: a request that is not ended holds its connection.
      if (isDone(message)) await this.#sending;
      return message;
    } finally {
      this.#deadline.pause();
      this.#writing.abort();
      signal?.removeEventListener('abort', stop);
    }
  }

  #answer(): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = this.#request;
      const lost = (cause: unknown): void => reject(this.#lost(cause));
      sent.once('response', resolve);
      sent.once('error', lost);
      sent.once('close', () => lost(new Error('the connection ended')));
      const isAwaited = this.#call.headers.Expect !== undefined;
      sent.once('socket', () => {
        this.#hasSent = true;
        // Not before there is a connection: a stream that has been asked cannot be asked again.
        if (!isAwaited) this.#send();
      });
      if (!isAwaited) return;
      sent.once('continue', () => this.#send());
      sent.flushHeaders();
    });
  }

  #send(): void {
    const { body } = this.#call;
    if (body === undefined) {
      this.#request.end();
      return;
    }
    this.#deadline.pause();
    this.#sending = this.#write(body).catch((error: unknown) => {
      if (!this.#writing.signal.aborted) this.#fail(error);
    });
  }

  async #write(body: NonNullable<PreparedCall['body']>): Promise<void> {
    const { bandwidth, clock, pace } = this.#context;
    await writeBody(this.#request, body, {
      stallMs: pace.paceMs,
      bucket: bandwidth?.send,
      clock,
      signal: this.#writing.signal,
    });
    this.#request.end();
    this.#deadline.restart();
  }

  #fail(error: unknown): void {
    this.#failure ??=
      error instanceof KuraError
        ? error
        : new KuraError('unreachable', 'the connection failed', { cause: error });
    this.#request.destroy(this.#failure);
  }

  #lost(cause: unknown): LostExchange {
    const why = cause instanceof Error ? cause.message : String(cause);
    const error =
      this.#failure ??
      (cause instanceof KuraError
        ? cause
        : new KuraError('unreachable', `the connection to ${this.#context.host} failed: ${why}`, {
            guidance: 'Look at the network, and whether the service runs.',
            cause,
          }));
    return new LostExchange(error, {
      wasSent: this.#hasSent,
      wasReused: this.#request.reusedSocket,
    });
  }
}

/** Whoever answers so has read the whole request. */
function isDone({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/**
 * The head of the answer, whatever its status; its body has to be read or destroyed. `isWhole`: the request was
 * sent to its end; if not, the connection must not be used again. Throws `LostExchange`.
 */
export async function exchange(
  call: PreparedCall,
  context: ExchangeContext,
): Promise<{ message: IncomingMessage; isWhole: boolean }> {
  const running = new Exchange(call, context);
  const message = await running.run();
  return { message, isWhole: running.isWhole };
}
