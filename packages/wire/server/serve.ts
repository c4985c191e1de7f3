// Serves a table of endpoints over TLS: learns who every connection is, keeps account of them, and gives each
// request its life (`request.ts`). Connections that were opened elsewhere come in by `attach`.
import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { assert, KuraError, must, SECOND_MS } from '@kura/base';
import { http } from '../node-http.ts';
import type { TlsIdentity } from '../tls.ts';
import { ConnectionBook, RateBook } from './admission.ts';
import { callerOf } from './authority.ts';
import type { Caller } from './caller.ts';
import { Connection } from './connection.ts';
import type { Edge, ServeOptions } from './edge.ts';
import type { EndpointTable } from './handler.ts';
import { HeavyCalls } from './heavy-calls.ts';
import { type EdgeLimits, STANDARD_LIMITS } from './limits.ts';
import { Listener } from './listener.ts';
import { type RequestContext, serveRequest } from './request.ts';
import { Router } from './router.ts';
import { endWithError, serveUpgrade } from './upgrade.ts';

type Options = ServeOptions<EndpointTable>;

/** A caller whose connection lasts is judged anew: certificates end and are revoked. */
const JUDGED_FOR_MS = 10 * SECOND_MS;
const TOO_LARGE_HEAD = 'HPE_HEADER_OVERFLOW';

function contextOf(options: Options, limits: EdgeLimits): RequestContext {
  const { endpoints, handlers, bandwidth, onRequest, clock, random } = options;
  for (const [name, endpoint] of Object.entries(endpoints)) {
    assert(endpoint.name === name, `${name} is called by its name`);
    assert(Object.hasOwn(handlers, name), `${name} has a handler`);
  }
  return {
    router: new Router(endpoints),
    handlers,
    rate: new RateBook(limits, clock),
    heavy: new HeavyCalls(clock),
    ...{ limits, bandwidth, onRequest, clock, random },
  };
}

