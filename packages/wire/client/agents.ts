// Pools of connections as Node's HTTP client wants them: to one address, or exactly one connection that
// somebody else opened.
import type { ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import { KuraError, SECOND_MS } from '@kura/base';
import { http } from '../node-http.ts';
import { connectSecurely, type Route } from './connect.ts';

type Created = (error: Error | null, connection: Duplex) => void;

/** Idle connections are closed before the server does (60 s), so that none is used as it is being closed. */
const IDLE_MS = 50 * SECOND_MS;

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Connects when a request needs it, and keeps connections for the next one. */
export class RouteAgent extends http.Agent {
  readonly #route: Route;
  readonly #closing = new AbortController();

  constructor(route: Route, connections: number) {
    super({
      keepAlive: true,
      maxSockets: connections,
      maxFreeSockets: connections,
      timeout: IDLE_MS,
    });
    this.#route = route;
  }

  override createConnection(_options: ClientRequestArgs, created?: Created): undefined {
    const failed = (error: unknown): void => fail(created, error);
    const { signal } = this.#closing;
    const connected = (socket: Duplex): void => {
      if (!signal.aborted) created?.(null, socket);
      else {
        socket.destroy();
        failed(signal.reason);
      }
    };
    connectSecurely(this.#route, signal).then(connected, failed);
    return undefined;
  }

  /** Also of connections that are still being opened, which Node's own pool does not know yet. */
  override destroy(): void {
    this.#closing.abort(new KuraError('interrupted', 'the client was closed'));
    super.destroy();
  }
}

/** One connection, for as long as it lives. */
export class LinkAgent extends http.Agent {
  #connection: Duplex | undefined;

  constructor(connection: Duplex) {
    super({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
    this.#connection = connection;
  }

  /** Never throws: Node asks as well when a connection closes for which a request waits, and nobody catches that. */
  override createConnection(_options: ClientRequestArgs, created?: Created): Duplex | undefined {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined && !connection.destroyed) return connection;
    fail(created, new KuraError('unreachable', 'the connection that the store opened has ended'));
    return undefined;
  }
}

/** Node's type asks for a connection beside an error; there is none. */
function fail(created: Created | undefined, error: unknown): void {
  (created as ((error: Error) => void) | undefined)?.(asError(error));
}
