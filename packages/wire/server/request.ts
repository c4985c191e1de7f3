// One request from its head to the end of its answer: judged, read, handed to its handler, answered, told.
// Whatever is thrown on the way becomes the answer; what is not ours to show goes to `onRequest` only.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AlarmClock, KuraError, must, type Random, SECOND_MS, toHex } from '@kura/base';
import type { Endpoint } from '@kura/contract/wire/endpoint.ts';
import { readWhole } from '../body.ts';
import { MessageBody } from '../message-body.ts';
import { statusOf } from '../status.ts';
import { TooOften } from '../too-often.ts';
import { toAnswerable } from '../wire-error.ts';
import type { RateBook } from './admission.ts';
import { type AnswerOptions, writeError, writeReply } from './answer.ts';
import { checkCaller, isStranger } from './authority.ts';
import type { Connection } from './connection.ts';
import type { RequestFacts, ServeOptions } from './edge.ts';
import type { EndpointTable, IncomingCall } from './handler.ts';
import { parseJson, readAnnouncement, readHead } from './head.ts';
import type { HeavyCalls } from './heavy-calls.ts';
import type { EdgeLimits } from './limits.ts';
import { linger } from './linger.ts';
import { type Router, readFields, readQuery } from './router.ts';

/** What all requests of an edge share. */
export interface RequestContext {
  readonly router: Router;
  readonly handlers: Readonly<Record<string, (call: IncomingCall<Endpoint>) => Promise<unknown>>>;
  readonly rate: RateBook;
  readonly heavy: HeavyCalls;
  readonly limits: EdgeLimits;
  readonly bandwidth: ServeOptions<EndpointTable>['bandwidth'];
  readonly onRequest: ServeOptions<EndpointTable>['onRequest'];
  readonly clock: AlarmClock;
  readonly random: Random;
}

const REQUEST_ID_BYTES = 8;

export class ServedRequest {
  readonly requestId: string;
  readonly #context: RequestContext;
  readonly #connection: Connection;
  readonly #message: IncomingMessage;
  /** Aborted with the reason: the caller is gone, or the handler's time is over. */
  readonly #over = new AbortController();
  readonly #startMs: number;
  readonly #stopListening: () => void;
  #endpoint: Endpoint | undefined;
  #body: MessageBody | undefined;
  #status = 0;
  #thrown: unknown;
  #sentBytes = 0;
  #disarm: (() => void) | undefined;
  /** Of a call whose JSON may be large. */
  #leavePlace: (() => void) | undefined;

  constructor(context: RequestContext, connection: Connection, message: IncomingMessage) {
    this.#context = context;
    this.#connection = connection;
    this.#message = message;
    this.requestId = toHex(context.random.bytes(REQUEST_ID_BYTES));
    this.#startMs = context.clock.elapsedMs();
    const gone = (): void =>
      this.#over.abort(new KuraError('interrupted', 'the caller has ended the connection'));
    connection.ended.addEventListener('abort', gone, { once: true });
    this.#stopListening = () => connection.ended.removeEventListener('abort', gone);
    connection.begin();
  }

  /** The call that a handler gets. Throws whatever the edge refuses. */
  async judge(response: ServerResponse | undefined): Promise<IncomingCall<Endpoint>> {
    const { caller } = this.#connection;
    const head = this.#judgeHead();
    const { endpoint } = head;
    const { signal } = this.#over;
    this.#leavePlace = await this.#context.heavy.enter(endpoint, { caller, signal }, () =>
      this.#connection.socket.destroy(),
    );
    return {
      params: readFields(head.params, endpoint.parameters) as IncomingCall<Endpoint>['params'],
      query: readQuery(head.query, endpoint.query) as IncomingCall<Endpoint>['query'],
      body: (await this.#readBody(endpoint, response)) as undefined,
      authorization: head.authorization,
      signal: this.#over.signal,
      requestId: this.requestId,
      caller,
    };
  }