class TlsEdge implements Edge {
  readonly #options: Options;
  readonly #limits: EdgeLimits;
  readonly #context: RequestContext;
  readonly #book: ConnectionBook;
  readonly #connections = new Map<Duplex, Connection>();
  readonly #http: Server;
  readonly #listener: Listener | undefined;
  #isDraining = false;
  #onEmpty: (() => void) | undefined;
  address: string | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#limits = { ...STANDARD_LIMITS, ...options.limits };
    this.#book = new ConnectionBook(this.#limits);
    this.#context = contextOf(options, this.#limits);
    this.#http = this.#openHttp();
    if (options.listen === undefined) return;
    this.#listener = new Listener({
      ...options.listen,
      tls: options.tls,
      limits: this.#limits,
      book: this.#book,
      clock: options.clock,
      admitsAddress: options.admitsAddress,
      onConnection: (socket, address) => this.#enter(socket, address),
    });
  }

  async listen(): Promise<void> {
    this.address = await this.#listener?.listen();
  }

  attach(connection: Duplex, caller: Caller, onBusy?: (isBusy: boolean) => void): void {
    this.#add(new Connection({ ...this.#watched(), socket: connection, caller, onBusy }));
  }

  renew(tls: TlsIdentity): void {
    this.#listener?.renew(tls);
  }

  end(whose: (caller: Caller) => boolean): void {
    for (const { caller, socket } of [...this.#connections.values()]) {
      if (whose(caller)) socket.destroy();
    }
  }

  drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    this.#listener?.close();
    for (const connection of [...this.#connections.values()]) {
      connection.isLast = true;
      if (!connection.isBusy && !connection.isReleased) connection.socket.destroy();
    }
    if (this.#isEmpty()) return Promise.resolve();
    return new Promise((resolve) => {
      const disarm = this.#options.clock.after(graceMs, () => {
        for (const { isReleased, socket } of [...this.#connections.values()]) {
          if (!isReleased) socket.destroy();
        }
      });
      this.#onEmpty = () => {
        disarm();
        resolve();
      };
    });
  }

  /** But for connections that others took over: requests under way may need them. */
  #isEmpty(): boolean {
    return this.#connections.values().every(({ isReleased }) => isReleased);
  }

  async close(): Promise<void> {
    const drained = this.drain(0);
    this.end(() => true);
    await drained;
  }

  #watched() {
    return { limits: this.#limits, clock: this.#options.clock, isPrompt: true };
  }

  /** TLS is agreed on: who is it? */
  #enter(socket: TLSSocket, address: string): void {
    const caller = this.#judge(socket, () => socket.getPeerX509Certificate(), address);
    if (caller === undefined) return;
    const certificate = socket.getPeerX509Certificate();
    const isAdmitted = this.#options.admits?.(caller) ?? true;
    if (!isAdmitted || !this.#book.enter(caller)) {
      socket.destroy();
      return;
    }
    socket.once('close', () => this.#book.leave(caller));
    this.#add(new Connection({ ...this.#watched(), socket, caller, certificate }));
  }

  #add(connection: Connection): void {
    const { socket } = connection;
    if (this.#isDraining || socket.destroyed) {
      socket.destroy();
      return;
    }
    this.#connections.set(socket, connection);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#remove(socket));
    this.#http.emit('connection', socket);
  }

  #remove(socket: Duplex): void {
    this.#connections.delete(socket);
    if (this.#isDraining && this.#isEmpty()) this.#onEmpty?.();
  }

  #openHttp(): Server {
    const server = http.createServer({
      maxHeaderSize: this.#limits.headBytes,
      insecureHTTPParser: false,
      requireHostHeader: false, // `head.ts` asks for it, and says so
      // Time is watched by `connection.ts` and `pace.ts`, on the clock that is given.
      keepAliveTimeout: 0,
      requestTimeout: 0,
      headersTimeout: 0,
    });
    server.maxHeadersCount = 0; // a header that is dropped is one that nobody judges
    server.on('request', (message, response) => this.#serve(message, response));
    server.on('checkContinue', (message, response) => this.#serve(message, response));
    server.on('checkExpectation', (message, response) => this.#serve(message, response));
    server.on('upgrade', (message, _socket, head) => this.#upgrade(message, head));
    server.on('clientError', (error, socket) => this.#answerParser(error, socket));
    return server;
  }

  /** Begins a request as soon as the one before it on its connection has ended. */
  #begin(message: IncomingMessage, serveIt: (connection: Connection) => Promise<void>): void {
    const connection = must(
      this.#connections.get(message.socket),
      'the edge knows its connections',
    );
    if (connection.isBusy) {
      // One may be early; more than one is a caller that does not wait for answers.
      if (!connection.keep(() => this.#begin(message, serveIt))) message.socket.destroy();
      return;
    }
    if (this.#judgeAnew(connection)) void serveIt(connection);
  }

  /** False: the connection has been ended. */
  #judgeAnew(connection: Connection): boolean {
    const { socket, certificate, judgedMs, caller } = connection;
    const nowMs = this.#options.clock.elapsedMs();
    if (certificate === undefined || nowMs - judgedMs < JUDGED_FOR_MS) return true;
    const now = this.#judge(socket, () => certificate, caller.address);
    if (now === undefined) return false;
    connection.caller = now;
    connection.judgedMs = nowMs;
    return true;
  }

  /** Undefined, and the connection ended, for a certificate that nobody can judge: it must not end the process. */
  #judge(
    socket: Duplex,
    certificateOf: () => X509Certificate | undefined,
    address: string,
  ): Caller | undefined {
    try {
      return callerOf(certificateOf(), address, this.#options.authorise);
    } catch (error) {
      this.#options.onUnjudged?.(address, error);
      socket.destroy();
      return undefined;
    }
  }

  #serve(message: IncomingMessage, response: ServerResponse): void {
    this.#begin(message, (connection) =>
      serveRequest(this.#context, connection, { message, response }),
    );
  }

  #upgrade(message: IncomingMessage, head: Uint8Array): void {
    this.#begin(message, (connection) =>
      serveUpgrade(this.#context, connection, { message, head }),
    );
  }

  /** What is no HTTP/1.1, or more of a head than is read. */
  #answerParser(error: NodeJS.ErrnoException, socket: Duplex): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined || connection.isBusy || !socket.writable) {
      socket.destroy();
      return;
    }
    const answer =
      error.code === TOO_LARGE_HEAD
        ? new KuraError('too_large', `a head has at most ${this.#limits.headBytes} bytes`)
        : new KuraError('hostile', 'this is not HTTP as this service speaks it');
    endWithError(socket, answer, '');
  }
}

/** Throws `usage` or `io` if its port cannot be had. */
export async function serve<const T extends EndpointTable>(
  options: ServeOptions<T>,
): Promise<Edge> {
  const edge = new TlsEdge(options as unknown as Options);
  await edge.listen();
  return edge;
}
