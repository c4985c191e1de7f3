// The client's loop of tries: which connection, when again, and when not. What is asked and answered is in the
// files beside this one.
import type { Agent } from 'node:http';
import {
  type AlarmClock,
  type ErrorCode,
  KuraError,
  pause,
  type Random,
  SECOND_MS,
} from '@kura/base';
import type { Endpoint } from '@kura/contract/wire/endpoint.ts';
import type { Bandwidth } from '../bandwidth.ts';
import type { PaceLimits } from '../pace.ts';
import { STANDARD_LIMITS } from '../server/limits.ts';
import { TooOften } from '../too-often.ts';
import type { AnswerOf, CallOf, EndpointClient } from './client.ts';
import { directExchange } from './direct/direct-exchange.ts';
import { Lines } from './direct/lines.ts';
import { exchange, LostExchange } from './exchange.ts';
import { type LooseCall, type PreparedCall, prepare } from './prepare.ts';
import { readAnswer } from './read-answer.ts';

/** kept: the connection can serve again · spent: it answered, and has ended · lost: there was no answer. */
export type Outcome = 'kept' | 'spent' | 'lost';

/** Where the next request goes. */
export interface Ride {
  readonly way: Agent | Lines;
  readonly host: string;
  /** Called once: when the answer's body has ended, or when there is none to come. */
  done(outcome: Outcome): void;
}

export interface Rides {
  /** Ways to the service: if one cannot be reached, the next is tried at once. */
  readonly ways: number;
  /** Throws `unreachable` if there is none. */
  take(signal: AbortSignal | undefined): Promise<Ride>;
  close(): void;
}

export interface ClientContext {
  readonly rides: Rides;
  readonly bandwidth: Bandwidth | undefined;
  /** Of a call that does not say; six if left out. */
  readonly tries?: number;
  readonly clock: AlarmClock;
  readonly random: Random;
}

/** 1, 2, 4, 8, 16 s between them: a service that restarts is back by then. */
const STANDARD_TRIES = 6;
const FIRST_WAIT_MS = SECOND_MS;
const JITTER_STEPS = 1024;
/** A service that says more is not believed: it would hold up whoever asked. */
const MAX_TOLD_MS = 30 * SECOND_MS;

/** What the same call may get over in a moment: statuses 502, 503 and 504, and lost connections. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['unreachable', 'too_few_stores', 'degraded']);

class Tries {
  readonly #call: PreparedCall;
  readonly #context: ClientContext;
  readonly #most: number;
  #made = 0;
  /** Since the last wait. */
  #madeAtOnce = 0;

  constructor(call: PreparedCall, context: ClientContext, most: number) {
    this.#call = call;
    this.#context = context;
    this.#most = most;
  }

  async run(): Promise<unknown> {
    for (;;) {
      try {
        return await this.#once();
      } catch (error) {
        if (this.#mayRetryAtOnce(error)) continue;
        this.#made++;
        const known = error instanceof LostExchange ? error.error : error;
        if (!this.#mayRetry(error)) throw known;
        const waitMs = this.#inPart(known instanceof TooOften ? 2 * known.retryMs : this.#spanMs());
        await pause(this.#context.clock, waitMs, this.#call.signal);
        this.#madeAtOnce = 0;
      }
    }
  }

  async #once(): Promise<unknown> {
    const { rides, bandwidth, clock } = this.#context;
    const ride = await rides.take(this.#call.signal);
    const pace = paceOf(this.#call);
    const { way, host } = ride;
    const deliver =
      way instanceof Lines
        ? directExchange(this.#call, { lines: way, host, clock })
        : exchange(this.#call, {
            ...{ agent: way, host, pace, bandwidth, clock },
            maxHeadBytes: STANDARD_LIMITS.headBytes,
          });
    const { message, isWhole } = await deliver.catch((error: unknown) => {
      ride.done('lost');
      throw error;
    });
    message.once('close', () => ride.done(isWhole && message.complete ? 'kept' : 'spent'));
    try {
      return await readAnswer(this.#call.endpoint, message, { pace, bandwidth, clock });
    } finally {
      if (!isWhole) message.destroy(); // the rest of the request would be taken for the next one
    }
  }

  /**
   * Without waiting: over another way if this one was not reached; and once if the connection had served
   * before, because one that was closed while idle says nothing about the service.
   */
  #mayRetryAtOnce(error: unknown): boolean {
    if (!(error instanceof LostExchange) || error.error.code !== 'unreachable') return false;
    if (!this.#isRepeatable(error)) return false;
    const most = error.wasSent ? (error.wasReused ? 1 : 0) : this.#context.rides.ways - 1;
    return this.#madeAtOnce++ < most;
  }

  #mayRetry(error: unknown): boolean {
    const known = error instanceof LostExchange ? error.error : error;
    if (!(known instanceof KuraError) || this.#made >= this.#most) return false;
    if (known instanceof TooOften) return known.retryMs <= MAX_TOLD_MS && !this.#isConsumed();
    return PASSING.has(known.code) && this.#isRepeatable(error);
  }

  #isRepeatable(error: unknown): boolean {
    const wasSent = !(error instanceof LostExchange) || error.wasSent;
    if (!wasSent) return true;
    return this.#call.endpoint.isIdempotent && !this.#isConsumed();
  }

  #isConsumed(): boolean {
    const { body } = this.#call;
    return body !== undefined && 'stream' in body;
  }

  #spanMs(): number {
    return FIRST_WAIT_MS * 2 ** (this.#made - 1);
  }

  /** Half to all of the span, so that clients of one failure do not come back together. */
  #inPart(spanMs: number): number {
    return spanMs / 2 + (spanMs / 2) * (this.#context.random.below(JITTER_STEPS) / JITTER_STEPS);
  }
}

/** Whoever has no patience is content with any byte: what is too slow is for them to say. */
function paceOf({ patienceMs }: PreparedCall): PaceLimits {
  return patienceMs === undefined ? STANDARD_LIMITS : { paceMs: patienceMs, paceBytes: 1 };
}

export class PooledClient implements EndpointClient {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  async call<E extends Endpoint>(endpoint: E, options: CallOf<E>): Promise<AnswerOf<E>> {
    const call: LooseCall = options;
    const most = call.tries ?? this.#context.tries ?? STANDARD_TRIES;
    const tries = new Tries(prepare(endpoint, call), this.#context, most);
    return (await tries.run()) as AnswerOf<E>;
  }

  close(): void {
    this.#context.rides.close();
  }
}