  get endpoint(): Endpoint {
    return must(this.#endpoint, 'the head was judged');
  }

  #judgeHead() {
    const { caller } = this.#connection;
    try {
      const head = readHead(this.#message);
      const { endpoint, params } = this.#context.router.route(head.method, head.path);
      this.#endpoint = endpoint;
      this.#askRate();
      checkCaller(caller, endpoint.who);
      return { ...head, endpoint, params };
    } catch (error) {
      // What fits nothing costs a stranger as much as what does.
      if (this.#endpoint === undefined) this.#askRate();
      throw error;
    }
  }

  #askRate(): void {
    const { caller } = this.#connection;
    if (!isStranger(caller, this.#endpoint?.who)) return;
    const retryMs = this.#context.rate.ask(caller.address);
    if (retryMs > 0) throw new TooOften(retryMs);
  }

  async #readBody(endpoint: Endpoint, response: ServerResponse | undefined): Promise<unknown> {
    const { limits, bandwidth, clock } = this.#context;
    const announced = readAnnouncement(this.#message, endpoint.request);
    if (endpoint.request.kind === 'none') return undefined;
    const isAwaited = this.#message.headers.expect !== undefined;
    const body = new MessageBody(this.#message, {
      ...announced,
      ...{ pace: limits, bucket: bandwidth?.receive, clock },
      onFirstRead: () => isAwaited && response?.writeContinue(),
      onRead: () => this.#restartDeadline(),
    });
    this.#body = body;
    if (endpoint.request.kind === 'raw') return body;
    return endpoint.request.shape.read(parseJson(await readWhole(body)), '');
  }

  /** Runs the handler; its time is the endpoint's deadline, counted from the last byte of the body. */
  async run(call: IncomingCall<Endpoint>): Promise<unknown> {
    const handler = must(
      this.#context.handlers[this.endpoint.name],
      'every endpoint has a handler',
    );
    const { signal } = this.#over;
    this.#restartDeadline();
    const stopped = new Promise<never>((_, reject) => {
      const stop = (): void => reject(signal.reason);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([handler(call), stopped]);
    } finally {
      this.#disarm?.();
      stopped.catch(() => undefined); // nobody waits for it any more
    }
  }

  #restartDeadline(): void {
    const { deadlineMs, name } = this.endpoint;
    this.#disarm?.();
    this.#disarm = this.#context.clock.after(deadlineMs, () =>
      this.#over.abort(
        new KuraError('unreachable', `${name} took longer than ${deadlineMs / SECOND_MS} s`),
      ),
    );
  }

  async reply(response: ServerResponse, reply: unknown): Promise<void> {
    const options = this.#answerOptions();
    this.#sentBytes = await writeReply(response, this.endpoint, reply, options);
    this.#status = response.statusCode;
  }

  /** The connection has other roles from now on. */
  switched(status: number): void {
    this.#status = status;
  }

  /** For an error that was answered without `fail`. */
  noteError(thrown: unknown): void {
    this.#thrown = thrown;
    this.#status = statusOf(toAnswerable(thrown).code);
  }

  /** Answers with the error, if there is still somebody to answer; ends the connection otherwise. */
  async fail(response: ServerResponse, thrown: unknown): Promise<void> {
    this.#thrown = thrown;
    const { socket } = this.#connection;
    if (response.headersSent || socket.destroyed) {
      this.#status = response.headersSent ? response.statusCode : 0;
      socket.destroy();
      return;
    }
    const error = toAnswerable(thrown, this.#endpoint?.who);
    if (error.code === 'hostile') this.#connection.isLast = true;
    try {
      this.#sentBytes = await writeError(response, error, this.requestId, this.#answerOptions());
      this.#status = response.statusCode;
    } catch {
      socket.destroy(); // nobody takes the answer; the facts say why it was an error
    }
  }

  #answerOptions(): AnswerOptions {
    const { limits, bandwidth, clock } = this.#context;
    const length = this.#message.headers['content-length'] ?? '0';
    const hasBody = length !== '0' || this.#message.headers['transfer-encoding'] !== undefined;
    const isUnread = hasBody && this.#body?.isRead !== true;
    return {
      isLast: this.#connection.isLast || isUnread,
      paceMs: limits.paceMs,
      ...{ bandwidth, clock },
      // Not `#over`: an answer to a handler whose time is over still has to go out.
      signal: this.#connection.ended,
      beforeEnd: () => (isUnread ? linger(this.#message, clock) : Promise.resolve()),
    };
  }

  /** The connection waits for its next request; whoever counts is told. */
  end(): void {
    this.#disarm?.();
    this.#leavePlace?.();
    this.#stopListening();
    this.#over.abort(new KuraError('interrupted', 'the request has ended'));
    this.#context.onRequest?.(this.#facts());
    this.#connection.finish();
  }

  #facts(): RequestFacts {
    const thrown = this.#thrown;
    return {
      requestId: this.requestId,
      endpoint: this.#endpoint?.name,
      caller: this.#connection.caller,
      status: this.#status,
      code: thrown === undefined ? undefined : toAnswerable(thrown).code,
      error: thrown,
      receivedBytes: this.#body?.readBytes ?? 0,
      sentBytes: this.#sentBytes,
      durationMs: this.#context.clock.elapsedMs() - this.#startMs,
    };
  }
}

/** Never throws: what goes wrong is the answer. */
export async function serveRequest(
  context: RequestContext,
  connection: Connection,
  { message, response }: { readonly message: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const request = new ServedRequest(context, connection, message);
  try {
    const call = await request.judge(response);
    if (request.endpoint.answer.kind === 'upgrade') {
      throw new KuraError('hostile', 'this is asked with an upgrade of the connection');
    }
    await request.reply(response, await request.run(call));
  } catch (error) {
    await request.fail(response, error);
  } finally {
    request.end();
  }
}
